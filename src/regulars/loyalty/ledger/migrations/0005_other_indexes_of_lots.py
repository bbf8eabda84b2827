"""Find the lots of an account by one index where there were two, and those of the last months by where they lie."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add these, and take the two away."""

    dependencies = [("loyalty_ledger", "0004_for_many")]
    operations = [
        migrations.AddIndex("lot", models.Index(fields=["account", "is_open"], name="loyalty_lot_of_account")),
        migrations.AddIndex("lot", BrinIndex(fields=["granted_at"], name="loyalty_lot_granted")),
        migrations.RemoveIndex("lot", "loyalty_lot_open"),
        migrations.RemoveIndex("lot", "loyalty_lot_account"),
    ]
