"""Do a run: write a snapshot, score all customers on it, find what is further to be known, and put all of it in place.

What a run found takes its place in one transaction, at the end: whatever fails or is killed before leaves the scores,
and all that pages show, as the run before left them. A run that was cut short begins anew; its snapshot has the less to
read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from regulars.business.contracts import Business
from regulars.business.queries import get_business
from regulars.insights import apart, ending
from regulars.insights.asking import Asked, Found
from regulars.insights.background import Told, carried_through, too_often
from regulars.insights.contracts import Boundaries, RunState
from regulars.insights.models import Run as RunRow
from regulars.insights.models import Section as SectionRow
from regulars.insights.moving import Rule
from regulars.insights.queries import find_spreads, find_stock_before
from regulars.kit.i18n import activate, gettext
from regulars.kit.progress import Progress
from regulars.kit.scratch import scratch_folder
from regulars.stream.long_work import MOST_STARTS, Clock, alone_with, counts_as_start, never

Finds = Callable[..., Found]
# The share of the work that is behind when all is found.
_FOUND = 0.98


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
    told = Told("run", run_id, partial(_tell, run_id), should_stop=should_stop, shown=shown)
    with alone_with(run_id) as is_mine:
        return is_mine and _work(run_id, clock, told, finds)


def _find_here(asked: Asked, folder: Path, *, progress: Progress) -> Found:
    """Find here what a process of its own would."""
    from regulars.insights import finding

    return finding.find(asked, folder, progress=progress)


def _work(run_id: UUID, clock: Clock, told: Told, finds: Finds) -> bool:
    row = _take_up(run_id, clock)
    if row is None:
        return True
    business = get_business()
    activate(business.language)

    def work() -> None:
        with scratch_folder() as folder:
            found = finds(_asked(row, business, clock), folder, progress=told)
        told(gettext("Putting the scores in place"), _FOUND)
        _put_in_place(run_id, found, zone=business.zone_info, clock=clock, told=told)
        told.note("")

    give_up = partial(_give_up, run_id, clock)
    return carried_through(work, kind="run", work_id=run_id, give_up=give_up)


def _asked(row: RunRow, business: Business, clock: Clock) -> Asked:
    """Return what a run is to find; it is held against what is known."""
    return Asked(
        run_id=row.id,
        as_of=row.as_of,
        now=clock(),
        business=business,
        before=find_spreads(row.as_of),
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
        ending.fail(row, "interrupted", too_often(), now=clock())
        return None
    row.save(update_fields=["starts"])
    return row


def _under_way(run_id: UUID) -> RunRow | None:
    return RunRow.objects.select_for_update(no_key=True).filter(id=run_id, state=RunState.RUNNING.value).first()


@transaction.atomic
def _put_in_place(run_id: UUID, found: Found, *, zone: ZoneInfo, clock: Clock, told: Told) -> None:
    """Let the scores that are staged and all else that was found take their place; not where the run was given up."""
    from regulars.insights import keeping

    row = _under_way(run_id)
    if row is None:
        return
    row.customers, row.orders, row.seen_until = found.customers, found.orders, found.seen_until
    row.recency_cuts, row.frequency_cuts, row.monetary_cuts = _cuts(found.boundaries)
    row.alarms, row.spread, row.stock = list(found.alarms), dict(found.spread), dict(found.stock)
    SectionRow.objects.bulk_create(
        SectionRow(run=row, name=name, content=content) for name, content in found.sections.items()
    )
    now = clock()
    rule = Rule(run_id=run_id, boundaries=found.boundaries, zone=zone, today=now.astimezone(zone).date())
    keeping.put_in_place(rule, seen_until=found.seen_until, now=now, wait=keeping.waiting(told, _FOUND))
    ending.succeed(row, now=clock())


def _cuts(boundaries: Boundaries) -> tuple[list[int], list[int], list[int]]:
    return list(boundaries.recency), list(boundaries.frequency), list(boundaries.monetary)


@transaction.atomic
def _give_up(run_id: UUID, clock: Clock, code: str, message: str) -> None:
    from regulars.insights import keeping

    row = _under_way(run_id)
    if row is not None:
        keeping.drop_staged()
        ending.fail(row, code, message, now=clock())


def _tell(run_id: UUID, doing: str, done: float) -> bool:
    return bool(RunRow.objects.filter(id=run_id).update(step=doing, share_done=done))
