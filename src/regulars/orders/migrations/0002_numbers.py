"""Orders are found by the beginnings of their numbers from the index alone, in the order of bytes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Sort numbers by their bytes, and put whose they are into their index."""

    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RemoveIndex(model_name="order", name="orders_order_number"),
        migrations.AlterField(model_name="order", name="number_key", field=models.TextField(db_collation="C")),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["number_key"], include=("customer_id",), name="orders_order_beginning"),
        ),
    ]
