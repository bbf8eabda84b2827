"""The RFM of some customers from their purchases, in memory: what a batch would give for them, without an engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from retention.rfm.days import Days, Folded, Int32s, Int64s, fold
from retention.rfm.scores import ScoreBoundaries, scores_of
from retention.segments import CELLS

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Moved:
    """The RFM of customers with at least one purchase; days are counted from 1970-01-01.

    Each field is one array of shape (n,): `customer` as it was given, `first_day` and `last_day`, `frequency`
    (purchases without the first), `revenue_minor` (net of all rows), the scores `r`, `f` and `m` from 1 to 5, and
    `segment`, one of `retention.segments.SEGMENTS`.
    """

    customer: Int32s
    first_day: Int32s
    last_day: Int32s
    frequency: Int64s
    revenue_minor: Int64s
    r: Int64s
    f: Int64s
    m: Int64s
    segment: tuple[str, ...]


def score_purchases(
    customer: Int32s,
    purchased_day: Int32s,
    occurred_day: Int32s,
    amount_minor: Int64s,
    *,
    boundaries: ScoreBoundaries,
    as_of: date,
) -> Moved:
    """Return the RFM of some customers by the boundaries of an earlier run, folded from all of their purchases.

    It is what `daily_state`, `summarise_state`, `score` and `segments.assign` give for the same rows, of one grain, the
    day; `tests/test_rfm_moving.py` holds the two to each other.

    Parameters
    ----------
    customer : ndarray of int32, shape (n,)
        A number for each customer, 0 or more.
    purchased_day : ndarray of int32, shape (n,)
        Days from 1970-01-01 to the purchase that the row belongs to.
    occurred_day : ndarray of int32, shape (n,)
        Days to the row itself: for a refund the day of the refund.
    amount_minor : ndarray of int64, shape (n,)
        Purchases >= 0, each of them an order of its own; refunds < 0.
    boundaries : ScoreBoundaries
        Four cuts for each score, as `score_boundaries` makes them.
    as_of : date
        The last day that is known, and the day from which recency is counted; rows that occurred later are left out.

    Returns
    -------
    Moved
        One entry per customer with at least one purchase, by ascending number.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from retention.rfm import ScoreBoundaries
    >>> cuts = ScoreBoundaries(recency=(3, 10, 20, 40), frequency=(0, 0, 1, 3), monetary=(400, 800, 900, 1200))
    >>> day = np.array([10, 30, 30], np.int32)
    >>> moved = score_purchases(
    ...     np.array([0, 0, 7], np.int32), day, day, np.array([500, 450, 300]), boundaries=cuts, as_of=date(1970, 2, 5)
    ... )
    >>> moved.customer.tolist(), moved.r.tolist(), moved.f.tolist(), moved.m.tolist(), moved.segment
    ([0, 7], [4, 4], [3, 1], [4, 1], ('loyal', 'promising'))
    """
    folded = fold_purchases(customer, purchased_day, occurred_day, amount_minor, as_of=as_of)
    return score_folded(folded, boundaries, as_of=as_of)


def fold_purchases(
    customer: Int32s, purchased_day: Int32s, occurred_day: Int32s, amount_minor: Int64s, *, as_of: date
) -> Folded:
    """Fold what some customers bought by the end of a day, as `score_purchases` does before it asks for boundaries."""
    known = occurred_day <= (as_of - _EPOCH).days
    return fold(_days(customer[known], purchased_day[known], amount_minor[known]))


def _days(customer: Int32s, day: Int32s, amount_minor: Int64s) -> Days:
    purchase = amount_minor >= 0
    return Days(
        customer=customer.astype(np.int32),
        day=day.astype(np.int32),
        orders=purchase.astype(np.int64),
        gross_minor=np.where(purchase, amount_minor, 0),
        refunded_minor=np.where(purchase, 0, -amount_minor),
    ).merged()


def score_folded(folded: Folded, boundaries: ScoreBoundaries, *, as_of: date) -> Moved:
    """Score what `fold_purchases` has folded as of the same day."""
    today = (as_of - _EPOCH).days
    buyers = folded.purchases > 0
    last, frequency, revenue = folded.last_day[buyers], folded.purchases[buyers] - 1, folded.revenue_minor[buyers]
    r, f, m = scores_of(today - last.astype(np.int64), frequency, revenue, boundaries)
    return Moved(
        customer=folded.customer[buyers],
        first_day=folded.first_day[buyers],
        last_day=last,
        frequency=frequency,
        revenue_minor=revenue,
        r=r,
        f=f,
        m=m,
        segment=tuple(CELLS[cell] for cell in zip(r.tolist(), (f + m).tolist(), strict=True)),
    )
