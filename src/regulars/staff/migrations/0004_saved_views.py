"""Lists are kept as somebody has asked for them."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import regulars.kit.ids


class Migration(migrations.Migration):
    """Make the table of views."""

    dependencies = [("staff", "0003_trail_in_order")]
    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(default=regulars.kit.ids.new_id, primary_key=True, serialize=False)),
                ("section", models.TextField()),
                ("name", models.TextField()),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "staff_saved_view"},
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("account", "section", "name"), name="staff_saved_view_once"),
        ),
    ]
