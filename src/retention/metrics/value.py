"""Values and frequencies: how much, how often, over all and per customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from ibis.expr.types import Table

from retention.estimates import Interval, ratio_of_means
from retention.in_memory import DayState, measures
from retention.in_memory.state import sums_between
from retention.purchases import purchases, with_worth, within
from retention.reasons import InvalidInput, Reason, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of a state, exact.

    Parameters
    ----------
    customers : int
        Who made at least one purchase.
    orders : int
        Orders of all rows, those refunded later included.
    purchases : int
        Customer-days (or weeks) that are purchases.
    revenue_minor : int
        Gross less refunds of all rows, in minor units; rows that are no purchase included.
    refunded_minor : int
        Refunds of all rows, >= 0, in minor units.
    """

    customers: int
    orders: int
    purchases: int
    revenue_minor: int
    refunded_minor: int


def totals(state: Table | DayState) -> Totals:
    """Add a state up; give the rows `within` a window for the totals of that window.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.

    Returns
    -------
    Totals
        All zero where the state is empty.
    """
    if isinstance(state, DayState):
        return Totals(**measures.totals(state))
    worth = with_worth(state)
    sums = worth.aggregate(
        customers=worth.customer.nunique(where=worth.purchase == 1),
        orders=worth.orders.sum().fill_null(0).cast("int64"),
        purchases=worth.purchase.sum().fill_null(0).cast("int64"),
        revenue_minor=worth.net_minor.sum().fill_null(0).cast("int64"),
        refunded_minor=worth.refunded_minor.sum().fill_null(0).cast("int64"),
    )
    (row,) = sums.to_pyarrow().to_pylist()
    return Totals(**row)


def average_purchase_value(state: Table | DayState, *, level: float = 0.95) -> Interval:
    """Estimate the average purchase value: what the purchases are worth, divided by their number.

    The worth of a purchase is its day's gross less what was refunded of it. A fully refunded day is no purchase and a
    refund without a purchase has none to lower, so that neither is in it.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Minor units per purchase; t-based interval of a ratio over customers; NaN with the reason `no_cases` where there
        is no purchase.
    """
    if isinstance(state, DayState):
        made = state.purchases
        return ratio_of_means(**measures.sums_for_ratio(made.sums(made.net_minor), made.counts), level=level)
    bought = purchases(state)
    customers = bought.group_by("customer").aggregate(y=bought.net_minor.sum(), x=bought.count())
    return _per_customer_ratio(customers, level)


def purchase_frequency(state: Table | DayState, *, level: float = 0.95) -> Interval:
    """Estimate the purchase frequency: purchases divided by the customers who made them.

    It counts over all the days of the state: give the rows `within` a window of a year for purchases per customer-year.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Purchases per customer, >= 1; t-based interval of a mean over customers; NaN with the reason `no_cases` where
        nobody bought.
    """
    if isinstance(state, DayState):
        counts = state.purchases.counts
        return ratio_of_means(**measures.sums_for_ratio(counts, np.ones(len(counts))), level=level)
    bought = purchases(state)
    customers = bought.group_by("customer").aggregate(y=bought.count())
    return _per_customer_ratio(customers.mutate(x=1), level)


def historic_lifetime_value(state: Table | DayState, *, margin: float = 1.0, level: float = 0.95) -> Interval:
    """Estimate the historic customer lifetime value: margin that a customer has brought so far, on average.

    It is the margin times the revenue (gross less refunds of all rows) of the customers who ever bought, divided by
    their number. It looks back and knows nothing of what is to come: for the expected value see `retention.clv`.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    margin : float
        Share of revenue that is kept, 0 to 1.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Minor units per customer; t-based interval of a mean over customers; NaN with the reason `no_cases` where nobody
        bought.

    Raises
    ------
    InvalidInput
        The margin is not a share.
    """
    if not 0.0 <= margin <= 1.0:
        template = mark("A margin is a share between 0 and 1, not {margin}.")
        raise InvalidInput(Reason("margin", template, {"margin": margin}))
    if isinstance(state, DayState):
        revenue = measures.revenue_of_buyers(state)
        return ratio_of_means(**measures.sums_for_ratio(revenue, np.ones(len(revenue))), level=level).scaled(margin)
    worth = with_worth(state)
    sums = worth.group_by("customer").aggregate(y=worth.net_minor.sum(), bought=worth.purchase.sum())
    customers = sums.filter(sums.bought > 0).mutate(x=1)
    return _per_customer_ratio(customers, level).scaled(margin)


def refunded_share(state: Table | DayState, *, level: float = 0.95) -> Interval:
    """Estimate which share of what customers bought, in money, was refunded.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state; give the rows `within` a window for the share of that window.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        A share; t-based interval of a ratio over customers; NaN with the reason `no_cases` where nothing was bought.
    """
    if isinstance(state, DayState):
        days = state.days
        sums = (sums_between(values, state.starts) for values in (days.refunded_minor, days.gross_minor))
        return ratio_of_means(**measures.sums_for_ratio(*sums), level=level)
    customers = state.group_by("customer").aggregate(y=state.refunded_minor.sum(), x=state.gross_minor.sum())
    return _per_customer_ratio(customers, level)


def returning_share(state: Table | DayState, *, after: date, until: date, level: float = 0.95) -> Interval:
    """Estimate which share of the revenue of (after, until] came from customers whose first purchase was before it.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state from the beginning, since it tells who had bought before.
    after, until : date
        The window; a day that is `after` is not in it.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        A share; t-based interval of a ratio over customers; NaN with the reason `no_cases` where there is no revenue.
    """
    if isinstance(state, DayState):
        return ratio_of_means(**measures.sums_for_ratio(*measures.of_earlier(state, after, until)), level=level)
    earlier = within(purchases(state), until=after).select("customer").distinct().mutate(is_earlier=True)
    net = (
        with_worth(within(state, after=after, until=until))
        .group_by("customer")
        .aggregate(x=lambda t: t.net_minor.sum())
    )
    joined = net.left_join(earlier, "customer")
    return _per_customer_ratio(joined.select(y=joined.is_earlier.notnull().ifelse(joined.x, 0), x=joined.x), level)


def _per_customer_ratio(customers: Table, level: float) -> Interval:
    """Estimate sum(y) / sum(x) of a table with one row per customer."""
    x, y = customers.x.cast("float64"), customers.y.cast("float64")
    sums = customers.aggregate(
        n=customers.count(),
        sum_y=y.sum().fill_null(0.0),
        sum_x=x.sum().fill_null(0.0),
        sum_yy=(y * y).sum().fill_null(0.0),
        sum_xy=(x * y).sum().fill_null(0.0),
        sum_xx=(x * x).sum().fill_null(0.0),
    )
    (row,) = sums.to_pyarrow().to_pylist()
    return ratio_of_means(**row, level=level)
