"""What the tables hold of reports and schedules, as contracts, and back."""

from __future__ import annotations

from typing import Any

from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportSchedule as ScheduleRow
from regulars.insights.reports.contracts import (
    Every,
    KeptReport,
    NarrowedBy,
    Narrowing,
    Plan,
    ReportState,
    Schedule,
    Wishes,
)
from regulars.insights.reports.due import first_after

_PLAIN = ("title", "horizon_days", "margin", "grain", "unit", "language")
_COPIED = (
    *("id", "as_of", "requested_by", "requested_at", "schedule_id", "finished_at", "step", "share_done", "error_code"),
    *("error_message", "customers", "orders", "size_bytes"),
)


def columns_of(wishes: Wishes) -> dict[str, Any]:
    """Return the columns that hold what a report is to be."""
    narrowing = wishes.narrowing
    return {name: getattr(wishes, name) for name in _PLAIN} | {
        "narrowed_by": narrowing.by.value if narrowing else None,
        "narrowed_to": narrowing.value if narrowing else "",
    }


def wishes_of(row: ReportRow | ScheduleRow) -> Wishes:
    """Return what a report is to be."""
    narrowing = Narrowing(by=NarrowedBy(row.narrowed_by), value=row.narrowed_to) if row.narrowed_by else None
    return Wishes(**{name: getattr(row, name) for name in _PLAIN}, narrowing=narrowing)


def report_of(row: ReportRow) -> KeptReport:
    """Return the contract of a report's row."""
    told = {name: getattr(row, name) for name in _COPIED}
    return KeptReport(**told, state=ReportState(row.state), wishes=wishes_of(row))


def plan_of(row: ScheduleRow) -> Plan:
    """Return what a schedule is to do."""
    return Plan(
        wishes=wishes_of(row),
        every=Every(row.every),
        weekday=row.weekday,
        told=tuple(row.told),
        is_paused=row.is_paused,
    )


def schedule_of(row: ScheduleRow) -> Schedule:
    """Return the contract of a schedule's row."""
    plan = plan_of(row)
    return Schedule(
        id=row.id,
        plan=plan,
        created_by=row.created_by,
        created_at=row.created_at,
        next_on=None if plan.is_paused else first_after(row.done_until, plan.every, plan.weekday),
    )
