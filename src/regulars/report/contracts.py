"""The typed result of the one function from orders to insight; the JSON of `regulars report` is its image.

Money is integer minor units of `meta.currency`, days are in `meta.zone`, shares are between 0 and 1. A field that could
not be computed is None and `findings` says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from regulars.intake.contracts import DataQuality
from retention.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

    # What shows a report loads none of what makes one.
    from retention.rfm import Grain, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate or an estimate with its interval (95 %); all None where it cannot be computed, and `reason` says why."""

    value: float | None
    low: float | None
    high: float | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the reader asked for.

    `unit` is the time unit in which the models' parameters are stated; `grain` what counts as one purchase: the orders
    of a customer's day, or of a week. `margin` is the share of revenue that is kept, for customer lifetime value.
    """

    as_of: date | None = None
    train_until: date | None = None
    horizon_days: int | None = None
    unit: Unit = "week"
    grain: Grain = "day"
    margin: float = 1.0
    zone: str = "UTC"
    title: str | None = None
    seed: int = 20_260_101


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Where the report stands: on `as_of`, the last day it knows of."""

    title: str
    files: tuple[str, ...]
    generated_at: datetime
    version: str
    engine: str
    zone: str
    currency: str | None
    first_on: date
    as_of: date
    horizon_days: int
    train_until: date | None
    unit: str
    grain: str
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The state of the business; definitions are in the glossary under the same names.

    `retention_rate` and `churn_rate` compare the last `retention_window_days` days with the ones before. The values of
    `previous_*` are the same measures one window earlier, for "what changed". The two `clv_*` are means per customer,
    and `customer_equity_minor` is the sum of the expected ones; each is revenue times the margin.
    """

    customers: int
    orders: int
    purchases: int
    revenue_minor: int
    refunded_minor: int
    currency: str | None
    average_purchase_value_minor: float
    purchase_frequency: float
    median_days_between_purchases: float | None
    repeat_purchase_rate: Estimate
    retention_rate: Estimate
    churn_rate: Estimate
    retention_window_days: int
    previous_retention_rate: Estimate
    active_customers: int
    previous_active_customers: int
    revenue_in_window_minor: int
    previous_revenue_in_window_minor: int
    returning_revenue_share: float | None
    revenue_share_of_top_tenth: float | None
    gini: float | None
    customers_at_risk: int
    revenue_at_stake_minor: Estimate
    expected_orders: Estimate
    expected_revenue_minor: Estimate
    clv_historic_minor: float
    clv_expected_minor: Estimate
    customer_equity_minor: Estimate
    clv_horizon_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period of the activity chart; `partial` where the data do not cover all of it."""

    period: date
    new: int
    returning: int
    reactivated: int
    lapsed: int
    orders: int
    revenue_new_minor: int
    revenue_returning_minor: int
    revenue_reactivated_minor: int
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One of the eleven RFM segments; `name` is its stable code, `revenue` its customers' net revenue, minor units."""

    name: str
    customers: int
    revenue: int
    expected_revenue_minor: float | None
    revenue_at_stake_minor: float | None
    median_days_since_last: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Customers by their first period.

    `retained[k]` of them bought in the k-th period after (k = 0: all), and spent `revenue_minor[k]` in it. The last
    period may be partial.
    """

    period: date
    size: int
    retained: tuple[int, ...]
    revenue_minor: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One fitted purchase model: parameters in the paper's symbols, and whether it sits on a boundary.

    `low` and `high` are 95 % bounds of each parameter that has them, `backtest_error` is the mean absolute error in the
    backtest. The bounds are of draws by importance sampling; `effective_sample_size` is how many independent draws they
    are worth. Of data so large that the likelihood is taken for normal it is None.
    """

    name: str
    params: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    log_likelihood: float | None
    aic: float | None
    backtest_error: float | None
    effective_sample_size: float | None
    boundary: bool
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseModels:
    """The candidates and the one chosen; `why` is two sentences."""

    chosen: str | None
    why: tuple[Reason, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendModel:
    """Gamma-gamma: parameters in minor units where they have a unit, or the reason there is none."""

    params: dict[str, float]
    log_likelihood: float | None
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models of how often customers buy, and of how much they spend."""

    purchase: PurchaseModels
    spend: SpendModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A naive forecast of the same holdout: the total it foretells, and its mean absolute error per customer."""

    predicted: float
    mae: float
    correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """Naive forecasts of the same holdout; `seasonal` only where the history covers the same weeks a year before."""

    own_rate: Baseline
    last_period: Baseline
    seasonal: Baseline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekOfBacktest:
    """Purchases of one week of the backtest, by customers acquired by the cut: what happened, what was expected."""

    week: date
    actual: int
    predicted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Prediction against what then happened: repeat purchases in the horizon of customers acquired by the cut.

    `by_frequency` holds (frequency at the cut, customers, mean actual, mean predicted), the last row "and more".
    """

    cut: date
    until: date
    customers: int
    actual: int
    predicted: float
    mae: float
    correlation: float | None
    interval_coverage: float | None
    baselines: Baselines
    weekly: tuple[WeekOfBacktest, ...]
    by_frequency: tuple[tuple[int, int, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One feature of the risk model; `importance` is the AUC it adds on the test slice."""

    name: str
    importance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Who will not order within the horizon. `method` is "classifier" or "model" (history too short: `reason`).

    Measured on the test slice: AUC (positive = no order), Brier score, the AUC of ranking by recency alone, the lift
    of the riskiest tenth, and calibration as (mean predicted, share without an order, customers) by tenth.
    """

    method: str
    reason: Reason | None
    base_rate: float | None
    auc: float | None
    brier: float | None
    auc_recency: float | None
    lift_top_tenth: float | None
    drivers: tuple[Driver, ...]
    calibration: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """One customer in a list of people behind a number."""

    customer: str
    segment: str
    orders: int
    revenue_minor: int
    last_on: date
    risk: float | None
    expected_revenue_minor: float | None
    revenue_at_stake_minor: float | None
    next_order_expected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What to do first: computed, with its reason, its people and the money that hangs on it.

    `worth_minor` is what is at stake where `is_at_stake`, else what is expected of these customers in the horizon.
    """

    code: str
    reason: Reason
    customers: int
    worth_minor: float | None
    is_at_stake: bool
    segment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Kaplan–Meier estimate of the share of customers without a second purchase, by days since the first."""

    days: tuple[int, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that `regulars report` knows and shows."""

    meta: Meta
    data: DataQuality
    metrics: Metrics
    activity: tuple[Period, ...]
    activity_period: str
    segments: tuple[Segment, ...]
    cohorts: tuple[Cohort, ...]
    cohort_period: str
    second_purchase: Survival | None
    concentration: tuple[tuple[float, float], ...]
    models: Models
    backtest: Backtest | None
    risk: Risk | None
    at_risk: tuple[CustomerRow, ...]
    best: tuple[CustomerRow, ...]
    actions: tuple[Action, ...]
    findings: tuple[Reason, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The report, and the scores: an Arrow table of one row per customer (columns in `report/README.md`)."""

    report: Report
    scores: pa.Table = field(repr=False)
