"""Rates: of the customers who could have, how many did."""

from __future__ import annotations

from datetime import date, timedelta

from ibis.expr.types import Table

from retention.estimates import Interval, wilson
from retention.in_memory import DayState, measures
from retention.purchases import purchases, within
from retention.reasons import InvalidInput, Reason, mark


def retention_rate(state: Table | DayState, *, as_of: date, window_days: int, level: float = 0.95) -> Interval:
    """Estimate the customer retention rate: of the customers of one window, the share that bought again in the next.

    With S the customers who bought in the window (as_of − 2w, as_of − w], E those who bought in (as_of − w, as_of] and
    N those of E who are not in S (new and reactivated), it is (E − N) / S.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state; days in the business's zone.
    as_of : date
        Last day that is known.
    window_days : int
        Length w of a window in days, >= 1.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Share between 0 and 1, Wilson's interval; NaN with the reason `no_cases` where nobody bought in the earlier
        window.

    Raises
    ------
    InvalidInput
        The window is shorter than a day.

    References
    ----------
    Farris, Bendle, Pfeifer & Reibstein (2010), Marketing Metrics, chapter 5.

    Examples
    --------
    Of two customers of May one bought again in June.

    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b", "b"], "day": [date(2024, 5, 9), date(2024, 5, 20), date(2024, 6, 9)]}
    >>> state = ibis.memtable(days | {"orders": [1, 1, 1], "gross_minor": [900] * 3, "refunded_minor": [0] * 3})
    >>> retention_rate(state, as_of=date(2024, 6, 30), window_days=30).value
    0.5
    """
    if window_days < 1:
        raise InvalidInput(Reason("window", mark("A window is at least one day, not {days}."), {"days": window_days}))
    window = timedelta(days=window_days)
    if isinstance(state, DayState):
        earlier, kept = measures.retained(state, start=as_of - 2 * window, middle=as_of - window, until=as_of)
        return wilson(kept, earlier, level)
    bought = purchases(within(state, after=as_of - 2 * window, until=as_of))
    customers = bought.group_by("customer").aggregate(first=bought.day.min(), last=bought.day.max())
    before = customers.first <= as_of - window
    counts = customers.aggregate(
        customers=before.sum().fill_null(0).cast("int64"),
        retained=(before & (customers.last > as_of - window)).sum().fill_null(0).cast("int64"),
    )
    (row,) = counts.to_pyarrow().to_pylist()
    return wilson(row["retained"], row["customers"], level)


def churn_rate(state: Table | DayState, *, as_of: date, window_days: int, level: float = 0.95) -> Interval:
    """Estimate the churn rate: of the customers of one window, the share that did not buy in the next.

    It is 1 − `retention_rate`. Without a contract nobody tells when a customer leaves: who buys less often than once a
    window counts as churned here and may come back (reactivated).

    Parameters
    ----------
    state, as_of, window_days, level
        As of `retention_rate`.

    Returns
    -------
    Interval
        Share between 0 and 1, Wilson's interval.

    Raises
    ------
    InvalidInput
        The window is shorter than a day.
    """
    return retention_rate(state, as_of=as_of, window_days=window_days, level=level).complement()


def repeat_purchase_rate(state: Table | DayState, *, level: float = 0.95) -> Interval:
    """Estimate the repeat purchase rate: of all who bought at all, the share that bought at least twice.

    A purchase is a customer-day (or customer-week): two orders on one day are one purchase. Give the rows `within` a
    window for the rate of that window.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Interval
        Share between 0 and 1, Wilson's interval; NaN with the reason `no_cases` where nobody bought.
    """
    if isinstance(state, DayState):
        counts = state.purchases.counts
        return wilson(int((counts >= 2).sum()), len(counts), level)
    bought = purchases(state)
    customers = bought.group_by("customer").aggregate(purchases=bought.count())
    counts = customers.aggregate(
        customers=customers.count(), repeaters=(customers.purchases >= 2).sum().fill_null(0).cast("int64")
    )
    (row,) = counts.to_pyarrow().to_pylist()
    return wilson(row["repeaters"], row["customers"], level)
