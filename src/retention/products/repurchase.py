"""Who buys the same product again, and after how many days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
from ibis.expr.types import Table
from scipy import stats

from retention.calendar import days_between
from retention.estimates import Interval, checked_level, missing, wilson
from retention.reasons import Reason, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Repurchase:
    """Who of a product's buyers bought the same product again.

    Parameters
    ----------
    followed : int
        Customers whose first purchase of it lies at least the horizon back.
    repurchased : int
        Those of them who bought it again within the horizon.
    share : Interval
        repurchased / followed with Wilson's interval; NaN with a reason where nobody was followed.
    median_days : Interval
        Days from the first to the second purchase of it, the median of those who bought it again within the horizon.
        Everybody in it was followed for as long, so that none is cut short. Bounds by the sign test, from the ranks.
    """

    followed: int
    repurchased: int
    share: Interval
    median_days: Interval


def count_repurchases(
    held: Table, of_buyers: Table, numbered: Table, *, as_of: date, horizon_days: int
) -> tuple[Table, Table]:
    """Count by product who was followed, and by product and days who bought the same product again.

    Parameters
    ----------
    held, of_buyers, numbered : Table
        `baskets`, `by_buyer` of these, and the purchases that they are of.
    as_of : date
        Last day that is known.
    horizon_days : int
        Within how many days they must have bought it again.

    Returns
    -------
    followed : Table
        One row per product: `product`, `customers` int64, whose first purchase of it lies at least the horizon back.
    again : Table
        One row per product and wait: `product`, `days` int64 from a customer's first to the second purchase of it, not
        above the horizon, `customers` int64, of the followed.
    """
    known = numbered.filter(numbered.day <= ibis.literal(as_of - timedelta(days=horizon_days)))
    followed = of_buyers.join(known.select(first_purchase="purchase", first_day="day"), "first_purchase")
    # Few buy the same product again: only of these is it looked up when.
    several = followed.filter(followed.purchases > 1).select("product", "buyer", "first_purchase", "first_day")
    later = held.join(several, ["product", "buyer"])
    second = (
        later.filter(later.purchase > later.first_purchase)
        .group_by("product", "buyer", "first_day")
        .aggregate(purchase=lambda rows: rows.purchase.min())
        .join(numbered.select("purchase", "day"), "purchase")
    )
    waits = second.select("product", days=days_between(second.first_day, second.day))
    within = waits.filter(waits.days <= horizon_days)
    return (
        followed.group_by("product").aggregate(customers=followed.count().cast("int64")),
        within.group_by("product", "days").aggregate(customers=within.count().cast("int64")),
    )


def repurchases(
    held: Table, of_buyers: Table, numbered: Table, *, as_of: date, horizon_days: int, level: float = 0.95
) -> dict[Any, Repurchase]:
    """Tell for each product who bought it again, and when.

    Parameters
    ----------
    held, of_buyers, numbered, as_of, horizon_days
        As of `count_repurchases`; `of_buyers` may be that of some products alone.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    dict of Repurchase
        By product; those that nobody has been followed for are not in it.

    References
    ----------
    Bounds of the median: Conover (1999), Practical Nonparametric Statistics, 3rd edition, section 3.2. Checked by hand
    in `test_repurchases_are_counted_as_by_hand`.
    """
    followed, again = count_repurchases(held, of_buyers, numbered, as_of=as_of, horizon_days=horizon_days)
    waits: dict[Any, list[tuple[int, int]]] = {}
    for row in again.order_by("product", "days").to_pyarrow().to_pylist():
        waits.setdefault(row["product"], []).append((row["days"], row["customers"]))
    return {
        row["product"]: _told(row["customers"], waits.get(row["product"], []), level)
        for row in followed.to_pyarrow().to_pylist()
    }


def _told(followed: int, waits: list[tuple[int, int]], level: float) -> Repurchase:
    again = sum(customers for _, customers in waits)
    days, customers = (np.array(each, dtype=np.int64) for each in zip(*waits, strict=True)) if waits else ([], [])
    return Repurchase(
        followed=followed,
        repurchased=again,
        share=wilson(again, followed, level),
        median_days=median_of_counts(np.asarray(days), np.asarray(customers), level=level),
    )


def median_of_counts(values: npt.NDArray[Any], counts: npt.NDArray[Any], *, level: float = 0.95) -> Interval:
    """Return the median of values that come in counts, with an interval from their ranks.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Distinct values in any order.
    counts : ndarray of int64, shape (n,)
        How often each is there, >= 1.
    level : float
        Confidence level, between 0 and 1; what is reached is at least that, for ranks are whole.

    Returns
    -------
    Interval
        In the unit of the values; NaN with the reason `no_cases` where there is none, bounds NaN with the reason
        `too_few` where no two ranks reach the level.

    Examples
    --------
    >>> import numpy as np
    >>> median_of_counts(np.array([3, 8]), np.array([5, 5]))
    Interval(value=5.5, low=3.0, high=8.0, reason=None)
    """
    checked_level(level)
    order = np.argsort(values)
    ascending, cumulated = np.asarray(values)[order], np.cumsum(np.asarray(counts, dtype=np.int64)[order])
    if not cumulated.size:
        return missing(Reason("no_cases", mark("Nobody has done it, so that there are no days to tell.")))
    n = int(cumulated[-1])

    def at(rank: int) -> float:
        return float(ascending[np.searchsorted(cumulated, rank, side="left")])

    median = (at((n + 1) // 2) + at(n // 2 + 1)) / 2
    below = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    if below < 1:
        reason = Reason("too_few", mark("Too few have done it to say how far the median can be trusted."))
        return Interval(median, math.nan, math.nan, reason)
    return Interval(median, at(below), at(n - below + 1))
