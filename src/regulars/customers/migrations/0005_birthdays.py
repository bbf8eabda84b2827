"""Whose birthday is on some days of any year is answered by an index."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Cast, ExtractDay, ExtractMonth


class Migration(migrations.Migration):
    """Index month and day of the birthday."""

    dependencies = [("customers", "0004_asked_by_facts")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                Cast(ExtractMonth("birthday") * 100 + ExtractDay("birthday"), models.IntegerField()),
                name="customers_customer_birthday",
                condition=models.Q(birthday__isnull=False),
            ),
        ),
    ]
