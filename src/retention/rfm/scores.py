"""Scores of 1 to 5 (or to any number of classes) for recency, frequency and monetary value."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
from ibis.expr.types import IntegerColumn, IntegerValue, Table

from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBoundaries:
    """The cut points between the scores of one run; later orders are scored by the same ones.

    Parameters
    ----------
    recency : tuple of int
        The 1/q, 2/q … quantiles of `days_since_last`, ascending, in days.
    frequency : tuple of int
        Those of `frequency`, in repeat purchases.
    monetary : tuple of int
        Those of `revenue_minor`, in minor units.
    """

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]


def score_boundaries(summary: Table, quantiles: int = 5) -> ScoreBoundaries:
    """Find the cut points that divide the customers into `quantiles` classes of equal size, as far as ties allow.

    The k-th cut is the smallest value that at least k / quantiles of the customers do not exceed (the inverse of the
    empirical distribution), and a value belongs to the first class whose cut it does not exceed. So equal values
    always share one class, and where many are equal several cuts coincide and the classes between them stay empty:
    with three customers in four on their first order, a first order scores 1 and a second one 4.

    Parameters
    ----------
    summary : Table
        One row per customer with `days_since_last`, `frequency` and `revenue_minor`, all int64 (`summarise`).
    quantiles : int
        The number of classes, 2 to 10.

    Returns
    -------
    ScoreBoundaries
        `quantiles` − 1 ascending cut points for each of the three.

    Raises
    ------
    NotEnoughData
        There are no customers.
    InvalidInput
        `quantiles` is out of range.

    Examples
    --------
    >>> import ibis
    >>> summary = ibis.memtable({
    ...     "days_since_last": [3, 10, 20, 40, 80], "frequency": [0, 0, 0, 0, 6],
    ...     "revenue_minor": [900, 800, 1200, 400, 9900],
    ... })
    >>> boundaries = score_boundaries(summary)
    >>> boundaries.recency, boundaries.frequency
    ((3, 10, 20, 40), (0, 0, 0, 0))
    >>> scored = score(summary, boundaries).order_by("revenue_minor").to_pyarrow()
    >>> scored["r"].to_pylist(), scored["f"].to_pylist(), scored["m"].to_pylist()
    ([2, 4, 5, 3, 1], [1, 1, 1, 1, 5], [1, 2, 3, 4, 5])
    """
    if not 2 <= quantiles <= 10:
        raise InvalidInput(
            Reason("bad_quantiles", mark("Scores need 2 to 10 classes, not {quantiles}."), {"quantiles": quantiles})
        )
    return ScoreBoundaries(
        recency=_cuts(summary.days_since_last, quantiles),
        frequency=_cuts(summary.frequency, quantiles),
        monetary=_cuts(summary.revenue_minor, quantiles),
    )


def score(summary: Table, boundaries: ScoreBoundaries) -> Table:
    """Add the scores of each customer.

    Parameters
    ----------
    summary : Table
        One row per customer with `days_since_last`, `frequency` and `revenue_minor`.
    boundaries : ScoreBoundaries
        The cuts of this run, or of an earlier one.

    Returns
    -------
    Table
        The same rows and columns with `r`, `f` and `m`, int64 from 1 (worst) to the number of classes (best): the most
        recent, the most frequent and those who brought the most revenue are best.
    """
    # The fewer days, the better: the lowest class of days is the best score.
    best = len(boundaries.recency) + 1
    return summary.mutate(
        r=ibis.literal(best, "int64") - _cuts_below(summary.days_since_last, boundaries.recency),
        f=_cuts_below(summary.frequency, boundaries.frequency) + 1,
        m=_cuts_below(summary.revenue_minor, boundaries.monetary) + 1,
    )


def boundaries_of(
    days_since_last: Int64s, frequency: Int64s, revenue_minor: Int64s, quantiles: int = 5
) -> ScoreBoundaries:
    """Find the cut points as `score_boundaries` does, from arrays of one entry per customer.

    Raises
    ------
    NotEnoughData
        There are no customers.
    """
    if not len(frequency):
        raise _no_customers()
    cuts = (_cuts_of(values, quantiles) for values in (days_since_last, frequency, revenue_minor))
    return ScoreBoundaries(**dict(zip(("recency", "frequency", "monetary"), cuts, strict=True)))


def scores_of(
    days_since_last: Int64s, frequency: Int64s, revenue_minor: Int64s, boundaries: ScoreBoundaries
) -> tuple[Int64s, Int64s, Int64s]:
    """Return the scores r, f and m as `score` gives them, from arrays of one entry per customer."""
    r = len(boundaries.recency) + 1 - _count_below(days_since_last, boundaries.recency)
    f = _count_below(frequency, boundaries.frequency) + 1
    m = _count_below(revenue_minor, boundaries.monetary) + 1
    return r, f, m


def _cuts_of(values: Int64s, quantiles: int) -> tuple[int, ...]:
    places = [-(-k * len(values) // quantiles) - 1 for k in range(1, quantiles)]
    return tuple(np.partition(values, places)[places].tolist())


def _count_below(values: Int64s, cuts: tuple[int, ...]) -> Int64s:
    """Return the number of cuts that each value exceeds."""
    return np.searchsorted(np.asarray(cuts, np.int64), values, side="left").astype(np.int64)


def _no_customers() -> NotEnoughData:
    return NotEnoughData(Reason("no_customers", mark("There are no customers to score.")))


def _cuts_below(value: IntegerValue, cuts: tuple[int, ...]) -> IntegerValue:
    """Return the number of cuts that `value` exceeds, as int64."""
    return ibis.cases(
        *((value > cut, ibis.literal(count, "int64")) for count, cut in reversed(list(enumerate(cuts, start=1)))),
        else_=ibis.literal(0, "int64"),
    )


def _cuts(values: IntegerColumn, quantiles: int) -> tuple[int, ...]:
    counts = values.as_table().rename(value=values.get_name()).group_by("value").agg(count=ibis._.count())
    running = counts.mutate(
        up_to=counts["count"].sum().over(ibis.window(order_by="value", preceding=None, following=0)),
        total=counts["count"].sum().over(ibis.window()),
    )
    # Whole numbers on both sides: a share of 3/5 is met exactly, whatever the engine's floating point.
    reached = running.agg(
        **{
            f"cut_{k}": running.value.min(where=running.up_to * quantiles >= running.total * k)
            for k in range(1, quantiles)
        }
    )
    [row] = reached.to_pyarrow().to_pylist()
    if None in row.values():
        raise _no_customers()
    return tuple(row.values())
