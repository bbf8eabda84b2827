"""The tables of insights. Private to this feature. Amounts are minor units of the reporting currency."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regulars.insights.contracts import RunState, Trigger


class Run(models.Model):
    """One run of the science over all customers."""

    id = models.UUIDField(primary_key=True)
    state = models.TextField()
    trigger = models.TextField()
    requested_by = models.TextField()
    as_of = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    step = models.TextField(default="")
    share_done = models.FloatField(default=0.0)
    # How often the work was taken up, so that what takes workers down is given up.
    starts = models.IntegerField(default=0)
    error_code = models.TextField(default="")
    error_message = models.TextField(default="")
    customers = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    recency_cuts = ArrayField(models.BigIntegerField(), default=list)
    frequency_cuts = ArrayField(models.BigIntegerField(), default=list)
    monetary_cuts = ArrayField(models.BigIntegerField(), default=list)
    alarms = models.JSONField(default=list)
    # The number below which its snapshot had seen every transaction of the stream.
    seen_until = models.BigIntegerField(default=0)
    # How the scores were spread, which the next run's are held against.
    spread = models.JSONField(default=dict)
    # The metrics of the state on its day, which no later snapshot can tell.
    stock = models.JSONField(default=dict)

    class Meta:
        db_table = "insights_run"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in RunState]), name="insights_run_state"
            ),
            models.CheckConstraint(
                condition=models.Q(trigger__in=[trigger.value for trigger in Trigger]), name="insights_run_trigger"
            ),
            # One at a time.
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state=RunState.RUNNING.value),
                name="insights_run_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "id"], name="insights_run_newest")]


class Section(models.Model):
    """A part of what a run found, as JSON: the report, or a further analysis; apart from the run, for its size."""

    pk = models.CompositePrimaryKey("run_id", "name")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    content = models.JSONField()

    class Meta:
        db_table = "insights_section"


class Target(models.Model):
    """What a manager wants a metric to be."""

    pk = models.CompositePrimaryKey("metric", "window_days")
    metric = models.TextField()
    window_days = models.IntegerField()
    value = models.FloatField()
    set_by = models.TextField()
    set_at = models.DateTimeField()

    class Meta:
        db_table = "insights_target"


class _Scored(models.Model):
    """What is known and expected of one customer."""

    run_id = models.UUIDField()
    r = models.SmallIntegerField()
    f = models.SmallIntegerField()
    m = models.SmallIntegerField()
    rfm_segment = models.TextField()
    rfm_on = models.DateField()
    first_on = models.DateField()
    last_on = models.DateField()
    frequency = models.IntegerField()
    revenue_minor = models.BigIntegerField()
    expected_orders = models.FloatField(null=True)
    expected_orders_low = models.IntegerField(null=True)
    expected_orders_high = models.IntegerField(null=True)
    expected_revenue_minor = models.BigIntegerField(null=True)
    risk = models.FloatField(null=True)
    risk_decile = models.SmallIntegerField(null=True)
    at_risk = models.BooleanField(null=True)
    revenue_at_stake_minor = models.BigIntegerField(null=True)
    clv_minor = models.BigIntegerField(null=True)
    clv_low_minor = models.BigIntegerField(null=True)
    clv_high_minor = models.BigIntegerField(null=True)
    clv_decile = models.SmallIntegerField(null=True)
    next_order_expected_on = models.DateField(null=True)
    scored_at = models.DateTimeField()

    class Meta:
        abstract = True


class Score(_Scored):
    """The narrow row of a customer's scores, written by runs and moved by orders."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        db_table = "insights_score"
        indexes = [
            models.Index(fields=["rfm_segment", "customer"], name="insights_score_segment"),
            models.Index(fields=["risk", "customer"], name="insights_score_risk"),
            models.Index(fields=["clv_minor", "customer"], name="insights_score_clv"),
            models.Index(
                fields=["revenue_at_stake_minor", "customer"],
                name="insights_score_stake",
                condition=models.Q(revenue_at_stake_minor__gt=0),
            ),
        ]


class StagedScore(_Scored):
    """What a run has found, before it takes the place of what was known; empty but for the time of a transaction."""

    customer_id = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "insights_staged_score"


class Waiting(models.Model):
    """A customer whose RFM is to be moved as soon as a run has put its scores in place; seldom any."""

    customer_id = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "insights_waiting"


class ScoreHistory(models.Model):
    """What a customer's segment and deciles became on a day on which one of them changed; the last of the day holds."""

    pk = models.CompositePrimaryKey("customer_id", "changed_on")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    changed_on = models.DateField()
    run_id = models.UUIDField()
    # Null from when on nothing bought is left.
    rfm_segment = models.TextField(null=True)
    risk_decile = models.SmallIntegerField(null=True)
    clv_decile = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "insights_score_history"
        indexes = [models.Index(fields=["changed_on"], name="insights_history_day")]
