"""What a manager wants a metric to be, and what the metrics of a state were on a run's day."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Targets, and the stock of a run."""

    dependencies: ClassVar = [("insights", "0002_sections")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="Target",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "metric", "window_days", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("metric", models.TextField()),
                ("window_days", models.IntegerField()),
                ("value", models.FloatField()),
                ("set_by", models.TextField()),
                ("set_at", models.DateTimeField()),
            ],
            options={"db_table": "insights_target"},
        ),
        migrations.AddField(model_name="run", name="stock", field=models.JSONField(default=dict)),
    ]
