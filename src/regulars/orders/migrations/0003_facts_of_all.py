"""Each customer has a row of facts, one without orders too; lists are sorted by its columns."""

from __future__ import annotations

from django.db import migrations, models

# Customers that were merged count with their survivors.
EACH_HAS_ONE = """
INSERT INTO orders_customer_facts (
    customer_id, orders, revenue_minor, returned_minor, first_ordered_at, last_ordered_at, unconverted_orders
)
SELECT id, 0, 0, 0, NULL, NULL, 0 FROM customers_customer
WHERE NOT EXISTS (SELECT FROM customers_alias WHERE customer_id = id)
ON CONFLICT (customer_id) DO NOTHING;
DELETE FROM orders_customer_facts USING customers_alias WHERE orders_customer_facts.customer_id = customers_alias.customer_id;
"""


class Migration(migrations.Migration):
    """Fill the rows, and index them."""

    dependencies = [("customers", "0003_whole_addresses"), ("orders", "0002_numbers")]
    operations = [
        migrations.RunSQL(EACH_HAS_ONE, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="customerfacts", name="orders_facts_last"),
        migrations.AddIndex(
            model_name="customerfacts",
            index=models.Index(fields=["last_ordered_at", "customer"], name="orders_facts_last"),
        ),
        migrations.AddIndex(
            model_name="customerfacts",
            index=models.Index(fields=["orders", "customer"], name="orders_facts_orders"),
        ),
        migrations.AddIndex(
            model_name="customerfacts",
            index=models.Index(fields=["revenue_minor", "customer"], name="orders_facts_revenue"),
        ),
        migrations.AddField(
            model_name="customerfacts",
            name="average_minor",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    template="round(revenue_minor::numeric / NULLIF(orders - unconverted_orders, 0))::bigint",
                    output_field=models.BigIntegerField(),
                ),
                output_field=models.BigIntegerField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="customerfacts",
            index=models.Index(fields=["average_minor", "customer"], name="orders_facts_average"),
        ),
    ]
