"""Ask for a run."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from regulars.business.contracts import Business
from regulars.business.queries import get_business
from regulars.insights.contracts import Run, RunState, Trigger
from regulars.insights.deferring import defer_work
from regulars.insights.kept import run_of
from regulars.insights.models import Run as RunRow
from regulars.insights.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor

# By then, in the business's zone, the day before is over and what it brought has come in.
NIGHTLY_HOUR = 2


class RunUnderWay(DomainError):
    """A run is under way already."""

    code = "run_under_way"


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


def is_due(*, now: datetime) -> bool:
    """Tell whether the nightly run is to begin: the night is so far, there is something to score, and none was made."""
    business = get_business()
    if now.astimezone(business.zone_info).hour < NIGHTLY_HOUR:
        return False
    made = RunRow.objects.filter(trigger=Trigger.NIGHTLY.value, as_of=last_whole_day(business, now))
    [(any_purchase,)] = rows_of("any_purchase")
    return bool(any_purchase) and not made.exists()


def last_whole_day(business: Business, now: datetime) -> date:
    """Return the last day that is over in the business's zone."""
    return now.astimezone(business.zone_info).date() - timedelta(days=1)
