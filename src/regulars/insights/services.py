"""Ask for a run."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from regulars.business.contracts import Business
from regulars.business.queries import get_business
from regulars.insights.catalogue import METRICS, NO_WINDOW, WINDOWS_DAYS, MetricUnit
from regulars.insights.contracts import Run, RunState, Trigger
from regulars.insights.deferring import defer_work
from regulars.insights.kept import run_of
from regulars.insights.models import Run as RunRow
from regulars.insights.models import Target as TargetRow
from regulars.insights.queries import has_purchases
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor

# By then, in the business's zone, the day before is over and what it brought has come in.
NIGHTLY_HOUR = 2
# More than any business takes in a year, in minor units.
MOST = 1e18


class RunUnderWay(DomainError):
    """A run is under way already."""

    code = "run_under_way"


class NoSuchMetric(DomainError):
    """There is no such metric, or it is not of such a window."""

    code = "no_such_metric"


class ImpossibleTarget(DomainError):
    """A metric can never be so much."""

    code = "impossible_target"


@transaction.atomic
def request_run(*, now: datetime, actor: Actor, trigger: Trigger = Trigger.BY_HAND) -> Run:
    """Have all customers scored in the background, as of yesterday in the business's zone.

    Raises
    ------
    RunUnderWay
        A run is under way already.
    """
    row = RunRow(
        id=new_id(),
        state=RunState.RUNNING.value,
        trigger=trigger.value,
        requested_by=str(actor),
        as_of=last_whole_day(get_business(), now),
        started_at=now,
    )
    try:
        # Where two ask in the same moment, the index refuses the second.
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise RunUnderWay(gettext("A run is under way already; wait until it has ended.")) from None
    record(actor, "insights.run_requested", "insights_run", row.id, now=now, details={"trigger": trigger.value})
    defer_work(row.id)
    return run_of(row)


@transaction.atomic
def set_target(*, metric: str, window_days: int, value: float | None, now: datetime, actor: Actor) -> None:
    """Set what a metric is wanted to be, of windows of so many days (0: of none); None takes the target away.

    Raises
    ------
    NoSuchMetric
        There is no such metric, or it is not of such a window.
    ImpossibleTarget
        It cannot be so much.
    """
    known = METRICS.get(metric)
    if known is None or window_days not in (WINDOWS_DAYS if known.windowed else (NO_WINDOW,)):
        raise NoSuchMetric(gettext("There is no such metric."))
    if value is not None and not (0 <= value < MOST and (known.unit is not MetricUnit.SHARE or value <= 1)):
        raise ImpossibleTarget(gettext("A target is not negative, and a share is at most 100%."))
    if value is None:
        TargetRow.objects.filter(metric=metric, window_days=window_days).delete()
    else:
        TargetRow(metric=metric, window_days=window_days, value=value, set_by=str(actor), set_at=now).save()
    details = {"window_days": window_days, "value": value}
    record(actor, "insights.target_set", "insights_target", metric, now=now, details=details)


def is_due(*, now: datetime) -> bool:
    """Tell whether the nightly run is to begin: the night is so far, there is something to score, and none was made."""
    business = get_business()
    if now.astimezone(business.zone_info).hour < NIGHTLY_HOUR:
        return False
    made = RunRow.objects.filter(trigger=Trigger.NIGHTLY.value, as_of=last_whole_day(business, now))
    return has_purchases() and not made.exists()


def last_whole_day(business: Business, now: datetime) -> date:
    """Return the last day that is over in the business's zone."""
    return now.astimezone(business.zone_info).date() - timedelta(days=1)
