"""Conditions on tags and cities are answered by their index."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """Index what few customers share."""

    dependencies = [("customers", "0003_whole_addresses")]
    operations = [
        migrations.AddIndex(model_name="customer", index=GinIndex(fields=["tags"], name="customers_customer_tags")),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["city"], name="customers_customer_city", condition=~models.Q(city="")),
        ),
    ]
