"""Kept reports, and the schedules that make them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Unit = Literal["day", "week"]


class Narrowing(TypedDict):
    """To which orders a report is narrowed."""

    by: Literal["channel", "location", "country"]
    value: str


class _Wishes(TypedDict):
    title: str
    horizon_days: int | None
    margin: float
    grain: Unit
    unit: Unit
    language: str
    narrowing: Narrowing | None


class KeptReport(_Wishes):
    """A report, made or under way."""

    id: str
    state: Literal["waiting", "running", "ready", "failed"]
    as_of: str
    requested_by: str
    requested_at: str
    schedule_id: str | None
    finished_at: str | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    size_bytes: int


class ReportPlan(TypedDict):
    """What a schedule is to do."""

    title: str
    every: Literal["week", "month", "quarter"]
    weekday: NotRequired[int | None]
    told: NotRequired[list[str]]
    is_paused: NotRequired[bool]
    horizon_days: NotRequired[int | None]
    margin: NotRequired[float]
    grain: NotRequired[Unit]
    unit: NotRequired[Unit]
    language: NotRequired[Literal["en", "de"]]
    narrowing: NotRequired[Narrowing | None]


class ReportSchedule(_Wishes):
    """A report that is made again and again, by night."""

    id: str
    every: Literal["week", "month", "quarter"]
    weekday: int | None
    told: list[str]
    is_paused: bool
    created_by: str
    created_at: str
    next_on: str | None
