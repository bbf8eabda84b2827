"""Kept reports and their schedules on the wire."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import In, Number, Out
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


class NarrowingIn(In):
    """To which orders a report is narrowed: those of a `channel`, a `location`, or buyers of a `country` (`AT`)."""

    by: NarrowedBy
    value: Number


class WishesIn(In):
    """What a report is to be; the names and their meaning are those of `regulars report`."""

    title: Number
    horizon_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    margin: Annotated[float, Field(gt=0, le=1)] = 1.0
    grain: Literal["day", "week"] = "day"
    unit: Literal["day", "week"] = "week"
    language: Literal["en", "de"] = "en"
    narrowing: NarrowingIn | None = None

    def wishes(self) -> Wishes:
        """Return what services take."""
        narrowed = self.narrowing
        return Wishes(
            title=self.title,
            horizon_days=self.horizon_days,
            margin=self.margin,
            grain=self.grain,
            unit=self.unit,
            language=self.language,
            narrowing=Narrowing(by=narrowed.by, value=narrowed.value) if narrowed else None,
        )


class ReportIn(WishesIn):
    """A report that is to be made, as of a day; without one as of yesterday in the business's zone."""

    as_of: date | None = None


class ScheduleIn(WishesIn):
    """A report that is to be made again and again, by night.

    `every` week on a `weekday` (from 1, Monday), or on the first of every month or quarter; as of the day before.
    `told` are accounts of the staff who get a mail with the link.
    """

    every: Every
    weekday: Annotated[int, Field(ge=1, le=7)] | None = None
    told: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    is_paused: bool = False

    def plan(self) -> Plan:
        """Return what services take."""
        return Plan(
            wishes=self.wishes(), every=self.every, weekday=self.weekday, told=self.told, is_paused=self.is_paused
        )


class NarrowingOut(Out):
    """To which orders a report is narrowed."""

    by: NarrowedBy
    value: str


class WishesOut(Out):
    """What a report is to be."""

    title: str
    horizon_days: int | None
    margin: float
    grain: str
    unit: str
    language: str
    narrowing: NarrowingOut | None


class KeptReportOut(WishesOut):
    """A report, made or under way; it is kept until it is removed. `schedule_id`: a schedule asked for it."""

    id: UUID
    state: ReportState
    as_of: date
    requested_by: str
    requested_at: datetime
    schedule_id: UUID | None
    finished_at: datetime | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    size_bytes: int

    @classmethod
    def of(cls, report: KeptReport) -> KeptReportOut:
        """Return a report as it is told."""
        return cls(**_flat(report, report.wishes))


class KeptReportsOut(Out):
    """A page of reports, the latest first."""

    items: list[KeptReportOut]
    next: str | None


class ScheduleOut(WishesOut):
    """A report that is made again and again; `next_on` is the day of the next night, null while it pauses."""

    id: UUID
    every: Every
    weekday: int | None
    told: list[UUID]
    is_paused: bool
    created_by: str
    created_at: datetime
    next_on: date | None

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleOut:
        """Return a schedule as it is told."""
        plan = _flat(schedule.plan, schedule.plan.wishes)
        return cls(**_flat(schedule, schedule.plan.wishes) | plan)


class SchedulesOut(Out):
    """The schedules, the newest first."""

    items: list[ScheduleOut]


def _flat(told: KeptReport | Plan | Schedule, wishes: Wishes) -> dict[str, Any]:
    """Return the fields of a contract and of its wishes beside each other."""
    return {name: value for name, value in asdict(told).items() if name not in {"wishes", "plan"}} | asdict(wishes)
