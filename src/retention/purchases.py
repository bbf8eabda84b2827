"""The purchases in a daily state: which rows are purchases, what they are worth, and which lie in a window.

A *state* is what `rfm.daily_state` makes of orders: one row per customer-day (or customer-week, whose day is its
Monday) with the columns `customer` string, `day` date, `orders` int64, `gross_minor` int64 and `refunded_minor` int64
(both >= 0).
"""

from __future__ import annotations

from datetime import date

from ibis.expr.types import BooleanValue, Table

from retention.reasons import InvalidInput, Reason, mark

STATE_COLUMNS = ("customer", "day", "orders", "gross_minor", "refunded_minor")


def is_purchase(state: Table) -> BooleanValue:
    """Tell which rows of a state are purchases.

    A row with orders is one, unless refunds took its worth to nothing; an order that was free from the start is one.
    """
    undone = (state.refunded_minor > 0) & (state.gross_minor <= state.refunded_minor)
    return (state.orders > 0) & ~undone


def with_worth(state: Table) -> Table:
    """Return the state's rows with `purchase` (1 or 0, int64) and `net_minor` (int64).

    Raises
    ------
    InvalidInput
        A column of the state is missing.
    """
    absent = [column for column in STATE_COLUMNS if column not in state.columns]
    if absent:
        template = mark("The table is no daily state: {columns} missing.")
        raise InvalidInput(Reason("no_state", template, {"columns": ", ".join(absent)}))
    return state.mutate(purchase=is_purchase(state).cast("int64"), net_minor=state.gross_minor - state.refunded_minor)


def purchases(state: Table) -> Table:
    """Return the purchases alone.

    Parameters
    ----------
    state : Table
        A daily or weekly state.

    Returns
    -------
    Table
        One row per purchase: `customer` string, `day` date, `orders` int64, `net_minor` int64.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b"], "day": [date(2024, 1, 1)] * 2, "orders": [1, 1]}
    >>> state = ibis.memtable(days | {"gross_minor": [500, 500], "refunded_minor": [0, 500]})
    >>> purchases(state).to_pyarrow().to_pylist()
    [{'customer': 'a', 'day': datetime.date(2024, 1, 1), 'orders': 1, 'net_minor': 500}]
    """
    worth = with_worth(state)
    return worth.filter(worth.purchase == 1).select("customer", "day", "orders", "net_minor")


def within(state: Table, *, after: date | None = None, until: date | None = None) -> Table:
    """Return the rows whose day lies in (after, until]; a bound that is None does not bind."""
    if after is not None:
        state = state.filter(state.day > after)
    if until is not None:
        state = state.filter(state.day <= until)
    return state
