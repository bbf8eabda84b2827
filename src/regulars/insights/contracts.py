"""What others see of insights: runs, scores of customers and their history, segments and movements, alarms.

Money is integer minor units of the reporting currency, days are in the business's zone, shares are between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from retention.reasons import Reason


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Trigger(StrEnum):
    """What made a run."""

    NIGHTLY = "nightly"
    BY_HAND = "by_hand"


class Severity(StrEnum):
    """How much an alarm asks for: `notice` is worth knowing, `warning` worth acting on."""

    NOTICE = "notice"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something about the data or the models that one should know before trusting a run.

    `code` is stable; `reason` says it in words; `figures` are the numbers that it was judged by.
    """

    code: str
    severity: Severity
    reason: Reason
    figures: Mapping[str, float]


class NextStep(StrEnum):
    """What to do first about something that needs somebody: look at its customers, its product, or its metric."""

    SEE_CUSTOMERS = "see_customers"
    SEE_PRODUCT = "see_product"
    SEE_METRIC = "see_metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Something that needs somebody: what it is (`code`), why, how many customers, and what hangs on it.

    `condition` finds the customers as they are now; None is how many where a run cannot tell. `about` is the metric or
    the product that it is about, `name` what that is called where its name is the business's own.
    """

    code: str
    severity: Severity
    reason: Reason
    customers: int | None
    worth_minor: float | None
    condition: str
    about: str
    name: str = ""

    @property
    def step(self) -> NextStep:
        """What to do about it first."""
        return _NEXT_STEPS.get(self.code, NextStep.SEE_METRIC)


_NEXT_STEPS = {
    "best_gone_quiet": NextStep.SEE_CUSTOMERS,
    "more_at_stake": NextStep.SEE_CUSTOMERS,
    "product_without_return": NextStep.SEE_PRODUCT,
    "metric_unusual": NextStep.SEE_METRIC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A metric of the window that ends with a day, or on a day; no value where it could not be computed."""

    until: date
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a manager wants a metric to be, of a window of so many days; 0 where it is of none."""

    metric: str
    window_days: int
    value: float
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """The cut points between the RFM scores of a run; orders that come later are scored by the same ones."""

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the science over all customers, as of the end of the day `as_of`.

    `step` says what is being done, in the business's language, and `share_done` how much of the work is behind. All
    that it finds, its scores with it, takes its place at once when it succeeds. `error_code` is stable, and
    `error_message` a sentence; both are empty unless it failed.
    """

    id: UUID
    state: RunState
    trigger: Trigger
    requested_by: str
    as_of: date
    started_at: datetime
    finished_at: datetime | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    boundaries: Boundaries | None
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What is known and expected of one customer.

    RFM, its segment and what they are made of (`first_on` … `revenue_minor`) stand as of `rfm_on`, and move with each
    order; the rest stands as of the run `run_id`, and is None where no model could say it, as for who bought for the
    first time since. Deciles count from 1; the tenth has the highest risk, or the highest value.
    """

    customer_id: UUID
    run_id: UUID
    r: int
    f: int
    m: int
    rfm_segment: str
    rfm_on: date
    first_on: date
    last_on: date
    frequency: int
    revenue_minor: int
    expected_orders: float | None
    expected_orders_low: int | None
    expected_orders_high: int | None
    expected_revenue_minor: int | None
    risk: float | None
    risk_decile: int | None
    at_risk: bool | None
    revenue_at_stake_minor: int | None
    clv_minor: int | None
    clv_low_minor: int | None
    clv_high_minor: int | None
    clv_decile: int | None
    next_order_expected_on: date | None
    scored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChange:
    """What a customer's segment and deciles became on a day; no segment where nothing bought is left."""

    changed_on: date
    run_id: UUID
    rfm_segment: str | None
    risk_decile: int | None
    clv_decile: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFlow:
    """How many customers went from one RFM segment to another, or stayed; None is who was in none."""

    from_segment: str | None
    to_segment: str | None
    customers: int


RFM_FLOW_DAYS = 28
"""How far back the flows of the RFM map begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmCell:
    """The customers who have the same three scores, what they have brought, are expected to bring, and put at stake.

    What is expected and at stake is None where no model could say it.
    """

    r: int
    f: int
    m: int
    segment: str
    customers: int
    revenue_minor: int
    expected_revenue_minor: int | None
    revenue_at_stake_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmMap:
    """All customers of a run by their scores, and how they went between segments since the end of the day `since`.

    The flows hold who stayed in a segment too; there are none, and no day, in a shop's first weeks.
    """

    cells: tuple[RfmCell, ...]
    since: date | None
    flows: tuple[SegmentFlow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueBin:
    """Customers of whom as much is expected within a year: from an amount up to below another; None is open."""

    from_minor: int | None
    below_minor: int | None
    customers: int
    clv_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTenth:
    """Customers who place no order with about the same probability, those at risk among them, and what is at stake."""

    customers: int
    at_risk: int
    revenue_at_stake_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSpread:
    """How value and risk are spread over the customers of a run; empty, and None, where no model could say it.

    `top_tenth` is the share of the expected value that the tenth of whom the most is expected have, with its bounds of
    95 %. `curve` holds shares of the customers, those of whom the least is expected first, and of the value.
    """

    bins: tuple[ValueBin, ...]
    median_minor: float | None
    top_tenth: tuple[float | None, float | None, float | None] | None
    curve: tuple[tuple[float, float], ...]
    risks: tuple[RiskTenth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuality:
    """How well the models of a run stood their tests; None where there was no such test."""

    run_id: UUID
    as_of: date
    finished_at: datetime
    customers: int
    model: str | None
    auc: float | None
    brier: float | None
    backtest_error: float | None
    backtest_predicted: float | None
    backtest_actual: int | None


REPORT = "report"
"""The name of the section that holds a run's report."""

ATTENTION = "attention"
"""The name of the section that holds what needs somebody."""

METRICS = "metrics"
"""The name of the section that holds the metrics over time."""

RFM_MAP, VALUE = "rfm_map", "value"
"""The names of the sections that hold the RFM map, and how value and risk are spread."""

PRODUCTS = "products"
"""The name of the section on products: what brings customers back, what is bought together and next."""

SectionJson = Mapping[str, Any]
"""A part of what a run found, as JSON."""

ReportJson = SectionJson
"""A run's report, as `regulars report --json` writes it."""
