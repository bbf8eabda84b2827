"""Stand on an earlier day, foretell, and compare with what then happened.

The actual counts purchases in the horizon after the cut by customers acquired by the cut. The naive forecasts that a
model has to beat are each customer's own rate, the last period once more, and the same weeks a year before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from retention import rfm
from retention.calendar import days_between
from retention.choose import Holdout
from retention.clv.customers import Customers, customers_of
from retention.in_memory import SortedOrders
from retention.in_memory.people import summary_of, windows_before
from retention.in_memory.state import day_number
from retention.purchases import purchases

Floats = NDArray[np.float64]

DAYS_A_WEEK = 7
SAME_WEEKDAY_YEAR_DAYS = 364


@dataclass(frozen=True, slots=True)
class Backtest:
    """Customers at a cut, and what they did in the horizon after it.

    Parameters
    ----------
    cut : date
        The last day that the customers' history knows.
    horizon_days : int
        Length of the holdout.
    ids : pyarrow.Array, shape (n,)
        The customers acquired by the cut, ascending.
    customers : Customers
        Their frequency, recency and T at the cut, folded; `customers.inverse` leads back to `ids`.
    holdout : Holdout
        Their purchases in the horizon and the naive forecasts of them.
    weekly : ndarray of int64, shape (ceil(horizon_days / 7),)
        Purchases of all of them by week of the horizon; the last week may be short.
    """

    cut: date
    horizon_days: int
    ids: pa.Array
    customers: Customers
    holdout: Holdout
    weekly: NDArray[np.int64]

    @property
    def until(self) -> date:
        """The last day of the horizon."""
        return self.cut + timedelta(days=self.horizon_days)


def read_backtest(
    orders: Table | SortedOrders,
    *,
    cut: date,
    horizon_days: int,
    first_on: date,
    unit: rfm.Unit = "week",
    grain: rfm.Grain = "day",
    one_row_per_order: bool = False,
) -> Backtest:
    """Split the history at `cut` and count what came after.

    Parameters
    ----------
    orders : ibis Table or SortedOrders
        Columns `customer`, `order`, `occurred_on`, `purchased_on`, `amount_minor`; one row per line, order or refund.
        Or the same in memory, of the same grain.
    cut : date
        The last day of training. Refunds after it are unknown to training.
    horizon_days : int
        Length of the holdout, > 0.
    first_on : date
        The first day of the history; the seasonal forecast needs a year before the holdout.
    unit : {"day", "week"}
        Unit of time of the customers' recency and T.
    grain : {"day", "week"}
        What counts as one purchase.
    one_row_per_order : bool
        Promise that each purchase row is an order of its own (`rfm.daily_state`).

    Returns
    -------
    Backtest
        One entry per customer acquired by the cut.
    """
    horizon = timedelta(days=horizon_days)
    if isinstance(orders, SortedOrders):
        table, weekly = _read_in_memory(orders, cut=cut, horizon=horizon, unit=unit)
    else:
        states = [
            rfm.daily_state(orders, as_of=as_of, grain=grain, one_row_per_order=one_row_per_order)
            for as_of in (cut, cut + horizon)
        ]
        table, weekly = _read(*states, cut=cut, horizon=horizon, grain=grain, unit=unit)
    frequency, recency, T = (_floats(table[name]) for name in ("frequency", "recency", "T"))
    length = horizon_days / rfm.days_per(unit)
    forecasts = {
        "own_rate": np.divide(frequency * length, T, out=np.zeros(len(T)), where=T > 0),
        "last_period": _floats(table["last_period"]),
    }
    if first_on <= cut - timedelta(days=SAME_WEEKDAY_YEAR_DAYS):
        forecasts["seasonal"] = _floats(table["seasonal"])
    return Backtest(
        cut=cut,
        horizon_days=horizon_days,
        ids=table["customer"].combine_chunks(),
        customers=customers_of(frequency, recency, T),
        holdout=Holdout(length, _floats(table["actual"]), forecasts),
        weekly=weekly,
    )


def _read(
    before: Table, after: Table, *, cut: date, horizon: timedelta, grain: rfm.Grain, unit: rfm.Unit
) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return a row per customer acquired by the cut, ascending, and the purchases by week of the horizon."""
    summary = rfm.summarise_state(before, as_of=cut, grain=grain, unit=unit)
    future = purchases(after)
    future = future.filter(future.day > ibis.date(cut)).semi_join(summary, "customer")
    table = _per_customer(summary, purchases(before), future, cut=cut, horizon=horizon).order_by("customer")
    return table.to_pyarrow(), _weekly(future, cut=cut, horizon_days=horizon.days)


def _read_in_memory(
    orders: SortedOrders, *, cut: date, horizon: timedelta, unit: rfm.Unit
) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the same from orders in memory."""
    before = orders.state(cut)
    summary = summary_of(before.days, orders.customers, as_of=cut, grain=orders.grain, unit=unit)
    year_before = cut - timedelta(days=SAME_WEEKDAY_YEAR_DAYS)
    counted = windows_before(
        before, {"last_period": (cut - horizon, cut), "seasonal": (year_before, year_before + horizon)}
    )
    later, buyers = orders.state(cut + horizon, after=cut).purchases, before.purchases.buyers
    actual = np.bincount(later.customer, minlength=len(orders.customers))[buyers]
    for name, values in (counted | {"actual": actual}).items():
        summary = summary.append_column(name, pa.array(values))
    known = np.isin(later.customer, buyers)
    weeks = (later.day[known] - day_number(cut) - 1) // DAYS_A_WEEK
    return summary, np.bincount(weeks, minlength=-(-horizon.days // DAYS_A_WEEK)).astype(np.int64)


def _per_customer(summary: Table, past: Table, future: Table, *, cut: date, horizon: timedelta) -> Table:
    """Return a row per customer acquired by the cut: the summary, and purchases in the windows of the forecasts."""
    year_before = cut - timedelta(days=SAME_WEEKDAY_YEAR_DAYS)
    last_period = (past.day > ibis.date(cut - horizon)) & (past.day <= ibis.date(cut))
    same_weeks = (past.day > ibis.date(year_before)) & (past.day <= ibis.date(year_before + horizon))
    # The first purchase makes the customer; the forecasts are of those that repeat it.
    repeats = past.mutate(is_repeat=past.day > past.day.min().over(group_by="customer"))
    counted = repeats.group_by(past_customer=repeats.customer).aggregate(
        last_period=(last_period & repeats.is_repeat).sum(), seasonal=(same_weeks & repeats.is_repeat).sum()
    )
    actual = future.group_by(future_customer=future.customer).aggregate(actual=future.count())
    joined = summary.left_join(counted, summary.customer == counted.past_customer)
    joined = joined.left_join(actual, joined.customer == actual.future_customer)
    return joined.select(
        "customer",
        "frequency",
        "recency",
        "T",
        last_period=joined.last_period.fill_null(0),
        seasonal=joined.seasonal.fill_null(0),
        actual=joined.actual.fill_null(0),
    )


def _weekly(future: Table, *, cut: date, horizon_days: int) -> NDArray[np.int64]:
    week = (days_between(ibis.date(cut), future.day) - 1) // DAYS_A_WEEK
    counts = future.group_by(week=week).aggregate(purchases=future.count()).to_pyarrow()
    weekly = np.zeros(-(-horizon_days // DAYS_A_WEEK), dtype=np.int64)
    weekly[counts["week"].to_numpy()] = counts["purchases"].to_numpy()
    return weekly


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)
