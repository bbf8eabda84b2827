"""What a customer's first order was is kept with the other facts: its channel, its location, its dearest lines."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# As the statement `keep_facts` counts them.
FIRST_ORDERS = """
UPDATE orders_customer_facts AS facts SET
    first_channel = channel.code, first_location = location.code, first_products = dearest.products
FROM (
    SELECT DISTINCT ON (COALESCE(alias.survivor_id, placed.customer_id))
        COALESCE(alias.survivor_id, placed.customer_id) AS customer_id, placed.id, placed.channel_id, placed.location_id
    FROM orders_order AS placed
    LEFT JOIN customers_alias AS alias ON alias.customer_id = placed.customer_id
    WHERE placed.customer_id IS NOT NULL AND placed.cancelled_at IS NULL
    ORDER BY COALESCE(alias.survivor_id, placed.customer_id), placed.placed_at, placed.id
) AS first_one
LEFT JOIN orders_channel AS channel ON channel.id = first_one.channel_id
LEFT JOIN orders_location AS location ON location.id = first_one.location_id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT line.product_id ORDER BY line.product_id) AS products
    FROM orders_line AS line
    WHERE line.order_id = first_one.id AND line.total_minor = (
        SELECT max(dearest.total_minor) FROM orders_line AS dearest WHERE dearest.order_id = first_one.id
    )
) AS dearest ON true
WHERE facts.customer_id = first_one.customer_id;
"""


class Migration(migrations.Migration):
    """Keep them, and find them of the orders that are there."""

    dependencies = [("customers", "0004_asked_by_facts"), ("orders", "0003_facts_of_all")]
    operations = [
        migrations.AddField(model_name="customerfacts", name="first_channel", field=models.TextField(null=True)),
        migrations.AddField(model_name="customerfacts", name="first_location", field=models.TextField(null=True)),
        migrations.AddField(
            model_name="customerfacts",
            name="first_products",
            field=ArrayField(base_field=models.UUIDField(), null=True, size=None),
        ),
        migrations.RunSQL(FIRST_ORDERS, migrations.RunSQL.noop),
    ]
