"""Conditions on tags and cities are answered by their index, and those on kinds of identifiers by the customer's row."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

# Customers that were merged have none, as they have no words.
KINDS = """
UPDATE customers_customer SET identifier_kinds = known.kinds
FROM (
    SELECT COALESCE(alias.survivor_id, identifier.customer_id) AS customer_id, array_agg(DISTINCT kind ORDER BY kind) AS kinds
    FROM customers_identifier AS identifier
    LEFT JOIN customers_alias AS alias ON alias.customer_id = identifier.customer_id
    GROUP BY 1
) AS known
WHERE known.customer_id = customers_customer.id
"""


class Migration(migrations.Migration):
    """Index what few customers share, and keep the kinds of their identifiers."""

    dependencies = [("customers", "0003_whole_addresses")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="identifier_kinds",
            field=ArrayField(base_field=models.TextField(), default=list, db_default=[], size=None),
        ),
        migrations.AlterField(
            model_name="customer",
            name="identifier_kinds",
            field=ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
        migrations.RunSQL(KINDS, migrations.RunSQL.noop),
        migrations.AddIndex(model_name="customer", index=GinIndex(fields=["tags"], name="customers_customer_tags")),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["city"], name="customers_customer_city", condition=~models.Q(city="")),
        ),
    ]
