import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# The application may not empty a table at one stroke; it may ask the owner for this one, which holds nothing to be kept.
CLEAR = """
CREATE FUNCTION insights_clear_staged() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS 'TRUNCATE insights_staged_score';
"""
CLEAR_REVERSE = "DROP FUNCTION insights_clear_staged();"

# What is staged is worth nothing after a crash. Rows of scores are written anew each night: room is left beside them.
STORAGE = """
ALTER TABLE insights_staged_score SET UNLOGGED;
ALTER TABLE insights_score SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    """Make the runs, the scores and their history."""

    initial = True

    dependencies = [
        ("customers", "0003_whole_addresses"),
    ]

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("state", models.TextField()),
                ("trigger", models.TextField()),
                ("requested_by", models.TextField()),
                ("as_of", models.DateField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("step", models.TextField(default="")),
                ("share_done", models.FloatField(default=0.0)),
                ("starts", models.IntegerField(default=0)),
                ("error_code", models.TextField(default="")),
                ("error_message", models.TextField(default="")),
                ("customers", models.IntegerField(default=0)),
                ("orders", models.IntegerField(default=0)),
                (
                    "recency_cuts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "frequency_cuts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "monetary_cuts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("alarms", models.JSONField(default=list)),
                ("seen_until", models.BigIntegerField(default=0)),
                ("spread", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "insights_run",
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("run_id", models.UUIDField()),
                ("r", models.SmallIntegerField()),
                ("f", models.SmallIntegerField()),
                ("m", models.SmallIntegerField()),
                ("rfm_segment", models.TextField()),
                ("rfm_on", models.DateField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("frequency", models.IntegerField()),
                ("revenue_minor", models.BigIntegerField()),
                ("expected_orders", models.FloatField(null=True)),
                ("expected_orders_low", models.IntegerField(null=True)),
                ("expected_orders_high", models.IntegerField(null=True)),
                ("expected_revenue_minor", models.BigIntegerField(null=True)),
                ("risk", models.FloatField(null=True)),
                ("risk_decile", models.SmallIntegerField(null=True)),
                ("at_risk", models.BooleanField(null=True)),
                ("revenue_at_stake_minor", models.BigIntegerField(null=True)),
                ("clv_minor", models.BigIntegerField(null=True)),
                ("clv_low_minor", models.BigIntegerField(null=True)),
                ("clv_high_minor", models.BigIntegerField(null=True)),
                ("clv_decile", models.SmallIntegerField(null=True)),
                ("next_order_expected_on", models.DateField(null=True)),
                ("scored_at", models.DateTimeField()),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "db_table": "insights_score",
            },
        ),
        migrations.CreateModel(
            name="ScoreHistory",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "changed_on", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                ("changed_on", models.DateField()),
                ("run_id", models.UUIDField()),
                ("rfm_segment", models.TextField(null=True)),
                ("risk_decile", models.SmallIntegerField(null=True)),
                ("clv_decile", models.SmallIntegerField(null=True)),
            ],
            options={
                "db_table": "insights_score_history",
            },
        ),
        migrations.CreateModel(
            name="StagedScore",
            fields=[
                ("run_id", models.UUIDField()),
                ("r", models.SmallIntegerField()),
                ("f", models.SmallIntegerField()),
                ("m", models.SmallIntegerField()),
                ("rfm_segment", models.TextField()),
                ("rfm_on", models.DateField()),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("frequency", models.IntegerField()),
                ("revenue_minor", models.BigIntegerField()),
                ("expected_orders", models.FloatField(null=True)),
                ("expected_orders_low", models.IntegerField(null=True)),
                ("expected_orders_high", models.IntegerField(null=True)),
                ("expected_revenue_minor", models.BigIntegerField(null=True)),
                ("risk", models.FloatField(null=True)),
                ("risk_decile", models.SmallIntegerField(null=True)),
                ("at_risk", models.BooleanField(null=True)),
                ("revenue_at_stake_minor", models.BigIntegerField(null=True)),
                ("clv_minor", models.BigIntegerField(null=True)),
                ("clv_low_minor", models.BigIntegerField(null=True)),
                ("clv_high_minor", models.BigIntegerField(null=True)),
                ("clv_decile", models.SmallIntegerField(null=True)),
                ("next_order_expected_on", models.DateField(null=True)),
                ("scored_at", models.DateTimeField()),
                ("customer_id", models.UUIDField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": "insights_staged_score",
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="insights.run",
                    ),
                ),
                ("report", models.JSONField()),
            ],
            options={
                "db_table": "insights_report",
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["-started_at", "id"], name="insights_run_newest"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["running", "succeeded", "failed"])), name="insights_run_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger__in", ["nightly", "by_hand"])), name="insights_run_trigger"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("state",), name="insights_run_one_at_a_time"
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(fields=["rfm_segment", "customer"], name="insights_score_segment"),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(fields=["risk", "customer"], name="insights_score_risk"),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(fields=["clv_minor", "customer"], name="insights_score_clv"),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                condition=models.Q(("revenue_at_stake_minor__gt", 0)),
                fields=["revenue_at_stake_minor", "customer"],
                name="insights_score_stake",
            ),
        ),
        migrations.AddIndex(
            model_name="scorehistory",
            index=models.Index(fields=["changed_on"], name="insights_history_day"),
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[("customer_id", models.UUIDField(primary_key=True, serialize=False))],
            options={"db_table": "insights_waiting"},
        ),
        migrations.RunSQL(CLEAR, CLEAR_REVERSE),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
