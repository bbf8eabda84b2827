"""What came back with an order that may be kept after all: that it did, its points, and what was redeemed in its place."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add these to redemptions."""

    dependencies = [("loyalty_rewards", "0002_overseeing")]
    operations = [
        migrations.AddField("redemption", "returned_points", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("redemption", "ended_with_order", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "redemption",
            "again_for",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="again",
                to="loyalty_rewards.redemption",
            ),
        ),
    ]
