"""Do a run: write a snapshot, score all customers on it, and put the scores in place.

Whatever fails or is killed leaves the scores as they were: they change in one transaction, the last step. A run that
was cut short begins anew; its snapshot has the less to read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import structlog
from django.db import transaction

from regulars.business.contracts import Business
from regulars.business.queries import get_business
from regulars.insights import apart, ending
from regulars.insights.asking import Asked, Found
from regulars.insights.contracts import Boundaries, RunState
from regulars.insights.models import Run as RunRow
from regulars.insights.models import Section as SectionRow
from regulars.insights.moving import Rule
from regulars.insights.queries import find_stock_before
from regulars.kit.errors import DomainError
from regulars.kit.i18n import activate, gettext
from regulars.kit.progress import Progress, part_of
from regulars.kit.scratch import scratch_folder
from regulars.stream.database import is_lost
from regulars.stream.long_work import MOST_STARTS, Clock, alone_with, counts_as_start, never

# Progress is for people, who look once in a while.
_TOLD_EVERY_SECONDS = 0.5
_FINDING = 0.85

log = structlog.get_logger(__name__)


class _Interrupted(Exception):  # It is no error: this worker is to stop.
    """The work goes no further here."""


def carry_on(
    run_id: UUID,
    *,
    clock: Clock,
    should_stop: Callable[[], bool] = never,
    shown: Progress | None = None,
    in_own_process: bool = False,
) -> bool:
    """Do a run that is under way; tell whether all was done that there was to do.

    It is False where somebody else is at it, or `should_stop` said so. `shown` is told of the progress too. A worker
    has the science done `in_own_process`, so that its own stays small and does what else there is to do.
    """
    finds = apart.find_apart if in_own_process else _find_here
    with alone_with(run_id) as is_mine:
        return is_mine and _work(run_id, clock, _Told(run_id, should_stop, shown), finds)


def _find_here(asked: Asked, folder: Path, *, progress: Progress) -> Found:
    """Find here what a process of its own would."""
    from regulars.insights import finding

    return finding.find(asked, folder / apart.SCORES, progress=progress)


def _work(run_id: UUID, clock: Clock, told: _Told, finds: Callable[..., Found]) -> bool:
    row = _take_up(run_id, clock)
    if row is None:
        return True
    business = get_business()
    activate(business.language)
    try:
        with scratch_folder() as folder:
            found = finds(_asked(row, business, clock), folder, progress=part_of(told, 0.0, _FINDING))
            told(gettext("Putting the scores in place"), _FINDING)
            _keep(run_id, found, folder / apart.SCORES, business, clock)
        told.note("")
    except (_Interrupted, apart.DiedOnTheWay):
        return False
    except DomainError as error:
        _give_up(run_id, error.code, error.message, clock)
    except apart.FailedThere as error:
        _give_up_for(run_id, error.error, error.where, clock)
    except Exception as error:
        if is_lost(error):
            raise
        _give_up_for(run_id, type(error).__name__, apart.where_raised(error), clock)
    return True


def _asked(row: RunRow, business: Business, clock: Clock) -> Asked:
    """Return what a run is to find; it is held against the last one that succeeded."""
    rows = RunRow.objects.filter(state=RunState.SUCCEEDED.value).exclude(id=row.id)
    before = rows.order_by("-started_at", "id").values_list("spread", flat=True).first()
    return Asked(
        run_id=row.id,
        as_of=row.as_of,
        now=clock(),
        business=business,
        before=before or {},
        stock_before=find_stock_before(row.as_of),
    )


@transaction.atomic
def _take_up(run_id: UUID, clock: Clock) -> RunRow | None:
    """Return a run that is under way; None for one that is not, or is given up."""
    row = _under_way(run_id)
    if row is None:
        return None
    if counts_as_start(run_id):
        row.starts += 1
    if row.starts > MOST_STARTS:
        sentence = gettext("The work was interrupted {count} times without getting on; it may be too much here.")
        ending.fail(row, "interrupted", sentence.format(count=MOST_STARTS), now=clock())
        return None
    row.save(update_fields=["starts"])
    return row


def _under_way(run_id: UUID) -> RunRow | None:
    return RunRow.objects.select_for_update().filter(id=run_id, state=RunState.RUNNING.value).first()


@transaction.atomic
def _keep(run_id: UUID, found: Found, scores: Path, business: Business, clock: Clock) -> None:
    """Put the scores in place and end the run, in one transaction; nothing, where it was given up meanwhile."""
    from regulars.insights import keeping

    row = _under_way(run_id)
    if row is None:
        return
    now = clock()
    keeping.stage(scores)
    zone = business.zone_info
    rule = Rule(run_id=run_id, boundaries=found.boundaries, zone=zone, today=now.astimezone(zone).date())
    keeping.put_in_place(rule, moved_since=found.moved_since, seen_until=found.seen_until, now=now)
    row.customers, row.orders = found.customers, found.orders
    row.recency_cuts, row.frequency_cuts, row.monetary_cuts = _cuts(found.boundaries)
    row.seen_until = found.seen_until
    row.alarms, row.spread, row.stock = list(found.alarms), dict(found.spread), dict(found.stock)
    SectionRow.objects.bulk_create(
        SectionRow(run=row, name=name, content=content) for name, content in found.sections.items()
    )
    ending.succeed(row, now=clock())


def _cuts(boundaries: Boundaries) -> tuple[list[int], list[int], list[int]]:
    return list(boundaries.recency), list(boundaries.frequency), list(boundaries.monetary)


@transaction.atomic
def _give_up(run_id: UUID, code: str, message: str, clock: Clock) -> None:
    row = _under_way(run_id)
    if row is not None:
        ending.fail(row, code, message, now=clock())


def _give_up_for(run_id: UUID, error: str, where: str, clock: Clock) -> None:
    """End a run that failed for what nobody foresaw; the log is told where, but not what the error says."""
    log.error("insights_run_failed", run_id=str(run_id), error=error, where=where)
    sentence = gettext("Something unforeseen went wrong ({error}); the log of the worker tells where.")
    _give_up(run_id, "unforeseen", sentence.format(error=error), clock)


class _Told:
    """Tells of a run's progress: the table, so that other processes see it, and who else wants to know."""

    def __init__(self, run_id: UUID, should_stop: Callable[[], bool], shown: Progress | None) -> None:
        self._run_id, self._should_stop, self._shown = run_id, should_stop, shown
        self._told_at = 0.0
        self._doing, self._since = "", time.monotonic()

    def __call__(self, doing: str, done: float) -> None:
        """Tell, and go no further where this worker is to stop.

        Raises
        ------
        _Interrupted
            It is.
        """
        if self._should_stop():
            raise _Interrupted
        self.note(doing)
        if self._shown is not None:
            self._shown(doing, done)
        if time.monotonic() - self._told_at >= _TOLD_EVERY_SECONDS:
            self._told_at = time.monotonic()
            # No transaction is open here, so that it is seen at once.
            RunRow.objects.filter(id=self._run_id).update(step=doing, share_done=done)

    def note(self, doing: str) -> None:
        """Log how long the step before took, once another one begins."""
        if doing == self._doing:
            return
        now = time.monotonic()
        if self._doing:
            seconds = round(now - self._since, 2)
            log.info("insights_run_step", run_id=str(self._run_id), step=self._doing, seconds=seconds)
        self._doing, self._since = doing, now
