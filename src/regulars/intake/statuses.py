"""What an order's status says: whether the order came to nothing."""

from __future__ import annotations

import re
from itertools import pairwise

import ibis
from ibis.expr.types import Table

from regulars.intake.texts import NO, rows_of

# A column with more different values than any shop has states is none of states.
MOST_STATUSES = 200
_CAME_TO_NOTHING = re.compile(
    r"cancell?ed|abgebrochen|storniert|storno|void|voided|annulliert|"
    r"refunded|erstattet|returned|retourniert|chargeback|charged back|"
    r"failed|fehlgeschlagen|declined|denied|rejected|abgelehnt|expired|abgelaufen|trash|deleted|gelöscht"
)
_BUT_NOT_ALL = re.compile(r"part|partial|partially|teil|teilweise|teils|not|nicht|no|non")
_WORD = re.compile(r"[^\W\d_]+")


def came_to_nothing(status: str) -> bool:
    """Tell whether an order of this status was cancelled, never paid, or wholly refunded."""
    words = _WORD.findall(status.lower())
    pairs = [" ".join(pair) for pair in pairwise(words)]
    undone = any(_CAME_TO_NOTHING.fullmatch(part) for part in [*words, *pairs])
    return undone and not any(_BUT_NOT_ALL.fullmatch(word) for word in words)


def statuses_of_nothing(cells: Table) -> frozenset[str]:
    """Return the values of the column `status` that say so; none where there are too many for states of an order."""
    values = cells.filter(cells["status"].notnull()).select("status").distinct().limit(MOST_STATUSES + 1)
    found = [row["status"] for row in rows_of(values)]
    return frozenset(filter(came_to_nothing, found)) if len(found) <= MOST_STATUSES else frozenset()


def cancelled_with_order(lines: Table) -> Table:
    """Let a line without a status have that of its order: exports often state it on the first line only.

    `lines` has `order`, `status_filled` and `cancelled`.
    """
    stated = lines.filter(lines["status_filled"], lines["order"].notnull())
    orders = stated.group_by("order").agg(order_cancelled=stated["cancelled"].all())
    joined = lines.left_join(orders, "order")
    own = ibis.ifelse(joined["status_filled"], joined["cancelled"], joined["order_cancelled"].fill_null(NO))
    return joined.select(*(name for name in lines.columns if name != "cancelled"), cancelled=own)
