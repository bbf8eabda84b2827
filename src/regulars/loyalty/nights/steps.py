"""What a night does, step by step. Each can be done again from its beginning: what is done is no longer there to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress
from regulars.loyalty.adjudication.cancelling import cancel_overdue
from regulars.loyalty.adjudication.days import run_day
from regulars.loyalty.adjudication.progress import points_progress
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger import bulk
from regulars.loyalty.nights.contracts import Step
from regulars.loyalty.nights.noticing import Notice, tell_expiring
from regulars.loyalty.nights.statements import rows_of
from regulars.loyalty.tiers.queries import iter_due
from regulars.loyalty.tiers.services import evaluate_members, record_progress
from regulars.stream.contracts import Actor

_COUNTED_AT_ONCE = 500
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A night that is lived just now.

    `at` is its moment of business, `since` that of the one before; `now` tells the time, and `go_on` raises where
    somebody asks to stop. `versions` are those that were in force by then. From `count_from` on activations may not be
    counted yet.
    """

    version: ProgramVersion
    versions: Sequence[ProgramVersion]
    at: datetime
    days: Sequence[date]
    since: datetime | None
    count_from: int
    now: Callable[[], datetime]
    actor: Actor
    go_on: Callable[[], None]
    progress: Progress


def activate(run: Run) -> int:
    """Let points be active whose day has come, and count them for tiers; return of how many lots."""
    done = bulk.activate_due(version=run.version, until=run.at, now=run.now(), actor=run.actor, progress=run.progress)
    count_activations(run)
    return done


def count_activations(run: Run) -> None:
    """Let all activations count for tiers, whoever posted them; what is counted already is not again."""
    place = (run.count_from, 0)
    while rows := rows_of(
        "activations",
        {
            "program_id": run.version.program_id,
            "after_transaction": place[0],
            "after_position": place[1],
            "limit": _COUNTED_AT_ONCE,
        },
    ):
        run.go_on()
        record_progress(rows=points_progress(run.version, [each for _, _, each in rows]), now=run.now())
        place = (rows[-1][0], rows[-1][1])


def evaluate(run: Run) -> int:
    """Bring all members up to the night who are due; return how many tiers changed."""
    changed = 0
    for member_ids in iter_due(run.version, run.at):
        run.go_on()
        changed += len(_evaluated(run, member_ids))
        run.progress(gettext("Tiers are evaluated"), 0.5)
    return changed


def _evaluated(run: Run, member_ids: Sequence[UUID]) -> Sequence[object]:
    return evaluate_members(member_ids=member_ids, versions=run.versions, now=run.at, actor=run.actor)


def expire(run: Run) -> int:
    """Let points expire that were good through the day that is over; return of how many lots."""
    return bulk.expire_due(version=run.version, until=run.at, now=run.now(), actor=run.actor, progress=run.progress)


def cancel(run: Run) -> int:
    """Cancel points that wait for an event that comes too late now; return of how many lots."""
    return cancel_overdue(run.version, until=run.at, now=run.now(), actor=run.actor)


def grant(run: Run) -> int:
    """Grant what schedules and anniversaries give on the day that begins; return to how many."""
    granted = 0
    for day in run.days:
        run.go_on()
        granted += run_day(run.version, day, now=run.now(), actor=run.actor, progress=run.progress)
    return granted


def notify(run: Run) -> int:
    """Tell of points that expire soon; return of how many notices. What has changed was told as it changed."""
    notice = Notice(version=run.version, at=run.at, since=run.since, now=run.now(), actor=run.actor)
    return tell_expiring(notice, go_on=run.go_on, progress=run.progress)


# The nightly order. Points are active before tiers are judged, so that what comes today counts today; a tier that is
# reached is there before anything expires, and what expires is gone before the day's grants are asked for. These come
# last of what changes balances, since their conditions ask how the day begins; and what waited in vain is cancelled
# before them, so that what it held of a cap is free for them. Nobody is told of anything that is still to change.
STEPS: Mapping[Step, Callable[[Run], int]] = {
    Step.ACTIVATE: activate,
    Step.TIERS_AFTER_ACTIVATION: evaluate,
    Step.EXPIRE: expire,
    Step.TIERS_AFTER_EXPIRY: evaluate,
    Step.CANCEL: cancel,
    Step.GRANT: grant,
    Step.TIERS_AFTER_GRANTS: evaluate,
    Step.NOTIFY: notify,
}


def days_between(first: date, last: date) -> list[date]:
    """Return the days from the first to the last."""
    return [first + number * _DAY for number in range((last - first).days + 1)]
