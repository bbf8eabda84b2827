"""The customers' rows: frequency, recency, T and monetary value, folded from the state."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import ibis
from ibis.expr.types import DateValue, Table

from retention.calendar import days_between, start_of, week_of
from retention.integers import as_int64
from retention.purchases import purchases, with_worth, within
from retention.reasons import InvalidInput, Reason, mark
from retention.rfm.state import Grain, check_grain, daily_state

Unit = Literal["day", "week"]


def summarise(
    orders: Table,
    *,
    as_of: date | None = None,
    grain: Grain = "day",
    unit: Unit = "day",
    one_row_per_order: bool = False,
) -> Table:
    """Summarise each customer's purchases as the purchase models and the RFM scores need them.

    A purchase is a customer's day (or week) with orders, unless refunds known by `as_of` took its worth to nothing.

    Parameters
    ----------
    orders : Table
        One row per order line, order or refund, as in `daily_state`.
    as_of : date, optional
        The last day that is known, and the day up to which T counts. By default the last day on which anything
        occurred.
    grain : {"day", "week"}
        What counts as one purchase. With weeks the clock stands at the Monday of the week of `as_of`.
    unit : {"day", "week"}
        The unit of `recency` and `T`; days are always whole, weeks are days / 7.
    one_row_per_order : bool
        Promise that each purchase row is an order of its own (`daily_state`).

    Returns
    -------
    Table
        One row per customer with at least one purchase: `customer` string, `first_on` and `last_on` date,
        `frequency` int64 (purchases without the first), `recency` float64 (last − first, in units), `T` float64
        (`as_of` − first, in units), `days_since_last` int64, `monetary_value_minor` float64 (mean net value of the
        purchases without the first; null where frequency is 0), `orders` int64 (all that were placed), `revenue_minor`
        int64 (net of all rows), `refunded_minor` int64. Customers whose purchases were all refunded have no row.

    Raises
    ------
    InvalidInput
        A column is missing, or the grain or the unit is unknown.

    References
    ----------
    Fader, Hardie and Lee (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", section 3; the
    figures of the CDNOW sample are reproduced in `tests/test_rfm_published.py`.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> days = [date(2024, 1, 1), date(2024, 1, 15)]
    >>> orders = ibis.memtable({
    ...     "customer": ["ann", "ann"], "order": ["1", "2"], "occurred_on": days, "purchased_on": days,
    ...     "amount_minor": [1000, 3000],
    ... })
    >>> [ann] = summarise(orders, as_of=date(2024, 1, 22), unit="week").to_pyarrow().to_pylist()
    >>> ann["frequency"], ann["recency"], ann["T"], ann["days_since_last"], ann["monetary_value_minor"]
    (1, 2.0, 3.0, 7, 3000.0)
    """
    state = daily_state(orders, as_of=as_of, grain=grain, one_row_per_order=one_row_per_order)
    last_known = orders.occurred_on.max().as_scalar() if as_of is None else ibis.literal(as_of)
    return _fold(state, last_known, grain, unit)


def summarise_state(state: Table, *, as_of: date, grain: Grain = "day", unit: Unit = "day") -> Table:
    """Return what `summarise` returns, from a state.

    Parameters
    ----------
    state : Table
        What `daily_state` or `merge_states` returned for orders known by `as_of`.
    as_of : date
        The day up to which T counts.
    grain : {"day", "week"}
        The grain that the state was made with.
    unit : {"day", "week"}
        The unit of `recency` and `T`.

    Returns
    -------
    Table
        One row per customer, with the columns of `summarise`.

    Raises
    ------
    InvalidInput
        A column is missing, or the grain or the unit is unknown.
    """
    return _fold(state, ibis.literal(as_of), grain, unit)


def split(
    orders: Table,
    train_until: date,
    holdout_until: date,
    *,
    grain: Grain = "day",
    unit: Unit = "day",
    one_row_per_order: bool = False,
) -> Table:
    """Summarise what was known on `train_until`, beside what the same customers then did.

    Parameters
    ----------
    orders : Table
        One row per order line, order or refund, as in `daily_state`.
    train_until : date
        The cut: the summary knows nothing that occurred later, refunds included.
    holdout_until : date
        The last day of the holdout, and the last day whose refunds count in it.
    grain, unit, one_row_per_order
        As in `summarise`. With weeks the holdout begins with the first week after that of the cut.

    Returns
    -------
    Table
        One row per customer acquired by the cut: the columns of `summarise(orders, as_of=train_until)` and
        `holdout_purchases` int64 (purchases in (train_until, holdout_until]), `holdout_revenue_minor` int64 (their net
        value).

    Raises
    ------
    InvalidInput
        The holdout does not end after the cut, a column is missing, or the grain or the unit is unknown.
    """
    if holdout_until <= train_until:
        raise InvalidInput(
            Reason(
                "empty_holdout",
                mark("The holdout must end after the cut of {cut}, not on {until}."),
                {"cut": train_until, "until": holdout_until},
            )
        )
    training = summarise(orders, as_of=train_until, grain=grain, unit=unit, one_row_per_order=one_row_per_order)
    state = daily_state(orders, as_of=holdout_until, grain=grain, one_row_per_order=one_row_per_order)
    later = purchases(within(state, after=train_until if grain == "day" else start_of(train_until, "week")))
    holdout = later.group_by("customer").agg(
        holdout_purchases=later.count(), holdout_revenue_minor=as_int64(later.net_minor.sum())
    )
    joined = training.left_join(holdout, "customer")
    return joined.select(
        *training.columns,
        holdout_purchases=joined.holdout_purchases.fill_null(0),
        holdout_revenue_minor=joined.holdout_revenue_minor.fill_null(0),
    )


def days_per(unit: Unit) -> int:
    """Return how many days `unit` has.

    Raises
    ------
    InvalidInput
        It is neither a day nor a week.
    """
    if unit not in get_args(Unit):
        raise InvalidInput(Reason("unknown_unit", mark("“{unit}” is no unit; it is day or week."), {"unit": unit}))
    return 1 if unit == "day" else 7


def _fold(state: Table, as_of: DateValue, grain: Grain, unit: Unit) -> Table:
    check_grain(grain)
    per_unit = float(days_per(unit))
    clock = as_of if grain == "day" else week_of(as_of)
    worth = with_worth(state)
    bought = worth.purchase == 1
    # Nulls take no part in the sums below, which is faster than a filter on each of them.
    days = worth.select(
        "customer",
        "orders",
        "refunded_minor",
        "net_minor",
        bought_on=bought.ifelse(worth.day, ibis.null("date")),
        bought_minor=bought.ifelse(worth.net_minor, ibis.null("int64")),
    )
    customers = days.group_by("customer").agg(
        first_on=days.bought_on.min(),
        last_on=days.bought_on.max(),
        purchases=days.bought_on.count(),
        first_minor=days.bought_minor.argmin(days.bought_on),
        bought_minor=as_int64(days.bought_minor.sum()),
        orders=as_int64(days.orders.sum()),
        revenue_minor=as_int64(days.net_minor.sum()),
        refunded_minor=as_int64(days.refunded_minor.sum()),
    )
    buyers = customers.filter(customers.purchases > 0)
    repeats = buyers.purchases - 1
    repeat_minor = (buyers.bought_minor - buyers.first_minor).cast("float64")
    return buyers.select(
        "customer",
        "first_on",
        "last_on",
        frequency=repeats,
        recency=days_between(buyers.first_on, buyers.last_on).cast("float64") / per_unit,
        T=days_between(buyers.first_on, clock).cast("float64") / per_unit,
        days_since_last=days_between(buyers.last_on, clock),
        monetary_value_minor=repeat_minor / repeats.nullif(0).cast("float64"),
        orders=buyers.orders,
        revenue_minor=buyers.revenue_minor,
        refunded_minor=buyers.refunded_minor,
    )
