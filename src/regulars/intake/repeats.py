"""What is said more than once: an order's total on each of its lines, and whole records."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from regulars.intake.names import ORDER_TOTALS, normalise
from regulars.intake.texts import NO, rows_of

_ORDERS_TO_JUDGE = 3
_SAME = ("fingerprint", "customer", "order", "product", "quantity", "price", "occurred_at", "amount_minor")


def totals_repeat(cells: Table, name: str) -> bool:
    """Tell whether the amount, a column of that name, repeats the order's total on each of the order's lines."""
    if normalise(name) not in ORDER_TOTALS:
        return False
    orders = cells.group_by("order").agg(
        rows=lambda lines: lines["amount"].count(), amounts=lambda lines: lines["amount"].nunique()
    )
    several = orders.filter(orders["rows"] > 1, orders["order"].notnull())
    counts = rows_of(several.aggregate(orders=several.count(), same=(several["amounts"] == 1).sum()))[0]
    return bool(counts["orders"] >= _ORDERS_TO_JUDGE and counts["same"] >= 0.95 * counts["orders"])


def totals_once(lines: Table, *, repeated: bool) -> Table:
    """Let an order's total count on one of its lines, where exports leave it out or repeat it on the others."""
    stated = lines.filter(lines["amount_filled"], lines["order"].notnull())
    first = stated.group_by("order").agg(first_line=stated["line"].min())
    known = lines.left_join(first, "order").select(*lines.columns, "first_line")
    again = ~known["amount_filled"] | ((known["line"] != known["first_line"]) if repeated else NO)
    known = known.mutate(continuation=known["first_line"].notnull() & again)
    return known.mutate(
        amount_filled=known["amount_filled"] | known["continuation"],
        amount_minor=ibis.ifelse(known["continuation"], 0, known["amount_minor"]),
    ).drop("first_line")


def repeated_fingerprints(lines: Table) -> Table:
    """Return the fingerprints of several records that carry an order's number."""
    numbered = lines.filter(lines["reason"].isnull(), ~lines["order_made_up"])
    hashes = numbered.group_by("fingerprint").agg(times=numbered.count())
    return hashes.filter(hashes["times"] > 1).select("fingerprint")


def duplicates_of(lines: Table, fingerprints: Table) -> Table:
    """Return the lines that repeat an earlier record which carries an order's number: `line`, `reason`.

    Hashes only find the suspects; what the rows say must be the same too.
    """
    numbered = lines.filter(lines["reason"].isnull(), ~lines["order_made_up"])
    suspects = numbered.semi_join(fingerprints, "fingerprint")
    same = [name for name in _SAME if name in lines.columns]
    ranked = suspects.mutate(before=ibis.row_number().over(group_by=same, order_by="line"))
    return ranked.filter(ranked["before"] > 0).select("line", reason=ibis.literal("duplicate"))
