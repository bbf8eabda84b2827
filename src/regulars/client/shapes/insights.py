"""Runs and scores."""

from __future__ import annotations

from typing import Literal, TypedDict


class Alarm(TypedDict):
    """Something that one should know before trusting a run."""

    code: str
    severity: Literal["notice", "warning"]
    text: str
    figures: dict[str, float]


class Run(TypedDict):
    """One run of the science over all customers."""

    id: str
    state: Literal["running", "succeeded", "failed"]
    trigger: Literal["nightly", "by_hand"]
    as_of: str
    started_at: str
    finished_at: str | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    alarms: list[Alarm]


class ScoreChange(TypedDict):
    """What a customer's segment and tenths became on a day."""

    changed_on: str
    run_id: str
    rfm_segment: str | None
    risk_decile: int | None
    clv_decile: int | None


class Point(TypedDict):
    """A metric of the window that ends with a day, or on a day, with the bounds of its 95 % interval."""

    until: str
    value: float | None
    low: float | None
    high: float | None


class Series(TypedDict):
    """A metric over time, the latest first, and what it is wanted to be."""

    window_days: int
    target: float | None
    points: list[Point]


class Benchmark(TypedDict):
    """What somebody has published of other businesses."""

    value: float
    who: str
    source: str
    address: str


class Metric(TypedDict):
    """A metric of the business."""

    name: str
    label: str
    definition: str
    unit: Literal["share", "customers", "money", "number"]
    better: Literal["more", "less", "neither"]
    benchmarks: list[Benchmark]
    series: list[Series]


class Attention(TypedDict):
    """Something that needs somebody."""

    code: str
    severity: Literal["notice", "warning"]
    text: str
    customers: int | None
    worth_minor: float | None
    condition: str
    about: str
