"""Let all sessions of an account end at once, and ask a second factor of everybody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="session_round",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("second_factor_required", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "staff_policy",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="staff_policy_one_row")],
            },
        ),
    ]
