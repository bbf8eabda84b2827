"""The mergeable state: one row per customer and day (or week), from which everything else is folded."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import ibis
from ibis.expr.types import Table

from retention.calendar import week_of
from retention.integers import as_int64
from retention.purchases import STATE_COLUMNS
from retention.reasons import InvalidInput, Reason, mark

Grain = Literal["day", "week"]

ORDER_COLUMNS = ("customer", "order", "occurred_on", "purchased_on", "amount_minor")


def daily_state(
    orders: Table,
    *,
    as_of: date | None = None,
    grain: Grain = "day",
    one_row_per_order: bool = False,
    known: Table | None = None,
) -> Table:
    """Sum orders and refunds by customer and day, or by customer and week.

    States merge by addition (`merge_states`), so the state of more orders is the old state merged with the state of
    the new rows alone. One thing does not add up by itself: an order that has purchase rows on both sides would count
    twice. Either new rows come as complete orders, or `known` names the orders that are already counted.

    Parameters
    ----------
    orders : Table
        One row per order line, order or refund: `customer` string, `order` string (never null), `occurred_on` date,
        `purchased_on` date (the day of the purchase that the row belongs to), `amount_minor` int64 (purchases >= 0,
        refunds < 0).
    as_of : date, optional
        The last day that is known: rows that occurred later are left out, also refunds of earlier purchases.
    grain : {"day", "week"}
        What one row of the state covers; a week stands under its Monday.
    one_row_per_order : bool
        Promise that each purchase row is an order of its own. Orders are then counted without comparing their names,
        which halves the time.
    known : Table, optional
        Orders counted before: `customer`, `order`, `purchased_on`. Further purchase rows of them add to the amounts
        and count no order. Not together with `one_row_per_order`.

    Returns
    -------
    Table
        One row per customer and day (week): `customer` string, `day` date, `orders` int64 (distinct orders with a
        purchase row on that day), `gross_minor` int64 (sum of purchases), `refunded_minor` int64 (sum of refunds); both
        amounts >= 0.

    Raises
    ------
    InvalidInput
        A column is missing, the grain is unknown, or `known` comes with `one_row_per_order`.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> orders = ibis.memtable({
    ...     "customer": ["ann", "ann", "ann"], "order": ["1", "1", "R1"],
    ...     "occurred_on": [date(2024, 5, 2), date(2024, 5, 2), date(2024, 5, 9)],
    ...     "purchased_on": [date(2024, 5, 2)] * 3, "amount_minor": [1500, 500, -700],
    ... })
    >>> [day] = daily_state(orders).to_pyarrow().to_pylist()
    >>> day["orders"], day["gross_minor"], day["refunded_minor"]
    (1, 2000, 700)
    >>> daily_state(orders, as_of=date(2024, 5, 8)).refunded_minor.to_pyarrow().to_pylist()
    [0]
    """
    _check(orders, grain, one_row_per_order=one_row_per_order, known=known)
    rows = orders if as_of is None else orders.filter(orders.occurred_on <= as_of)
    if known is not None:
        rows = _without_counted_orders(rows, known, grain)
    purchase = rows.amount_minor >= 0
    count = rows.count(where=purchase) if one_row_per_order else rows["order"].nunique(where=purchase)
    return rows.group_by(
        customer=rows.customer, day=rows.purchased_on if grain == "day" else week_of(rows.purchased_on)
    ).agg(
        orders=count.cast("int64"),
        gross_minor=as_int64(purchase.ifelse(rows.amount_minor, 0).sum()),
        refunded_minor=as_int64(purchase.ifelse(0, -rows.amount_minor).sum()),
    )


def merge_states(first: Table, second: Table) -> Table:
    """Return the state of what two states hold together.

    Parameters
    ----------
    first, second : Table
        States of one grain, of disjoint rows (see `daily_state` for orders that are split between them).

    Returns
    -------
    Table
        One row per customer and day, the sums of both.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> day = {"customer": ["ann"], "day": [date(2024, 5, 2)], "orders": [1], "gross_minor": [500]}
    >>> state = ibis.memtable(day | {"refunded_minor": [0]})
    >>> merge_states(state, state).gross_minor.to_pyarrow().to_pylist()
    [1000]
    """
    both = ibis.union(first.select(*STATE_COLUMNS), second.select(*STATE_COLUMNS))
    return both.group_by("customer", "day").agg(
        orders=as_int64(both.orders.sum()),
        gross_minor=as_int64(both.gross_minor.sum()),
        refunded_minor=as_int64(both.refunded_minor.sum()),
    )


def _without_counted_orders(rows: Table, known: Table, grain: Grain) -> Table:
    """Take away the name of each order that `known` holds, so that it is not counted again."""
    keys = ["customer", "order", "_period"]
    rows, known = (
        table.mutate(_period=table.purchased_on if grain == "day" else week_of(table.purchased_on))
        for table in (rows, known)
    )
    counted = known.select(*keys).distinct().mutate(_counted=ibis.literal(True))  # noqa: FBT003  (Ibis's signature)
    joined = rows.left_join(counted, keys)
    return joined.select(
        *(column for column in ORDER_COLUMNS if column != "order"),
        order=joined._counted.isnull().ifelse(joined["order"], ibis.null("string")),
    )


def _check(orders: Table, grain: Grain, *, one_row_per_order: bool, known: Table | None) -> None:
    missing = [name for name in ORDER_COLUMNS if name not in orders.columns]
    if missing:
        reason = Reason(
            "missing_columns", mark("The orders lack the columns {columns}."), {"columns": ", ".join(missing)}
        )
        raise InvalidInput(reason)
    check_grain(grain)
    if one_row_per_order and known is not None:
        raise InvalidInput(
            Reason("known_needs_order_names", mark("Known orders can be told only where the names of orders are read."))
        )


def check_grain(grain: Grain) -> None:
    """Raise `InvalidInput` unless `grain` is a day or a week."""
    if grain not in get_args(Grain):
        raise InvalidInput(Reason("unknown_grain", mark("“{grain}” is no grain; it is day or week."), {"grain": grain}))
