"""The tables of insights. Private to this feature. Amounts are minor units of the reporting currency."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regulars.insights.contracts import RunState, Trigger
from regulars.insights.reports.contracts import Every, NarrowedBy, ReportState


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
    """The narrow row of a customer's scores, written by runs and moved by orders.

    A run fills the table of `StagedScore` and lets the two change their names. A key to the customers in the database
    would have that lock them, so that there is none.
    """

    customer = models.OneToOneField(
        "customers.Customer", models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )

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
    """What a run has found, before it takes the place of what was known; empty but while a run does that."""

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


class _Wishes(models.Model):
    """What a report is to be, whenever it is made."""

    title = models.TextField()
    horizon_days = models.IntegerField(null=True)
    margin = models.FloatField()
    grain = models.TextField()
    unit = models.TextField()
    language = models.TextField()
    # Both or neither.
    narrowed_by = models.TextField(null=True)
    narrowed_to = models.TextField(default="")

    class Meta:
        abstract = True


class ReportSchedule(_Wishes):
    """A report that is made again and again."""

    id = models.UUIDField(primary_key=True)
    every = models.TextField()
    # From 1, Monday; of a weekly one only.
    weekday = models.SmallIntegerField(null=True)
    # Accounts of the staff who get a mail; one that is gone gets none.
    told = ArrayField(models.UUIDField(), default=list)
    is_paused = models.BooleanField(default=False)
    # The last day of which nothing is left to be done.
    done_until = models.DateField()
    created_by = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "insights_report_schedule"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(every__in=[each.value for each in Every]), name="insights_schedule_every"
            ),
            models.CheckConstraint(
                condition=models.Q(every=Every.WEEK.value, weekday__range=(1, 7))
                | (~models.Q(every=Every.WEEK.value) & models.Q(weekday=None)),
                name="insights_schedule_weekday",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "id"], name="insights_schedule_newest")]


class KeptReport(_Wishes):
    """A report that somebody or a schedule asked for; it is there until it is removed."""

    id = models.UUIDField(primary_key=True)
    state = models.TextField()
    as_of = models.DateField()
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    schedule = models.ForeignKey(ReportSchedule, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    step = models.TextField(default="")
    share_done = models.FloatField(default=0.0)
    # How often the work was taken up, so that what takes workers down is given up.
    starts = models.IntegerField(default=0)
    error_code = models.TextField(default="")
    error_message = models.TextField(default="")
    customers = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)
    # When those whom its schedule names were told, so that nobody is told twice.
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "insights_kept_report"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ReportState]), name="insights_kept_report_state"
            ),
            models.CheckConstraint(
                condition=models.Q(narrowed_by=None) | models.Q(narrowed_by__in=[each.value for each in NarrowedBy]),
                name="insights_kept_report_narrowed",
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "id"], name="insights_kept_report_newest"),
            models.Index(
                fields=["state"],
                name="insights_kept_report_open",
                condition=models.Q(state__in=[ReportState.WAITING.value, ReportState.RUNNING.value]),
            ),
        ]


class ReportContent(models.Model):
    """What a kept report holds; apart from it, since it is large and seldom read."""

    report = models.OneToOneField(KeptReport, models.CASCADE, primary_key=True, related_name="+")
    # Compressed by zlib.
    page = models.BinaryField()
    json = models.BinaryField()
    policy = models.TextField()
    # The customers whom its lists of people name.
    named = ArrayField(models.UUIDField(), default=list)

    class Meta:
        db_table = "insights_report_content"
