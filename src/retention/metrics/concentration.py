"""Revenue concentration: how much of the revenue hangs on how few customers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ibis.expr.types import Table

from retention.estimates import Interval, from_influence, missing
from retention.in_memory import DayState, measures
from retention.purchases import with_worth
from retention.reasons import Reason, mark

_POINTS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """How unequally the customers share the revenue.

    Parameters
    ----------
    top_tenth_share : Interval
        Share of the revenue that the tenth of the customers with the highest revenue brings, 0.1 to 1.
    gini : Interval
        Gini coefficient, 0 (all alike) to 1 − 1/n (one customer brings all).
    lorenz : tuple of (float, float)
        Points of the Lorenz curve, poorest customers first: share of the customers, share of their revenue; from (0, 0)
        to (1, 1) in steps of a hundredth. Empty where there is no revenue.
    customers : int
        Number n of customers who ever bought.
    """

    top_tenth_share: Interval
    gini: Interval
    lorenz: tuple[tuple[float, float], ...]
    customers: int


def revenue_concentration(state: Table | DayState, *, level: float = 0.95) -> Concentration:
    """Measure revenue concentration over the customers who ever bought.

    A customer's revenue is gross less refunds of all rows; one whose refunds exceed it counts as 0.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Concentration
        Intervals are normal, with the variance of the linearised statistic. NaN with the reason `no_revenue` where
        there is none; bounds NaN with the reason `one_customer` where there is but one.

    References
    ----------
    Beach & Davidson (1983), Distribution-free statistical inference with Lorenz curves and income shares, Review of
    Economic Studies 50. Davidson (2009), Reliable inference for the Gini index, Journal of Econometrics
    150. Both against a bootstrap in `test_the_intervals_of_concentration_agree_with_a_bootstrap`.
    """
    return concentration_of(_revenue(state), level=level)


def concentration_of(amounts: npt.NDArray[np.float64], *, level: float = 0.95) -> Concentration:
    """Measure how unequally amounts, such as what is expected of each customer, are shared.

    Parameters
    ----------
    amounts : ndarray of float64, shape (n,)
        One amount for each customer; one below 0 counts as 0.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Concentration
        As `revenue_concentration` returns it.

    Examples
    --------
    >>> import numpy as np
    >>> found = concentration_of(np.array([0.0, 0.0, 0.0, 8.0]))
    >>> found.gini.value, found.lorenz[75], found.lorenz[100]
    (0.75, (0.75, 0.0), (1.0, 1.0))
    """
    values = np.sort(np.maximum(amounts, 0.0))
    if values.sum() == 0:
        nothing = missing(Reason("no_revenue", mark("There is no revenue to share.")))
        return Concentration(top_tenth_share=nothing, gini=nothing, lorenz=(), customers=values.size)
    return Concentration(
        top_tenth_share=_interval(*_top_share(values, 0.1), level),
        gini=_interval(*_gini(values), level),
        lorenz=_lorenz_points(values),
        customers=values.size,
    )


def _revenue(state: Table | DayState) -> npt.NDArray[np.float64]:
    """Return the revenue of each customer who ever bought."""
    if isinstance(state, DayState):
        return measures.revenue_of_buyers(state).astype(np.float64)
    worth = with_worth(state)
    sums = worth.group_by("customer").aggregate(revenue=worth.net_minor.sum(), bought=worth.purchase.sum())
    revenue = sums.filter(sums.bought > 0).select(revenue=sums.revenue.cast("float64")).to_pyarrow()["revenue"]
    return np.asarray(revenue.to_numpy(), dtype=np.float64)


def _interval(value: float, influence: npt.NDArray[np.float64], level: float) -> Interval:
    if influence.size == 1:
        reason = Reason("one_customer", mark("One customer alone does not tell how much customers differ."))
        return Interval(value, math.nan, math.nan, reason)
    estimate = from_influence(value, influence, level)
    return Interval(estimate.value, max(estimate.low, 0.0), min(estimate.high, 1.0))


def _lorenz(values: npt.NDArray[np.float64], share: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share of the total that the given share of the customers brings, from sorted values."""
    cumulated = np.concatenate([[0.0], np.cumsum(values)])
    customers = np.arange(values.size + 1) / values.size
    return np.asarray(np.interp(share, customers, cumulated / cumulated[-1]), dtype=np.float64)


def _lorenz_points(values: npt.NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    shares = np.linspace(0.0, 1.0, _POINTS)
    return tuple(zip(shares.tolist(), _lorenz(values, shares).tolist(), strict=True))


def _top_share(values: npt.NDArray[np.float64], top: float) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the share of the top customers and each value's influence on it (Beach & Davidson)."""
    rest = 1.0 - top
    lorenz = float(_lorenz(values, rest))
    threshold = float(values[min(math.ceil(rest * values.size), values.size) - 1])
    below = np.where(values <= threshold, values - threshold, 0.0) + rest * threshold
    return 1.0 - lorenz, (values * lorenz - below) / values.mean()


def _gini(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the Gini coefficient and each value's influence on it (Davidson)."""
    n, mean = values.size, values.mean()
    rank = np.arange(1, n + 1)
    gini = float(2.0 * (rank @ values) / (n * n * mean) - (n + 1.0) / n)
    influence = -(gini + 1.0) * values + (2.0 * rank - 1.0) / n * values - 2.0 / n * np.cumsum(values)
    return gini, (influence - influence.mean()) / mean
