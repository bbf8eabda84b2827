"""What each purchase held: the purchases of a state, numbered, and the products in them."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from retention.integers import as_int64
from retention.purchases import purchases
from retention.reasons import InvalidInput, Reason, mark

LINE_COLUMNS = ("customer", "occurred_on", "product")


def number_purchases(state: Table) -> Table:
    """Give the purchases of a state numbers, so that what follows compares numbers.

    Parameters
    ----------
    state : Table
        A daily state (`rfm.daily_state`).

    Returns
    -------
    Table
        One row per purchase: `customer`, `day` date, `purchase` int64 (from 0, ascending by customer and day, so that
        the next one of the same customer is one more), `buyer` int64 (the number of the customer's first purchase,
        which tells customers apart), `next_day` date (of the customer's next purchase; null where there is none).

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b", "b"], "day": [date(2024, 1, 9), date(2024, 1, 20), date(2024, 2, 9)]}
    >>> state = ibis.memtable(days | {"orders": [1, 1, 1], "gross_minor": [900] * 3, "refunded_minor": [0] * 3})
    >>> numbered = number_purchases(state).order_by("purchase").to_pyarrow()
    >>> numbered["purchase"].to_pylist(), numbered["buyer"].to_pylist(), [str(day) for day in numbered["next_day"]]
    ([0, 1, 2], [0, 1, 1], ['None', '2024-02-09', 'None'])
    """
    bought = purchases(state).select("customer", "day")
    numbered = bought.mutate(purchase=as_int64(ibis.row_number().over(order_by=[bought.customer, bought.day])))
    of_one = ibis.window(group_by="customer", order_by="purchase")
    return numbered.mutate(
        buyer=as_int64(numbered.purchase.first().over(of_one)),
        next_day=numbered.day.lead().over(of_one),
    )


def baskets(lines: Table, numbered: Table) -> Table:
    """Return what each purchase held.

    Parameters
    ----------
    lines : Table
        One row per order line: `customer` and `occurred_on` date as in the orders that the state was made of, `product`
        of any type (lines where it is null are left out).
    numbered : Table
        `number_purchases` of the state.

    Returns
    -------
    Table
        One row per purchase and product: `purchase`, `buyer` int64, `product`. Lines of days that are no purchase, as
        for being wholly refunded, are in none; a purchase without lines has no row.

    Raises
    ------
    InvalidInput
        A column of the lines is missing.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> day = {"customer": ["a"], "day": [date(2024, 1, 9)], "orders": [1], "gross_minor": [900]}
    >>> numbered = number_purchases(ibis.memtable(day | {"refunded_minor": [0]}))
    >>> lines = {"customer": ["a"] * 3, "occurred_on": [date(2024, 1, 9)] * 3, "product": ["mug", "tea", "mug"]}
    >>> baskets(ibis.memtable(lines), numbered).order_by("product").to_pyarrow().to_pylist()
    [{'purchase': 0, 'buyer': 0, 'product': 'mug'}, {'purchase': 0, 'buyer': 0, 'product': 'tea'}]
    """
    absent = [column for column in LINE_COLUMNS if column not in lines.columns]
    if absent:
        template = mark("The table is none of order lines: {columns} missing.")
        raise InvalidInput(Reason("no_lines", template, {"columns": ", ".join(absent)}))
    known = lines.filter(lines["product"].notnull()).select("customer", "product", day="occurred_on")
    return known.join(numbered, ["customer", "day"]).select("purchase", "buyer", "product").distinct()


def grouped(held: Table, groups: Table) -> Table:
    """Return baskets of groups of products, as their categories, in the place of products.

    Parameters
    ----------
    held : Table
        `baskets`.
    groups : Table
        One row per product: `product` as there, `group` of any type; products without a group are left out.

    Returns
    -------
    Table
        The columns of `baskets`; `product` is the group.
    """
    joined = held.join(groups.filter(groups.group.notnull()), "product")
    return joined.select("purchase", "buyer", product="group").distinct()


def by_buyer(held: Table) -> Table:
    """Count how often each customer bought each product.

    Parameters
    ----------
    held : Table
        `baskets`.

    Returns
    -------
    Table
        One row per product and customer who bought it: `product`, `buyer` int64, `purchases` int64, `first_purchase`
        int64 (the number of the first that held it).
    """
    return held.group_by("product", "buyer").aggregate(
        purchases=held.count().cast("int64"), first_purchase=held.purchase.min()
    )


def count_products(of_buyers: Table) -> Table:
    """Count what each product comes to.

    Parameters
    ----------
    of_buyers : Table
        `by_buyer`.

    Returns
    -------
    Table
        One row per product: `product`, `purchases` int64, `buyers` int64 (customers).
    """
    return of_buyers.group_by("product").aggregate(
        purchases=as_int64(of_buyers.purchases.sum()), buyers=of_buyers.count().cast("int64")
    )
