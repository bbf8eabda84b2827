"""Kaplan–Meier: how long until the next purchase, with those who have not bought again yet counted as what they are.

Who has not bought again is *right-censored*: all that is known is that it takes longer than until now. Leaving them out
would make the time look too short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis.expr.types import Table
from scipy import sparse
from statsmodels.duration.survfunc import SurvfuncRight

from retention.calendar import days_between
from retention.estimates import normal_quantile
from retention.in_memory import DayState, measures
from retention.purchases import purchases, within
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

Floats = npt.NDArray[np.float64]

_CHUNK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalCurve:
    """A Kaplan–Meier estimate: a step function that falls at each time at which something happened.

    Parameters
    ----------
    times : ndarray of float64, shape (m,)
        Distinct times of events, ascending; the curve is 1 before the first.
    survival : ndarray of float64, shape (m,)
        Share to whom it has not happened by then, that time included; 0 to 1.
    low, high : ndarray of float64, shape (m,)
        Pointwise bounds on the scale of log(−log S), so that they stay in 0 to 1. Where S is 0 they are NaN: the
        likelihood gives no bound there.
    at_risk, events : ndarray of int64, shape (m,)
        Those to whom it could have happened at the time, and those to whom it did.
    observations, censored : int
        Durations in all, and those cut off before anything happened.
    last_time : float
        The longest duration; beyond it the curve is not known.
    """

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    observations: int
    censored: int
    last_time: float

    def at(self, time: npt.ArrayLike) -> Floats:
        """Return S at any times >= 0, in the shape of `time`; NaN beyond the longest duration: it is not known."""
        wanted = np.asarray(time, dtype=np.float64)
        steps = np.concatenate([[1.0], self.survival])[np.searchsorted(self.times, wanted, side="right")]
        return np.where(wanted <= self.last_time, steps, np.nan)

    def quantile(self, share: float) -> float:
        """Return the time by which it has happened to this share; NaN where the curve does not fall so far."""
        # A share that the curve meets exactly must not be missed for a rounding error of the product.
        reached = np.flatnonzero(self.survival <= 1.0 - share + 1e-12)
        return float(self.times[reached[0]]) if reached.size else math.nan

    @property
    def median(self) -> float:
        """Time by which it has happened to half; NaN where the curve does not fall so far."""
        return self.quantile(0.5)


def kaplan_meier(durations: npt.ArrayLike, observed: npt.ArrayLike, *, level: float = 0.95) -> SurvivalCurve:
    """Estimate a survival curve from right-censored durations.

    Parameters
    ----------
    durations : array_like of float, shape (n,)
        Times to the event or to the end of observation, >= 0, in any unit.
    observed : array_like of bool, shape (n,)
        Whether the event happened at that time; False is right-censored.
    level : float
        Confidence level of the pointwise bounds, between 0 and 1.

    Returns
    -------
    SurvivalCurve
        Variance by Greenwood, bounds on the scale of log(−log S).

    Raises
    ------
    InvalidInput
        The shapes differ, or a duration is negative or not finite.
    NotEnoughData
        There is no duration, or every one is censored.

    References
    ----------
    Kaplan & Meier (1958), Nonparametric estimation from incomplete observations, JASA 53. Kalbfleisch & Prentice
    (2002), The Statistical Analysis of Failure Time Data, 2nd edition, section 1.4. A worked example of Freireich et
    al. (1963) is checked in `test_the_remission_times_of_freireich_are_reproduced`.

    Examples
    --------
    >>> curve = kaplan_meier([2, 3, 3, 5], [True, True, False, True])
    >>> curve.times.tolist(), curve.survival.round(2).tolist(), curve.median
    ([2.0, 3.0, 5.0], [0.75, 0.5, 0.0], 3.0)
    """
    return _curve(_Clocks.of(durations, observed, None), level)


def time_to_purchase(state: Table | DayState, *, as_of: date, purchase: int = 2, level: float = 0.95) -> SurvivalCurve:
    """Estimate the days from one purchase of a customer to the next: by default, from the first to the second.

    One duration per customer who made the purchase before, so that they are independent. Those who have not bought
    again by `as_of` are right-censored then.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    as_of : date
        Last day that is known; later rows are left out.
    purchase : int
        Number of the purchase to wait for, >= 2; the clock starts at the one before.
    level : float
        Confidence level of the pointwise bounds, between 0 and 1.

    Returns
    -------
    SurvivalCurve
        In days; S(t) is the share who has not made the purchase within t days.

    Raises
    ------
    InvalidInput
        `purchase` is below 2.
    NotEnoughData
        Nobody made the purchase.
    """
    if purchase < 2:
        template = mark("The purchase to wait for is the second or a later one, not number {purchase}.")
        raise InvalidInput(Reason("purchase_number", template, {"purchase": purchase}))
    if isinstance(state, DayState):
        waited, came = measures.waits_for(state.within(until=as_of), as_of, purchase)
        return _curve(_Clocks.of(waited, came, None), level)
    waits = _waits(state, as_of)
    waits = waits.filter(waits.place == purchase - 2)
    return _from_table(waits, level)


def time_between_purchases(state: Table, *, as_of: date, level: float = 0.95) -> SurvivalCurve:
    """Estimate the days from any purchase of a customer to the next, with the time since the last one censored.

    Every purchase starts a clock; the one that a customer's last purchase started is right-censored at `as_of`.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    as_of : date
        Last day that is known; later rows are left out.
    level : float
        Confidence level of the pointwise bounds, between 0 and 1.

    Returns
    -------
    SurvivalCurve
        In days; S(t) is the share of purchases that no other one followed within t days. Customers who buy often have
        most of the clocks, so that it describes purchases, not customers. The clocks of one customer depend on each
        other: the bounds come from the variance between customers, not from Greenwood's.

    Raises
    ------
    NotEnoughData
        Nobody bought twice.

    References
    ----------
    Williams (1995), Product-limit survival functions with correlated survival times, Lifetime Data Analysis 1. With one
    clock per customer it is Greenwood's variance: `test_the_clustered_variance_is_greenwoods_where_clocks_are_alone`.
    """
    return _from_table(_waits(state, as_of), level)


def _waits(state: Table, as_of: date) -> Table:
    """Return one row per purchase: `customer`, `place` (from 0), `days` to the next or to `as_of`, `happened`."""
    bought = purchases(within(state, until=as_of))
    in_order = ibis.window(group_by="customer", order_by="day")
    following = bought.mutate(place=ibis.row_number().over(in_order), following=bought.day.lead().over(in_order))
    until = ibis.coalesce(following.following, ibis.literal(as_of))
    return following.select(
        "customer", "place", days=days_between(following.day, until), happened=following.following.notnull()
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Clocks:
    """Durations, whether each ended, and, where one customer has several, whose each is; all of shape (n,)."""

    durations: Floats
    happened: npt.NDArray[np.bool_]
    customers: npt.NDArray[np.int64] | None

    @classmethod
    def of(cls, durations: npt.ArrayLike, observed: npt.ArrayLike, customers: npt.NDArray[np.int64] | None) -> _Clocks:
        times, happened = np.asarray(durations, dtype=np.float64), np.asarray(observed, dtype=np.bool_)
        if times.ndim != 1 or times.shape != happened.shape or not np.all(np.isfinite(times)) or np.any(times < 0):
            template = mark("Durations are numbers, none negative, each with whether it ended.")
            raise InvalidInput(Reason("durations", template))
        if not happened.any():
            raise NotEnoughData(Reason("all_censored", mark("It has not happened to anybody yet.")))
        return cls(times, happened, customers)


def _from_table(waits: Table, level: float) -> SurvivalCurve:
    columns = waits.select("customer", "days", "happened").to_pyarrow()
    customers = pd.factorize(columns["customer"].to_pandas())[0].astype(np.int64)
    alone = columns.num_rows == customers.max(initial=-1) + 1
    durations, happened = columns["days"].to_numpy(), columns["happened"].to_numpy()
    return _curve(_Clocks.of(durations, happened, None if alone else customers), level)


def _curve(clocks: _Clocks, level: float) -> SurvivalCurve:
    fit = SurvfuncRight(clocks.durations, clocks.happened.astype(np.int64))
    fell = np.asarray(fit.n_events) > 0
    times, survival, error = (
        np.asarray(column, dtype=np.float64)[fell] for column in (fit.surv_times, fit.surv_prob, fit.surv_prob_se)
    )
    at_risk, events = (np.asarray(counts, dtype=np.int64)[fell] for counts in (fit.n_risk, fit.n_events))
    if clocks.customers is not None:
        influence, kind = _influence_on_log(times, at_risk, events, clocks)
        error = survival * _clustered_error(influence, kind, clocks.customers)
    low, high = _log_log_bounds(survival, error, level)
    return SurvivalCurve(
        times=times,
        survival=survival,
        low=low,
        high=high,
        at_risk=at_risk,
        events=events,
        observations=clocks.durations.size,
        censored=int((~clocks.happened).sum()),
        last_time=float(clocks.durations.max()),
    )


def _log_log_bounds(survival: Floats, error: Floats, level: float) -> tuple[Floats, Floats]:
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(survival)
        reach = np.exp(z * error / (survival * -log))
        # At S = 0 and at S = 1 the scale has no finite place, and there is no bound to give.
        return np.where(survival > 0, survival**reach, np.nan), np.where(survival > 0, survival ** (1 / reach), np.nan)


def _influence_on_log(
    times: Floats, at_risk: npt.NDArray[np.int64], events: npt.NDArray[np.int64], clocks: _Clocks
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the influence of each kind of duration on log S at each time of an event, and the kind of each duration.

    A duration x moves log S(t) by −1 / (Y − d)(x), if it ended at x <= t, and by Σ d / (Y (Y − d)) over the events up
    to min(x, t); Y are the numbers at risk and d the events. Durations that passed the same events are of one kind.
    """
    with np.errstate(divide="ignore"):
        jump = np.where(at_risk > events, 1.0 / (at_risk - events), np.nan)
    drift = np.concatenate([[0.0], np.cumsum(events / at_risk * jump)])
    passed = np.searchsorted(times, clocks.durations, side="right")
    kinds, kind = np.unique(passed * 2 + clocks.happened, return_inverse=True)
    step = np.arange(1, times.size + 1)
    place, ended = kinds[:, None] // 2, kinds[:, None] % 2 == 1
    own_jump = np.concatenate([[0.0], jump])[place]
    influence = drift[np.minimum(place, step)] - np.where(ended & (place <= step), own_jump, 0.0)
    return influence, kind


def _clustered_error(influence: Floats, kind: npt.NDArray[np.int64], customers: npt.NDArray[np.int64]) -> Floats:
    """Return the root of the summed squares of the customers' influences, shape (times,)."""
    shape = (int(customers.max()) + 1, influence.shape[0])
    counts = sparse.csr_array((np.ones(kind.size), (customers, kind)), shape=shape)
    squares = np.zeros(influence.shape[1])
    for first in range(0, shape[0], _CHUNK):
        squares += np.square(np.asarray(counts[first : first + _CHUNK] @ influence)).sum(axis=0)
    return np.sqrt(squares)
