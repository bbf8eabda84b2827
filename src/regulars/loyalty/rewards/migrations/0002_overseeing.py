"""Indexes for what the staff oversees."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("loyalty_rewards", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(
                condition=models.Q(("member__isnull", False)),
                fields=["program", "series"],
                name="loyalty_voucher_given",
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(
                condition=models.Q(("redeemed__gt", 0)), fields=["program", "series"], name="loyalty_voucher_used"
            ),
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(
                condition=models.Q(("withdrawn_at__isnull", False)),
                fields=["program", "series"],
                name="loyalty_voucher_withdrawn",
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(fields=["program", "state", "id"], name="loyalty_redemption_list"),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("fulfilled_at", None), ("state", "confirmed")),
                fields=["program", "id"],
                name="loyalty_redemption_todo",
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("state", "confirmed")),
                fields=["program", "confirmed_at"],
                name="loyalty_redemption_given",
            ),
        ),
    ]
