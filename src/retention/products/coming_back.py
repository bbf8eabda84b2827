"""What brings customers back: of those whose first purchase held a product, who bought anything again in time.

It compares; it does not tell causes. Who begins with one product may be another kind of person, or have come at another
time, than who begins with the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
from ibis.expr.types import Table

from retention.calendar import days_between
from retention.comparisons import adjusted_for_many, fisher_p_value
from retention.estimates import Interval, difference, wilson
from retention.reasons import InvalidInput, Reason, mark

LEAST_FOLLOWED = 30
"""Products with fewer first purchases that were followed are not compared: their shares could be anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingBack:
    """Those whose first purchase held a product, against all others.

    Parameters
    ----------
    product : Any
        As in the baskets.
    first_buyers : int
        Customers whose first purchase held it.
    followed : int
        Those of them whose first purchase lies at least the horizon back.
    returned : int
        Those of the followed who bought anything again within the horizon.
    share : Interval
        returned / followed with Wilson's interval; NaN with a reason where nobody was followed.
    others : Interval
        The same share of all other first purchases whose content is known.
    difference : Interval
        share − others, Newcombe's interval.
    adjusted_p_value : float or None
        Fisher's exact test of no difference, adjusted by Benjamini and Hochberg for all products compared; None where
        fewer than `LEAST_FOLLOWED` were followed on either side, which are not compared.
    all_followed, all_returned : int
        The same counts of all first purchases whose content is known.
    """

    product: Any
    first_buyers: int
    followed: int
    returned: int
    share: Interval
    others: Interval
    difference: Interval
    adjusted_p_value: float | None
    all_followed: int
    all_returned: int

    def is_below(self, alpha: float = 0.05) -> bool:
        """Tell whether fewer come back than of the others, by the interval and after the correction for many."""
        return self._differs(alpha) and self.difference.high < 0

    def is_above(self, alpha: float = 0.05) -> bool:
        """Tell whether more come back than of the others, by the interval and after the correction for many."""
        return self._differs(alpha) and self.difference.low > 0

    def _differs(self, alpha: float) -> bool:
        return self.adjusted_p_value is not None and self.adjusted_p_value <= alpha


def count_coming_back(held: Table, numbered: Table, *, as_of: date, horizon_days: int) -> Table:
    """Count by product those whose first purchase held it, and who of them came back.

    Parameters
    ----------
    held, numbered : Table
        `baskets`, and the purchases that they are of.
    as_of : date
        Last day that is known.
    horizon_days : int
        Within how many days they must have bought again, >= 1.

    Returns
    -------
    Table
        One row per product that was in a first purchase: `product`, `first_buyers`, `followed`, `returned` int64; and
        one row whose product is null, for all first purchases whose content is known.

    Raises
    ------
    InvalidInput
        The horizon is below a day.
    """
    if horizon_days < 1:
        template = mark("A horizon has one day or more, not {days}.")
        raise InvalidInput(Reason("horizon", template, {"days": horizon_days}))
    began = numbered.filter(numbered.purchase == numbered.buyer).select("purchase", "day", "next_day")
    first = held.filter(held.purchase == held.buyer).join(began, "purchase")
    followed = first.day <= ibis.literal(as_of - timedelta(days=horizon_days))
    within = first.next_day.notnull() & (days_between(first.day, first.next_day) <= horizon_days)
    rows = first.select("product", "buyer", followed=followed.cast("int64"), returned=(followed & within).cast("int64"))
    sums = {"followed": rows.followed.sum().cast("int64"), "returned": rows.returned.sum().cast("int64")}
    of_products = rows.group_by("product").aggregate(first_buyers=rows.count().cast("int64"), **sums)
    # A purchase with several products is one purchase among all.
    each = rows.select("buyer", "followed", "returned").distinct()
    of_all = each.aggregate(
        first_buyers=each.count().cast("int64"),
        followed=each.followed.sum().fill_null(0).cast("int64"),
        returned=each.returned.sum().fill_null(0).cast("int64"),
    )
    nothing = ibis.null(held["product"].type())
    return of_products.union(of_all.select(nothing.name("product"), "first_buyers", "followed", "returned"))


def coming_back(
    held: Table, numbered: Table, *, as_of: date, horizon_days: int, products: Sequence[Any], level: float = 0.95
) -> list[ComingBack]:
    """Compare those whose first purchase held a product with all others.

    Parameters
    ----------
    held, numbered, as_of, horizon_days
        As of `count_coming_back`.
    products : sequence
        Those to be compared, for which the correction holds; each as in the baskets.
    level : float
        Confidence level of the intervals, between 0 and 1.

    Returns
    -------
    list of ComingBack
        One per product, in the order given.

    References
    ----------
    Wilson (1927), Newcombe (1998), Fisher (1935), Benjamini & Hochberg (1995): see `retention.estimates` and
    `retention.comparisons`. Checked by hand in `test_who_came_back_is_counted_as_by_hand`.

    Examples
    --------
    Ann began with tea and bought again after 10 days, Ben began with tea and never did, Cat with a mug and did.

    >>> from datetime import date
    >>> import ibis
    >>> numbers = {"purchase": [0, 1, 2, 3], "buyer": [0, 0, 2, 3]}
    >>> held = ibis.memtable(numbers | {"product": ["tea", "mug", "tea", "mug"]})
    >>> numbered = ibis.memtable(numbers | {
    ...     "day": [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 2), date(2024, 1, 3)],
    ...     "next_day": [date(2024, 1, 11), None, None, date(2024, 1, 9)],
    ... })
    >>> [tea] = coming_back(held, numbered, as_of=date(2024, 6, 30), horizon_days=30, products=["tea"])
    >>> tea.returned, tea.followed, tea.others.value, tea.adjusted_p_value
    (1, 2, 1.0, None)
    """
    counted = count_coming_back(held, numbered, as_of=as_of, horizon_days=horizon_days).to_pyarrow().to_pylist()
    found = {row["product"]: row for row in counted}
    [everybody] = [row for row in counted if row["product"] is None]
    nobody = {"first_buyers": 0, "followed": 0, "returned": 0}
    told = [_of_product(product, found.get(product, nobody), everybody, level) for product in products]
    compared = [place for place, each in enumerate(told) if each[1] is not None]
    adjusted = adjusted_for_many(np.array([told[place][1] for place in compared], dtype=np.float64))
    by_place = dict(zip(compared, adjusted.tolist(), strict=True))
    return [ComingBack(**each, adjusted_p_value=by_place.get(place)) for place, (each, _) in enumerate(told)]


def _of_product(
    product: Any, row: dict[str, int], everybody: dict[str, int], level: float
) -> tuple[dict[str, Any], float | None]:
    """Return all of a comparison but the correction, and its p-value where it is one of those compared."""
    mine = row["returned"], row["followed"]
    others = everybody["returned"] - row["returned"], everybody["followed"] - row["followed"]
    told = {
        "product": product,
        "first_buyers": row["first_buyers"],
        "followed": row["followed"],
        "returned": row["returned"],
        "share": wilson(*mine, level),
        "others": wilson(*others, level),
        "difference": difference(mine, others, level),
        "all_followed": everybody["followed"],
        "all_returned": everybody["returned"],
    }
    compared = min(mine[1], others[1]) >= LEAST_FOLLOWED
    return told, fisher_p_value(*mine, *others) if compared else None
