"""One row of scores per customer, and the sums over them.

The habit of a customer is the pace up to their last purchase, of three purchases or more. The part of the risk that
this pace does not explain is the probability that they have left. At risk is who has been silent for longer than their
usual gap, but not yet for two horizons (who is silent for longer has left already), and has left with a probability
above one in four. At stake is what the pace would have brought in the horizon, times that probability.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regulars.report.contracts import Estimate, Options
from regulars.report.forecast import Floats, Forecast, People
from regulars.report.history import estimate
from regulars.report.plan import Plan
from retention import rfm
from retention.clv import PurchaseModel, forecast_value
from retention.clv.totals import total_purchases, total_value
from retention.estimates import Interval, missing
from retention.reasons import Reason, mark

CLV_DAYS = 364
LEVEL = 0.9
DAYS_A_YEAR = 365
MORE_LIKELY = 0.5
NOTABLY_LEFT = 0.25
FEWEST_GAPS = 2
LEAVING_HORIZONS = 2
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores as an Arrow table (columns in the README), and what their sums are made of."""

    table: pa.Table
    parts: _Parts | None

    def column(self, name: str) -> Floats:
        """Return one column as float64, NaN for null."""
        return np.asarray(self.table[name].to_numpy(zero_copy_only=False), dtype=np.float64)

    @property
    def customers_at_risk(self) -> int:
        """How many are at risk."""
        return pc.sum(self.table["at_risk"]).as_py() or 0


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the customers are expected to spend within the horizon and within a year, and what may be lost."""

    value: _Value
    clv: _Value
    usual_minor: Floats
    left: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of the scores, with intervals of 95 %."""

    expected_orders: Estimate
    expected_revenue_minor: Estimate
    equity_minor: Estimate
    stake_minor: Estimate


@dataclass(frozen=True, slots=True)
class _Value:
    """Expected spend in a time with its predictive interval, in minor units."""

    expected: Floats
    low: Floats
    high: Floats


def make_scores(forecast: Forecast, *, plan: Plan, options: Options) -> Scores:
    """Score each customer at the cut."""
    people = forecast.people
    if forecast.model is None:
        return Scores(_assemble(people, _nothing(len(people.table))), None)
    unit = rfm.days_per(options.unit)
    model, horizon, year = forecast.model, plan.horizon_days / unit, CLV_DAYS / unit
    # These leave the interpreter's lock while they compute.
    with ThreadPoolExecutor(max_workers=2) as pool:
        value_of, clv_of = (pool.submit(_value, forecast, model, time) for time in (horizon, year))
        expected = model.expected_purchases(horizon)
        low, high = model.predictive_interval(horizon, LEVEL)
        value, clv = value_of.result(), clv_of.result()
    risk = model.probability_none(horizon) if forecast.risk is None else forecast.risk.risk
    habit = _Habit.of(people, horizon)
    left = habit.probability_left(risk)
    at_risk = habit.is_breaking & (left > NOTABLY_LEFT)
    usual_minor = np.where(at_risk, habit.revenue_minor, 0.0)
    columns = {
        "expected_orders": pa.array(expected),
        "expected_orders_low": pa.array(low.astype(np.int64)),
        "expected_orders_high": pa.array(high.astype(np.int64)),
        "expected_revenue_minor": _whole(value.expected),
        "expected_revenue_low_minor": _whole(value.low),
        "expected_revenue_high_minor": _whole(value.high),
        "risk": pa.array(risk),
        "at_risk": pa.array(at_risk),
        "revenue_at_stake_minor": _whole(usual_minor * left),
        "clv_minor": _whole(options.margin * clv.expected),
        "clv_low_minor": _whole(options.margin * clv.low),
        "clv_high_minor": _whole(options.margin * clv.high),
        "next_order_expected_on": _next_order(model, plan, unit),
    }
    return Scores(_assemble(people, columns), _Parts(value, clv, usual_minor, left))


def sum_scores(scores: Scores, forecast: Forecast, *, plan: Plan, options: Options) -> Totals:
    """Sum the scores of all customers."""
    parts, model = scores.parts, forecast.model
    if parts is None or model is None:
        nothing = estimate(missing(forecast.no_model or Reason("no_model", mark("No purchase model could be fitted."))))
        return Totals(
            expected_orders=nothing, expected_revenue_minor=nothing, equity_minor=nothing, stake_minor=nothing
        )
    unit = rfm.days_per(options.unit)
    horizon, year = plan.horizon_days / unit, CLV_DAYS / unit
    return Totals(
        expected_orders=estimate(total_purchases(model, horizon)),
        expected_revenue_minor=_total(forecast, model, horizon, parts.value),
        equity_minor=scaled(_total(forecast, model, year, parts.clv), options.margin),
        stake_minor=_total_stake(parts.usual_minor, parts.left),
    )


@dataclass(frozen=True, slots=True)
class _Habit:
    """What each customer did per horizon up to their last purchase.

    `revenue_minor` is what they brought, `none` the probability of no purchase at that pace (Poisson), `is_breaking`
    tells who has been silent for longer than their usual gap and not yet for two horizons. Who was active for less
    than a horizon is not taken to have gone on like that: the whole is then the pace.
    """

    revenue_minor: Floats
    none: Floats
    is_breaking: NDArray[np.bool_]

    @classmethod
    def of(cls, people: People, horizon: float) -> _Habit:
        frequency, recency = people.column("frequency"), people.column("recency")
        silence = people.column("T") - recency
        per_horizon = horizon / np.maximum(recency, horizon)
        gap = np.divide(recency, frequency, out=np.full(len(frequency), np.inf), where=frequency > 0)
        return cls(
            revenue_minor=np.maximum(people.column("revenue_minor"), 0.0) * per_horizon,
            none=np.exp(-(frequency + 1) * per_horizon),
            is_breaking=(frequency >= FEWEST_GAPS) & (silence > gap) & (silence <= LEAVING_HORIZONS * horizon),
        )

    def probability_left(self, risk: Floats) -> Floats:
        """Return the probability of having left that makes up the risk: no order by who stays is in it already."""
        return np.asarray(np.clip(1 - (1 - risk) / (1 - self.none), 0.0, 1.0), dtype=np.float64)


def _value(forecast: Forecast, model: PurchaseModel, t: float) -> _Value:
    """Forecast spend; without a spend model it is the expected purchases at the customer's own mean value."""
    people = forecast.people
    if forecast.spend is None:
        expected = model.expected_purchases(t) * _mean_value(people)
        unknown = np.full(len(expected), np.nan)
        return _Value(expected, unknown, unknown)
    unit = forecast.money_unit
    found = forecast_value(model, forecast.spend, t, people.repeat_spend_minor / unit, level=LEVEL)
    return _Value(found.expected * unit, found.low * unit, found.high * unit)


def _mean_value(people: People) -> Floats:
    return people.column("revenue_minor") / (people.column("frequency") + 1)


def _total(forecast: Forecast, model: PurchaseModel, t: float, value: _Value) -> Estimate:
    if forecast.spend is None:
        no_interval = forecast.no_spend or Reason("no_spend_model", mark("There is no model of spend."))
        return Estimate(value=float(value.expected.sum()), low=None, high=None, reason=no_interval)
    unit = forecast.money_unit
    total = total_value(model, forecast.spend, t, forecast.people.repeat_spend_minor / unit)
    return estimate(total.scaled(unit))


def _total_stake(usual_minor: Floats, left: Floats) -> Estimate:
    """Sum what is at stake; each customer has either left, with their probability, or not."""
    total = float(usual_minor @ left)
    reach = Z_95 * float(np.sqrt((usual_minor**2 * left * (1 - left)).sum()))
    return estimate(Interval(total, max(0.0, total - reach), total + reach))


def scaled(total: Estimate, factor: float) -> Estimate:
    """Return an estimate times a factor >= 0."""
    low, high = (None if bound is None else bound * factor for bound in (total.low, total.high))
    return Estimate(
        value=None if total.value is None else total.value * factor, low=low, high=high, reason=total.reason
    )


def _next_order(model: PurchaseModel, plan: Plan, unit_days: int) -> pa.Array:
    """Return the median day of the next order given alive; null where none within a year is more likely."""
    wait = np.ceil(model.next_purchase_median() * unit_days)
    likely = (model.probability_none(DAYS_A_YEAR / unit_days) < MORE_LIKELY) & np.isfinite(wait)
    days = np.where(likely, np.minimum(wait, 100 * DAYS_A_YEAR), 0).astype("timedelta64[D]")
    return pa.array(np.datetime64(plan.cut) + days, mask=~likely)


def _whole(minor: Floats) -> pa.Array:
    """Round money to whole minor units; null where it does not exist."""
    known = np.isfinite(minor)
    return pa.array(np.rint(np.where(known, minor, 0.0)).astype(np.int64), mask=~known)


def _nothing(rows: int) -> dict[str, pa.Array]:
    types: dict[str, Any] = {
        "expected_orders": pa.float64(),
        "expected_orders_low": pa.int64(),
        "expected_orders_high": pa.int64(),
        "expected_revenue_minor": pa.int64(),
        "expected_revenue_low_minor": pa.int64(),
        "expected_revenue_high_minor": pa.int64(),
        "risk": pa.float64(),
        "at_risk": pa.bool_(),
        "revenue_at_stake_minor": pa.int64(),
        "clv_minor": pa.int64(),
        "clv_low_minor": pa.int64(),
        "clv_high_minor": pa.int64(),
        "next_order_expected_on": pa.date32(),
    }
    return {name: pa.nulls(rows, type_) for name, type_ in types.items()}


def _assemble(people: People, columns: dict[str, pa.Array]) -> pa.Table:
    table = people.table
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table
