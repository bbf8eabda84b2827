"""What others see of kept reports and of the schedules that make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


class ReportState(StrEnum):
    """How far a report has come."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


UNDER_WAY = frozenset({ReportState.WAITING, ReportState.RUNNING})


class NarrowedBy(StrEnum):
    """By what a report is narrowed to some of the orders: an order's channel or location, its buyer's country."""

    CHANNEL = "channel"
    LOCATION = "location"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """To which orders a report is narrowed."""

    by: NarrowedBy
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a report is to be, whenever it is made; the names are those of `regulars report`.

    Without a `horizon_days` it looks ahead as far as the history allows, a quarter of a year at most.
    """

    title: str
    horizon_days: int | None = None
    margin: float = 1.0
    grain: Literal["day", "week"] = "day"
    unit: Literal["day", "week"] = "week"
    language: str = "en"
    narrowing: Narrowing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A report as of the end of the day `as_of`, made or under way.

    `step` says what is being done, and `share_done` how much of the work is behind. `error_code` is stable, and
    `error_message` a sentence; both are empty unless it failed. `schedule_id` is None where somebody asked for it.
    """

    id: UUID
    state: ReportState
    wishes: Wishes
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a report holds: the page and the JSON, each as `regulars report` writes it to a file.

    `policy` is the content security policy under which the page's own script and style run, and nothing else.
    """

    page: bytes
    policy: str
    json: bytes


class Every(StrEnum):
    """How often a report is made: each week on a weekday, on the first of each month, or of each quarter."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a schedule is to do.

    `weekday` counts from 1, Monday, and is None unless it is for `every` week. `told` are the people of the staff who
    get a mail with the link.
    """

    wishes: Wishes
    every: Every
    weekday: int | None = None
    told: tuple[UUID, ...] = ()
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A report that is made again and again, by night; `next_on` is the day of the next night, None while it pauses."""

    id: UUID
    plan: Plan
    created_by: str
    created_at: datetime
    next_on: date | None
