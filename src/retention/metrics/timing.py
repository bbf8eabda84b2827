"""Inter-purchase time: how many days pass from one purchase of a customer to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
from ibis.expr.types import Table

from retention.calendar import days_between
from retention.estimates import Interval, missing, ratio_of_means
from retention.in_memory import DayState, measures
from retention.purchases import purchases
from retention.reasons import Reason, mark

_InMemory = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
_QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterPurchaseTime:
    """Quartiles of the days between two purchases of one customer in a row.

    Parameters
    ----------
    lower_quartile_days, median_days, upper_quartile_days : Interval
        In days; NaN with the reason `no_gaps` where nobody bought twice.
    gaps : int
        How many pairs of purchases there are.
    """

    lower_quartile_days: Interval
    median_days: Interval
    upper_quartile_days: Interval
    gaps: int


def inter_purchase_time(state: Table | DayState, *, level: float = 0.95) -> InterPurchaseTime:
    """Measure the time between purchases.

    Only completed gaps count: who bought once has none, and the time since the last purchase is in none. Long gaps are
    therefore under-represented; for the time until the next purchase with that in account see `retention.survival`.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state; gaps of a weekly one are multiples of 7.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    InterPurchaseTime
        Quartiles interpolated between order statistics. Intervals are Woodruff's, with customers as the independent
        units: the interval of the share of gaps up to the quartile, read back on the scale of days.

    References
    ----------
    Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47. Coverage with customers who
    differ is checked in `test_the_median_gap_is_covered_although_customers_differ`.
    """
    gaps = measures.gaps(state) if isinstance(state, DayState) else _gaps(state)
    days, counts = _lengths(gaps)
    cumulated = np.cumsum(counts)
    if cumulated.size == 0:
        nothing = missing(Reason("no_gaps", mark("No customer has bought twice: no time between purchases is known.")))
        return InterPurchaseTime(lower_quartile_days=nothing, median_days=nothing, upper_quartile_days=nothing, gaps=0)
    values = [_quantile(days, cumulated, share) for share in _QUARTILES]
    shares = _shares_up_to(gaps, values, level)
    lower, median, upper = (_woodruff(days, cumulated, *case) for case in zip(_QUARTILES, values, shares, strict=True))
    return InterPurchaseTime(
        lower_quartile_days=lower, median_days=median, upper_quartile_days=upper, gaps=int(cumulated[-1])
    )


def _gaps(state: Table) -> Table:
    """Return one row per gap: `customer`, `days` int64."""
    bought = purchases(state)
    in_order = ibis.window(group_by="customer", order_by="day")
    pairs = bought.mutate(previous=bought.day.lag().over(in_order))
    pairs = pairs.filter(pairs.previous.notnull())
    return pairs.select("customer", days=days_between(pairs.previous, pairs.day))


def _lengths(gaps: Table | _InMemory) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the distinct lengths of gaps, ascending, and how many there are of each."""
    if isinstance(gaps, tuple):
        counts = np.bincount(gaps[0])
        days = np.flatnonzero(counts)
        return days.astype(np.float64), counts[days]
    found = gaps.group_by("days").aggregate(gaps=gaps.count()).order_by("days").to_pyarrow()
    return found["days"].to_numpy().astype(np.float64), found["gaps"].to_numpy()


def _quantile(days: npt.NDArray[np.float64], cumulated: npt.NDArray[np.int64], share: float) -> float:
    """Return the quantile of gaps given by their distinct lengths and cumulated counts, interpolated as NumPy does."""
    position = share * (int(cumulated[-1]) - 1)
    low, high = (
        days[np.searchsorted(cumulated, step, side="right")] for step in (math.floor(position), math.ceil(position))
    )
    return float(low + (high - low) * (position - math.floor(position)))


def _shares_up_to(gaps: Table | _InMemory, values: list[float], level: float) -> list[Interval]:
    """Estimate, for each value, the share of gaps that are not longer."""
    if isinstance(gaps, tuple):
        days, starts = gaps
        return [ratio_of_means(**sums, level=level) for sums in measures.ratios_of_shares(days, starts, values)]
    upto = {f"upto_{place}": (gaps.days <= value).cast("int64").sum() for place, value in enumerate(values)}
    customers = gaps.group_by("customer").aggregate(gaps=gaps.count(), **upto)
    x = customers.gaps.cast("float64")
    sums = {"n": customers.count(), "x": x.sum(), "xx": (x * x).sum()}
    for name in upto:
        y = customers[name].cast("float64")
        sums |= {f"{name}_y": y.sum(), f"{name}_yy": (y * y).sum(), f"{name}_xy": (x * y).sum()}
    (row,) = customers.aggregate(**sums).to_pyarrow().to_pylist()
    return [
        ratio_of_means(
            n=row["n"],
            sum_y=row[f"{name}_y"],
            sum_x=row["x"],
            sum_yy=row[f"{name}_yy"],
            sum_xy=row[f"{name}_xy"],
            sum_xx=row["xx"],
            level=level,
        )
        for name in upto
    ]


def _woodruff(
    days: npt.NDArray[np.float64],
    cumulated: npt.NDArray[np.int64],
    share: float,
    value: float,
    up_to_value: Interval,
) -> Interval:
    half = (up_to_value.high - up_to_value.low) / 2
    if math.isnan(half):
        return Interval(value, math.nan, math.nan, up_to_value.reason)
    low, high = (_quantile(days, cumulated, min(max(share + step, 0.0), 1.0)) for step in (-half, half))
    return Interval(value, low, high)
