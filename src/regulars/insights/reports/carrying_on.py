"""Make a report that was asked for, one at a time; what is killed begins anew, and five times is enough.

Nothing of it is kept until all of it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction

from regulars.business.queries import get_business
from regulars.insights.background import Told, carried_through, too_often
from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent as ContentRow
from regulars.insights.reports import ending
from regulars.insights.reports.apart import JSON, PAGE, Asked, Made, make_apart
from regulars.insights.reports.contracts import UNDER_WAY, ReportState
from regulars.insights.reports.kept import wishes_of
from regulars.kit.i18n import activate
from regulars.kit.progress import Progress
from regulars.kit.scratch import scratch_folder
from regulars.stream.long_work import MOST_STARTS, Clock, alone_with, counts_as_start, never

# By this the making of reports is known to all processes, so that commands and workers make one at a time.
MAKING = UUID("6d616b65-0000-7000-8000-6d616b650001")


def carry_on(
    report_id: UUID,
    *,
    clock: Clock,
    should_stop: Callable[[], bool] = never,
    shown: Progress | None = None,
    in_own_process: bool = False,
) -> bool:
    """Make a report that was asked for; tell whether all was done that there was to do.

    It is False where a report is being made already, or `should_stop` said so. `shown` is told of the progress too. A
    worker has it made `in_own_process`, so that its own stays small and does what else there is to do.
    """
    makes = make_apart if in_own_process else _make_here
    told = Told("report", report_id, partial(_tell, report_id), should_stop=should_stop, shown=shown)
    with alone_with(MAKING) as is_free, alone_with(report_id) as is_mine:
        return is_free and is_mine and _work(report_id, clock, told, makes)


def _make_here(asked: Asked, folder: Path, *, progress: Progress) -> Made:
    """Make here what a process of its own would."""
    from regulars.insights.reports.making import make

    return make(asked, folder, progress=progress)


def _work(report_id: UUID, clock: Clock, told: Told, makes: Callable[..., Made]) -> bool:
    row = _take_up(report_id, clock)
    if row is None:
        return True
    business = get_business()
    activate(business.language)
    asked = Asked(wishes=wishes_of(row), as_of=row.as_of, now=clock(), business=business)

    def work() -> None:
        with scratch_folder() as folder:
            _keep(report_id, makes(asked, folder, progress=told), folder, clock)
        told.note("")

    give_up = partial(_give_up, report_id, clock)
    return carried_through(work, kind="report", work_id=report_id, give_up=give_up)


@transaction.atomic
def _take_up(report_id: UUID, clock: Clock) -> ReportRow | None:
    """Return a report that is to be made; None for one that is made, removed, or given up."""
    row = _under_way(report_id)
    if row is None:
        return None
    if counts_as_start(report_id):
        row.starts += 1
    if row.starts > MOST_STARTS:
        ending.fail(row, "interrupted", too_often(), now=clock())
        return None
    row.state = ReportState.RUNNING.value
    row.save(update_fields=["starts", "state"])
    return row


def _under_way(report_id: UUID) -> ReportRow | None:
    states = [state.value for state in UNDER_WAY]
    return ReportRow.objects.select_for_update(no_key=True).filter(id=report_id, state__in=states).first()


@transaction.atomic
def _keep(report_id: UUID, made: Made, folder: Path, clock: Clock) -> None:
    """Keep what was made and let the report be ready, in one transaction; nothing, where it was removed meanwhile."""
    row = _under_way(report_id)
    if row is None:
        return
    page, told = (folder / PAGE).read_bytes(), (folder / JSON).read_bytes()
    ContentRow.objects.create(
        report=row, page=zlib.compress(page), json=zlib.compress(told), policy=made.policy, named=list(made.named)
    )
    row.customers, row.orders, row.size_bytes = made.customers, made.orders, len(page)
    ending.succeed(row, now=clock())


@transaction.atomic
def _give_up(report_id: UUID, clock: Clock, code: str, message: str) -> None:
    row = _under_way(report_id)
    if row is not None:
        ending.fail(row, code, message, now=clock())


def _tell(report_id: UUID, doing: str, done: float) -> bool:
    return bool(ReportRow.objects.filter(id=report_id).update(step=doing, share_done=done))
