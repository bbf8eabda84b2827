"""Runs of the science, and how scores came about, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from regulars.faces.api.schemas.wire import Out
from regulars.insights.cohorts import Kind, Told
from regulars.insights.contracts import Alarm, RfmMap, Run, RunState, Severity, Trigger
from regulars.report.wording import say


class AlarmOut(Out):
    """Something about the data or the models that one should know before trusting a run."""

    code: str
    severity: Severity
    text: str
    figures: dict[str, float]

    @classmethod
    def of(cls, alarm: Alarm) -> AlarmOut:
        """Return an alarm as it is told."""
        return cls(code=alarm.code, severity=alarm.severity, text=say(alarm.reason), figures=dict(alarm.figures))


class RunOut(Out):
    """One run of the science over all customers, as of the end of the day `as_of`.

    All that it finds, its scores with it, takes its place at once when it succeeds.
    """

    id: UUID
    state: RunState
    trigger: Trigger
    as_of: date
    started_at: datetime
    finished_at: datetime | None
    step: str
    share_done: float
    error_code: str
    error_message: str
    customers: int
    orders: int
    alarms: list[AlarmOut]

    @classmethod
    def of(cls, run: Run) -> RunOut:
        """Return a run as it is told."""
        names = [name for name in cls.model_fields if name != "alarms"]
        told = {name: getattr(run, name) for name in names}
        return cls(**told, alarms=[AlarmOut.of(each) for each in run.alarms])


class RunsOut(Out):
    """A page of runs, the latest first."""

    items: list[RunOut]
    next: str | None


class ReportOut(Out):
    """The whole report of a run, as `regulars report --json` writes it; its schema is `docs/report.schema.json`."""

    run_id: UUID
    report: dict[str, Any]


class ShareOut(Out):
    """A share of `of` cases with its 95 % interval; null where there is none."""

    cases: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class EstimateOut(Out):
    """A value with its 95 % interval; null where there is none."""

    value: float | None
    low: float | None
    high: float | None


class GroupInsightOut(Out):
    """What buyers of a product or category did; amounts are in minor units.

    `came_back`: of those whose first purchase held it and lies at least the horizon back, who bought anything again
    within it; `others_came_back`: the same of all other first purchases; `verdict` is `below` or `above` where the two
    differ by the interval and after the correction for all that were compared (`adjusted_p_value`), else empty.
    """

    buyers: int
    revenue_minor: int
    sold_minor: int
    sent_back_minor: int
    sent_back_share: float | None
    first_buyers: int
    came_back: ShareOut
    others_came_back: EstimateOut
    difference: EstimateOut
    adjusted_p_value: float | None
    verdict: str


class CategoryInsightOut(GroupInsightOut):
    """What buyers of a category did."""

    name: str


class ProductInsightOut(GroupInsightOut):
    """What buyers of a product did; `segments` counts them by RFM segment."""

    product_id: UUID
    name: str
    category: str
    purchases: int
    bought_again: ShareOut
    days_to_again: EstimateOut
    segments: dict[str, int]


class PairOut(Out):
    """Two products that are bought together, or one after the other, more often than by chance."""

    first: UUID
    second: UUID
    cases: int
    customers: int
    support: float
    confidence: float
    reverse_confidence: float
    lift: float
    adjusted_p_value: float
    days: EstimateOut | None = None


class PairsOut(Out):
    """Pairs, those with the most evidence first; of each `every`-th customer, `cases` of which were looked at."""

    cases: int
    looked_at: int
    left_out: int
    every: int
    pairs: list[PairOut]


class NotReturningOut(Out):
    """A product whose first buyers come back less often than others, after the correction for all compared."""

    product_id: UUID
    name: str
    followed: int
    returned_share: float
    low: float
    high: float
    others_share: float
    revenue_minor: int


class ProductInsightsOut(Out):
    """What a run found of products as of the end of a day: those bought in most purchases, of `all_products`."""

    run_id: UUID
    as_of: date
    currency: str
    horizon_days: int
    thresholds: dict[str, float]
    all_products: int
    purchases: int
    everybody: ShareOut
    products: list[ProductInsightOut]
    categories: list[CategoryInsightOut]
    not_returning: list[NotReturningOut]
    together: PairsOut
    next: PairsOut


class ScoreChangeOut(Out):
    """What a customer's segment and tenths became on a day; no segment where nothing bought is left."""

    changed_on: date
    run_id: UUID
    rfm_segment: str | None
    risk_decile: int | None
    clv_decile: int | None


class ScoreChangesOut(Out):
    """How a customer's segment and tenths changed, the latest first."""

    items: list[ScoreChangeOut]


class AgeOut(Out):
    """What customers did in the period that comes so many after that of their first purchase.

    `followed` of them have seen its end, `bought` of those bought in it; `low` and `high` are the 95 % interval of the
    share. `revenue_minor` is what those who were followed so long have spent by then.
    """

    periods: int
    followed: int
    bought: int
    share: float
    low: float
    high: float
    revenue_minor: int


class CohortOut(Out):
    """Customers by their first period: how many bought, and for how much, in each one from it on."""

    period: date
    size: int
    retained: list[int]
    revenue_minor: list[int]


class CohortGroupOut(Out):
    """Customers who have something in common: those of a value, of all rarer ones, or of none that is known.

    Where groups are stretches of a range, they are over one value and up to another: a number, minor units, or a day.
    """

    kind: Kind
    value: str
    customers: int
    ages: list[AgeOut]
    cohorts: list[CohortOut]
    over: str | None
    until: str | None


class CohortSideOut(Out):
    """Cohorts that are held against others."""

    first: date
    last: date
    followed: int
    bought: int


class CohortTrendOut(Out):
    """Newer cohorts against older ones, a period after the first: by how much the share differs, with its interval."""

    newer: CohortSideOut
    older: CohortSideOut
    is_a_year: bool
    difference: float
    low: float
    high: float


class CohortsOut(Out):
    """Who comes back, as the last run found it; `open_end` where the last period is not over.

    `attributes` are what cohorts can be split by. `type` is that of the values of `by`: of a fact, or its own name.
    Where groups `overlap`, a customer can be in several of them.
    """

    run_id: UUID
    as_of: date
    currency: str
    period: str
    open_end: bool
    attributes: list[str]
    by: str | None
    type: str | None
    overlap: bool
    trend: CohortTrendOut | None
    groups: list[CohortGroupOut]

    @classmethod
    def of(cls, run_id: UUID, told: Told, by: str | None, attributes: list[str]) -> CohortsOut:
        """Return the cohorts of all customers, or of the groups of one of the attributes."""
        found = told.cohorts
        groups = (found.everybody,) if by is None else found.splits[by].groups
        return cls(
            run_id=run_id,
            as_of=told.as_of,
            currency=told.currency,
            period=found.period,
            open_end=found.open_end,
            attributes=attributes,
            by=by,
            type=None if by is None else found.splits[by].type,
            overlap=by is not None and found.splits[by].overlaps,
            trend=None if found.trend is None else CohortTrendOut.model_validate(found.trend),
            groups=[CohortGroupOut.model_validate(group) for group in groups],
        )


class RfmCellOut(Out):
    """Customers with the same three scores; what no model could say is null."""

    r: int
    f: int
    m: int
    segment: str
    customers: int
    revenue_minor: int
    expected_revenue_minor: int | None
    revenue_at_stake_minor: int | None


class SegmentFlowOut(Out):
    """How many customers went from one segment to another, or stayed; null is who was, or is, in none."""

    from_segment: str | None
    to_segment: str | None
    customers: int


class RfmMapOut(Out):
    """The customers of a run by their scores, and their flows since the end of a day, if there was anybody."""

    run_id: UUID
    as_of: date
    since: date | None
    cells: list[RfmCellOut]
    flows: list[SegmentFlowOut]

    @classmethod
    def of(cls, run: Run, told: RfmMap) -> RfmMapOut:
        """Return a map as it is told."""
        cells = [
            RfmCellOut(
                r=each.r,
                f=each.f,
                m=each.m,
                segment=each.segment,
                customers=each.customers,
                revenue_minor=each.revenue_minor,
                expected_revenue_minor=each.expected_revenue_minor,
                revenue_at_stake_minor=each.revenue_at_stake_minor,
            )
            for each in told.cells
        ]
        flows = [
            SegmentFlowOut(from_segment=each.from_segment, to_segment=each.to_segment, customers=each.customers)
            for each in told.flows
        ]
        return cls(run_id=run.id, as_of=run.as_of, since=told.since, cells=cells, flows=flows)


class CustomerAtRiskOut(Out):
    """A customer with a habit who has been silent for longer than usual, and what is at stake.

    The risk stands as of the run; `last_on`, `frequency` (purchases without the first) and `revenue_minor` move with
    each order.
    """

    customer_id: UUID
    rfm_segment: str
    last_on: date
    frequency: int
    revenue_minor: int
    risk: float | None
    expected_revenue_minor: int | None
    revenue_at_stake_minor: int | None
    next_order_expected_on: date | None


class AtRiskOut(Out):
    """A page of customers at risk, those with the most at stake first."""

    items: list[CustomerAtRiskOut]
    next: str | None
