"""Link refunds to the purchases that they undo.

A shop's export often tells that something was taken back, but not which purchase it belonged to. The rule, in order:

1. A refund whose order has purchase lines of the same customer belongs to that order's day.
2. Any other refund undoes the latest purchase line, at or before it, of the same customer, product, quantity and unit
   price that has not been undone yet. Each purchase line is undone at most once.
3. What is left is not linked and stays on its own day; the caller counts it.

The second part is the matching of parentheses: a purchase opens, a refund closes the last one open. Windows do it
without a loop: the running depth above its running minimum is the level of each line, and within one level openings and
closings alternate, so that what a refund closes is the line just before it.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanColumn, Table

from retention.reasons import InvalidInput, Reason, mark

_REQUIRED = ("customer", "order", "product", "quantity", "occurred_at", "occurred_on", "row", "amount_minor")
_PRICES = ("price_minor", "price")


def link_refunds(lines: Table) -> Table:
    """Find for each refund line the day of the purchase that it undoes.

    A line is a refund when its quantity or its amount is negative. Lines of one instant count as purchases first, then
    refunds, then by `row`: a file that knows only days can undo on the day of the purchase.

    Parameters
    ----------
    lines : Table
        One row per order line or cancellation line: `customer` string, `order` string, `product` string, `quantity`
        float64 (negative for cancellations), `price_minor` int64 or `price` (exact unit price, its sign is ignored),
        `occurred_at` timestamp, `occurred_on` date, `row` int64 (unique), `amount_minor` int64. A line without product,
        quantity or price can be linked by its order only.

    Returns
    -------
    Table
        The same rows and columns with `purchased_on` date (the day of the purchase that the line belongs to: its own,
        or of what it undoes) and `linked` bool (true for the refunds that were linked).

    Raises
    ------
    InvalidInput
        A column is missing.

    Examples
    --------
    >>> from datetime import date, datetime
    >>> import ibis
    >>> lines = ibis.memtable({
    ...     "row": [1, 2, 3], "customer": ["ann"] * 3, "order": ["1", "2", "C3"], "product": ["mug", "mug", "mug"],
    ...     "quantity": [2.0, 2.0, -2.0], "price_minor": [450, 450, 450], "amount_minor": [900, 900, -900],
    ...     "occurred_at": [datetime(2024, 5, day) for day in (1, 8, 20)],
    ...     "occurred_on": [date(2024, 5, day) for day in (1, 8, 20)],
    ... })
    >>> refund = link_refunds(lines).filter(lambda line: line.quantity < 0).to_pyarrow().to_pylist()[0]
    >>> str(refund["purchased_on"]), refund["linked"]
    ('2024-05-08', True)
    """
    price = _price_column(lines)
    marked = lines.mutate(
        _refund=((lines.amount_minor < 0) | (lines.quantity < 0)).fill_null(False),  # noqa: FBT003  (Ibis's signature)
        _size=lines.quantity.abs(),
        _price=lines[price].abs(),
    )
    marked = marked.mutate(_whole=marked["product"].notnull() & marked._size.notnull() & marked._price.notnull())
    by_order = _with_order_day(marked)
    within = _match(by_order, by_order._whole & by_order["order"].notnull(), within_order=True, name="_own_order")
    open_lines = within._whole & ~within._own_order_undone & (~within._refund | within._order_on.isnull())
    across = _match(within, open_lines, within_order=False, name="_earlier")
    linked_on = across._refund.ifelse(ibis.coalesce(across._order_on, across._earlier_on), ibis.null("date"))
    return across.select(
        *lines.columns,
        purchased_on=ibis.coalesce(linked_on, across.occurred_on),
        linked=linked_on.notnull(),
    )


def _price_column(lines: Table) -> str:
    missing = [name for name in _REQUIRED if name not in lines.columns]
    prices = [name for name in _PRICES if name in lines.columns]
    if missing or not prices:
        names = ", ".join([*missing, *([] if prices else ["price_minor"])])
        raise InvalidInput(Reason("missing_columns", mark("The lines lack the columns {columns}."), {"columns": names}))
    return prices[0]


def _with_order_day(lines: Table) -> Table:
    """Add `_order_on`: for a refund the first day of its order's purchase lines, if that is not after it."""
    order = ibis.window(group_by=[lines.customer, lines["order"]])
    bought_on = (~lines._refund).ifelse(lines.occurred_on, ibis.null("date")).min().over(order)
    known = lines._refund & lines["order"].notnull() & (bought_on <= lines.occurred_on)
    return lines.mutate(_order_on=known.ifelse(bought_on, ibis.null("date")))


def _match(lines: Table, eligible: BooleanColumn, *, within_order: bool, name: str) -> Table:
    """Match refunds with purchase lines as parentheses match.

    Adds `{name}_on` (for a matched refund, the day of its purchase line) and `{name}_undone` (for a purchase line).
    """
    keys = ["_eligible", "customer", "product", "_size", "_price", *(["order"] if within_order else [])]
    time = ["occurred_at", "_refund", "row"]
    step = lines._refund.ifelse(-1, 1)
    steps = lines.mutate(_eligible=eligible, _step=step)
    running = ibis.window(group_by=keys, order_by=time, preceding=None, following=0)
    sums = steps.mutate(_sum=steps._step.sum().over(running))
    lows = sums.mutate(_low=ibis.least(sums._sum.min().over(running), 0))
    # A refund closes the level above the depth that it leaves. One with nothing to close is itself a new low: its
    # depth is counted from the low before it, which puts it on a level of its own, 0.
    depth = lows._sum - lows._low
    before = ibis.coalesce(lows._low.lag().over(ibis.window(group_by=keys, order_by=time)), 0)
    unmatched = lows._refund & (lows._sum < before)
    level = unmatched.ifelse(0, lows._refund.ifelse(depth + 1, depth))
    levels = lows.mutate(_level=level)
    alternating = ibis.window(group_by=[*keys, "_level"], order_by=time)
    matched = levels._eligible & (levels._level > 0)
    return levels.mutate(
        **{
            f"{name}_on": (matched & levels._refund).ifelse(levels.occurred_on.lag().over(alternating), None),
            f"{name}_undone": matched & ~levels._refund & levels._refund.lead().over(alternating).fill_null(False),  # noqa: FBT003
        }
    ).drop("_eligible", "_step", "_sum", "_low", "_level")
