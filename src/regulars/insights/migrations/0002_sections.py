"""A run keeps further analyses beside its report: one table for all of them, by name."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

KEEP = "INSERT INTO insights_section (run_id, name, content) SELECT run_id, 'report', report FROM insights_report"
KEEP_REVERSE = (
    "INSERT INTO insights_report (run_id, report) SELECT run_id, content FROM insights_section WHERE name = 'report'"
)


class Migration(migrations.Migration):
    """Sections in the place of reports."""

    dependencies: ClassVar = [("insights", "0001_initial")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Section",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "name", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.run",
                    ),
                ),
                ("name", models.TextField()),
                ("content", models.JSONField()),
            ],
            options={"db_table": "insights_section"},
        ),
        migrations.RunSQL(KEEP, KEEP_REVERSE),
        migrations.DeleteModel(name="Report"),
    ]
