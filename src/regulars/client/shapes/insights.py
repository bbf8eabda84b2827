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


class CohortAge(TypedDict):
    """What customers did in the period that comes so many after that of their first purchase; 95 % interval."""

    periods: int
    followed: int
    bought: int
    share: float
    low: float
    high: float
    revenue_minor: int


class Cohort(TypedDict):
    """Customers by their first period: how many bought, and for how much, in each one from it on."""

    period: str
    size: int
    retained: list[int]
    revenue_minor: list[int]


class CohortGroup(TypedDict):
    """Customers who have something in common, all ages of theirs, and their latest cohorts.

    Where groups are stretches of a range, they are over one value and up to another: a number, minor units, or a day.
    """

    kind: Literal["everybody", "value", "others", "unknown"]
    value: str
    customers: int
    ages: list[CohortAge]
    cohorts: list[Cohort]
    over: str | None
    until: str | None


class CohortSide(TypedDict):
    """Cohorts that are held against others."""

    first: str
    last: str
    followed: int
    bought: int


class CohortTrend(TypedDict):
    """Newer cohorts against older ones, a period after the first."""

    newer: CohortSide
    older: CohortSide
    is_a_year: bool
    difference: float
    low: float
    high: float


class Cohorts(TypedDict):
    """Who comes back, as the last run found it; `attributes` are what `by` can be."""

    run_id: str
    as_of: str
    currency: str
    period: Literal["week", "month", "quarter"]
    open_end: bool
    attributes: list[str]
    by: str | None
    type: str | None
    overlap: bool
    trend: CohortTrend | None
    groups: list[CohortGroup]


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
    """Something that needs somebody: what it is about and what that is called, and what to do first."""

    code: str
    severity: Literal["notice", "warning"]
    text: str
    customers: int | None
    worth_minor: float | None
    condition: str
    about: str
    name: str
    step: Literal["see_customers", "see_product", "see_metric"]


class RfmCell(TypedDict):
    """Customers with the same three scores."""

    r: int
    f: int
    m: int
    segment: str
    customers: int
    revenue_minor: int
    expected_revenue_minor: int | None
    revenue_at_stake_minor: int | None


class SegmentFlow(TypedDict):
    """How many customers went from one segment to another; None is who was, or is, in none."""

    from_segment: str | None
    to_segment: str | None
    customers: int


class RfmMap(TypedDict):
    """The customers of a run by their scores, and how they went between segments since a day."""

    run_id: str
    as_of: str
    since: str | None
    cells: list[RfmCell]
    flows: list[SegmentFlow]


class CustomerAtRisk(TypedDict):
    """A customer who has been silent for longer than usual, and what is at stake."""

    customer_id: str
    rfm_segment: str
    last_on: str
    frequency: int
    revenue_minor: int
    risk: float | None
    expected_revenue_minor: int | None
    revenue_at_stake_minor: int | None
    next_order_expected_on: str | None
