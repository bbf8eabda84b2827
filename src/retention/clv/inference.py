"""Maximum likelihood on log-parameters, and how far to trust it: Laplace and importance sampling.

A model gives its log-likelihood with the analytic gradient as an `Objective` of the logarithms of its parameters;
`maximise` climbs it from several starts and returns an `Estimate`. All is deterministic for given data and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, special, stats
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from retention.reasons import InvalidInput, Reason, mark

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Objective = Callable[[FloatArray], tuple[float, FloatArray]]
"""Logarithms of the parameters -> log-likelihood and its gradient by those logarithms."""

_NEAR_BOUND = 0.05
_FLAT_LOG_SD = 8.0  # A 95 % interval over 13 decimal powers: the data do not tell this parameter at all.
_PROPOSAL_DF = 5.0
_MOST_DRAWS, _FEWEST_DRAWS = 1024, 128
_CELL_BUDGET = 1e7
_MOST_CODES = 2**62
# Of a log-likelihood; a thousandth of the least difference in AIC that says anything.
_NO_GAIN = 1e-3


def compress(columns: Sequence[FloatArray], counts: FloatArray) -> tuple[list[FloatArray], FloatArray, IntArray]:
    """Fold equal rows into one and add up their counts.

    Parameters
    ----------
    columns : sequence of ndarray, shape (n,), float64
        The columns that make a row.
    counts : ndarray, shape (n,), float64
        How many customers each row stands for, > 0.

    Returns
    -------
    columns : list of ndarray, shape (m,), float64
        The distinct rows in lexical order.
    counts : ndarray, shape (m,), float64
        Customers per distinct row.
    inverse : ndarray, shape (n,), int64
        The distinct row of each given row.

    Examples
    --------
    >>> rows, counts, inverse = compress([np.array([2.0, 1.0, 2.0])], np.ones(3))
    >>> rows[0].tolist(), counts.tolist(), inverse.tolist()
    ([1.0, 2.0], [1.0, 2.0], [1, 0, 1])
    """
    # A hash of each column, then of the combined code, costs a third of sorting a million rows.
    key, kinds = np.zeros(len(counts), dtype=np.int64), 1
    for column in columns:
        codes, values = pd.factorize(column, sort=True)
        if kinds > _MOST_CODES // max(len(values), 1):
            key, found = pd.factorize(key, sort=True)
            kinds = len(found)
        key, kinds = key * len(values) + codes, kinds * len(values)
    key = pd.factorize(key, sort=True)[0].astype(np.int64)
    first = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key))[::-1]
    return [column[first] for column in columns], np.bincount(key, weights=counts).astype(np.float64), key


@dataclass(frozen=True)
class Estimate:
    """A maximum of the likelihood, with what its surroundings tell.

    Attributes
    ----------
    names : tuple of str
        The parameters' symbols.
    log_values : ndarray, shape (k,)
        Logarithms of the parameters.
    log_likelihood : float
    covariance : ndarray, shape (k, k)
        Laplace's covariance of the logarithms; NaN for a parameter at its bound, or throughout if `indefinite`.
    at_bound : tuple of str
        Parameters that ran into a bound (which stands for zero or infinity).
    indefinite : bool
        Whether the curvature is not that of a maximum, or so flat that a parameter is not told by the data.
    """

    names: tuple[str, ...]
    log_values: FloatArray
    log_likelihood: float
    covariance: FloatArray
    at_bound: tuple[str, ...]
    indefinite: bool
    objective: Objective
    bounds: FloatArray
    rows: int

    @property
    def params(self) -> dict[str, float]:
        """The parameters by symbol."""
        return dict(zip(self.names, np.exp(self.log_values).tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of the parameters by the delta method; NaN where there is no curvature."""
        sd = np.sqrt(np.diagonal(self.covariance)) * np.exp(self.log_values)
        return dict(zip(self.names, sd.tolist(), strict=True))

    @cached_property
    def draws(self) -> tuple[FloatArray, FloatArray]:
        """Draws of the log-parameters, shape (d, k), with importance weights that add up to one, shape (d,).

        The proposal is a multivariate t at the maximum with Laplace's covariance, from a scrambled Sobol sequence; the
        target is the likelihood (flat in the logarithms, within the bounds). Large data get fewer draws: their
        likelihood is dear, and so close to normal that fewer are needed. Where `is_normal`, the draws are Laplace's
        normal itself, equally likely.
        """
        free = np.isfinite(np.diagonal(self.covariance))
        if self.indefinite or not free.any():
            return self.log_values[None, :], np.ones(1)
        affordable = _MOST_DRAWS if self.is_normal else _CELL_BUDGET / max(self.rows, 1)
        count = 2 ** int(np.log2(np.clip(affordable, _FEWEST_DRAWS, _MOST_DRAWS)))
        k = int(free.sum())
        uniform = np.clip(qmc.Sobol(k + 1, rng=np.random.default_rng(0)).random(count), 1e-12, 1 - 1e-12)
        normal = special.ndtri(uniform[:, :k])
        if self.is_normal:
            near = np.clip(self._around(normal, free), self.bounds[:, 0], self.bounds[:, 1])
            return near, np.full(count, 1 / count)
        stretch = np.sqrt(_PROPOSAL_DF / stats.chi2.ppf(uniform[:, k], _PROPOSAL_DF))
        z = normal * stretch[:, None]
        draws = self._around(z, free)
        log_proposal = -0.5 * (_PROPOSAL_DF + k) * np.log1p((z**2).sum(axis=1) / _PROPOSAL_DF)
        inside = ((draws >= self.bounds[:, 0]) & (draws <= self.bounds[:, 1])).all(axis=1)
        log_weight = np.full(count, -np.inf)
        with one_thread():
            log_weight[inside] = [self.objective(draw)[0] for draw in draws[inside]]
        log_weight -= log_proposal
        return draws, special.softmax(log_weight)

    @property
    def is_normal(self) -> bool:
        """Whether the data are so large that the likelihood is taken for the normal that it is close to.

        That is where not even the fewest draws could be afforded; `test_large_data_are_as_good_as_normal` holds the
        intervals against those of importance sampling.
        """
        return self.rows * _FEWEST_DRAWS > _CELL_BUDGET

    def _around(self, z: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
        """Place standard draws around the maximum, by Laplace's covariance."""
        draws = np.tile(self.log_values, (len(z), 1))
        draws[:, free] += z @ np.linalg.cholesky(self.covariance[np.ix_(free, free)]).T
        return draws

    @property
    def effective_sample_size(self) -> float:
        """Kish's effective number of draws behind `intervals`; 1 where there is no curvature to draw from.

        NaN where the draws are those of a normal, and none was weighed by the likelihood.
        """
        if self.is_normal and len(self.draws[1]) > 1:
            return float("nan")
        return float(1.0 / (self.draws[1] ** 2).sum())

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Give the importance-weighted quantile interval of each parameter; NaN where there is no curvature."""
        check_level(level)
        draws, weights = self.draws
        tails = np.array([(1 - level) / 2, (1 + level) / 2])
        known = np.isfinite(np.diagonal(self.covariance))
        found = {}
        for name, column, is_known in zip(self.names, draws.T, known, strict=True):
            low, high = np.exp(weighted_quantiles(column, weights, tails)) if is_known else (np.nan, np.nan)
            found[name] = (float(low), float(high))
        return found

    def resample(self, count: int) -> FloatArray:
        """Give `count` equally likely parameter vectors, shape (count, k), resampled in order; for one, the maximum."""
        draws, weights = self.draws if count > 1 else (self.log_values[None, :], np.ones(1))
        points = (np.arange(count) + 0.5) / count
        chosen = np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)
        return np.exp(draws[chosen])


def maximise(
    objective: Objective,
    *,
    names: tuple[str, ...],
    starts: Sequence[Sequence[float]],
    bounds: Sequence[tuple[float, float]],
    coarse: Objective | None = None,
    rows: int = 1,
) -> Estimate:
    """Maximise a log-likelihood over log-parameters from several starts.

    Parameters
    ----------
    objective : Objective
        Log-parameters -> (log-likelihood, gradient by the log-parameters).
    names : tuple of str, length k
        The parameters' symbols.
    starts : sequence of sequence of float
        Starting points as parameters (not logarithms), each > 0.
    bounds : sequence of (float, float), length k
        Lowest and highest value of each parameter (not logarithms), > 0.
    coarse : Objective, optional
        The same on a part of the data: the starts climb it, and only the best goes on with `objective`.
    rows : int
        Rows that one evaluation reads; limits the draws of `Estimate.draws`.

    Returns
    -------
    Estimate
    """
    with one_thread():
        limits = np.log(np.asarray(bounds, dtype=np.float64))
        return _maximise(objective, names=names, starts=starts, limits=limits, coarse=coarse, rows=rows)


def _maximise(
    objective: Objective,
    *,
    names: tuple[str, ...],
    starts: Sequence[Sequence[float]],
    limits: FloatArray,
    coarse: Objective | None,
    rows: int,
) -> Estimate:
    dear = _remembering(objective)
    climbed = [_climb(coarse or dear, np.log(np.asarray(start, dtype=np.float64)), limits) for start in starts]
    best, value = max(climbed, key=lambda pair: pair[1])
    if coarse is not None:
        best, value = _carried_over(coarse, dear, best, value, limits)
    at_bound = _at_bound(best, limits)
    best, value, curvature = _polish(dear, best, value, limits, ~at_bound)
    covariance, indefinite = _laplace(curvature, ~at_bound)
    return Estimate(
        names=names,
        log_values=best,
        log_likelihood=value,
        covariance=covariance,
        at_bound=tuple(name for name, bound in zip(names, at_bound, strict=True) if bound),
        indefinite=indefinite,
        objective=objective,
        bounds=limits,
        rows=rows,
    )


def one_thread() -> AbstractContextManager[object]:
    """Keep BLAS to one thread: on a busy machine its threads cost short products up to ten times what they bring."""
    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


def of_logarithms(likelihood: Callable[[FloatArray], tuple[float, FloatArray]]) -> Objective:
    """Turn a likelihood of the parameters, with its gradient, into one of their logarithms."""

    def objective(log_theta: FloatArray) -> tuple[float, FloatArray]:
        theta = np.exp(log_theta)
        value, gradient = likelihood(theta)
        return value, gradient * theta

    return objective


def _remembering(objective: Objective) -> Objective:
    """Give the same objective, which is not computed again where it has been."""
    known: dict[bytes, tuple[float, FloatArray]] = {}

    def remembered(log_theta: FloatArray) -> tuple[float, FloatArray]:
        key = log_theta.tobytes()
        if key not in known:
            known[key] = objective(log_theta)
        return known[key]

    return remembered


def _climb(objective: Objective, start: FloatArray, limits: FloatArray) -> tuple[FloatArray, float]:
    start = np.clip(start, limits[:, 0], limits[:, 1])
    scale = max(abs(objective(start)[0]), 1.0)

    def loss(point: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(point)
        return -value / scale, -gradient / scale

    found = optimize.minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, high) for low, high in limits.tolist()],
        options={"ftol": 1e-13, "gtol": 1e-9, "maxiter": 300},
    )
    return np.asarray(found.x, dtype=np.float64), -float(found.fun) * scale


def _curvature(objective: Objective, point: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
    """Give minus the Hessian of the free log-parameters by differences of the analytic gradient.

    They are forward differences, half as dear as central ones; with this step their error is some 1e-5 of the whole.
    """
    step = 1e-5
    here = objective(point)[1]
    columns = []
    for index in np.flatnonzero(free):
        shift = np.zeros_like(point)
        shift[index] = step
        columns.append((here - objective(point + shift)[1])[free] / step)
    matrix = np.array(columns).reshape(len(columns), len(columns))
    return 0.5 * (matrix + matrix.T)


def _at_bound(point: FloatArray, limits: FloatArray) -> npt.NDArray[np.bool_]:
    return (point - limits[:, 0] < _NEAR_BOUND) | (limits[:, 1] - point < _NEAR_BOUND)


def _carried_over(
    coarse: Objective, objective: Objective, point: FloatArray, coarse_value: float, limits: FloatArray
) -> tuple[FloatArray, float]:
    """Go from the maximum of a part of the data to that of all, with the part's curvature: a handful of evaluations.

    Parameters that the part leaves at a bound, or does not tell, stay where they are if all of the data agree.
    """
    free = ~_at_bound(point, limits)
    share = objective(point)[0] / coarse_value if coarse_value else np.nan
    curvature = _curvature(coarse, point, free) * share
    told, of_told = _told(curvature, free)
    if _is_positive(of_told):
        found, value, at_top = _newton(objective, point, of_told, limits, told)
        if at_top and (told.all() or _may_stay(objective(found)[1], found, limits, ~told)):
            return found, value
    return _climb(objective, point, limits)


def _told(curvature: FloatArray, free: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Give which of the free parameters the data tell at all, whatever the others are, and the curvature of these."""
    is_told = np.diagonal(curvature) > _FLAT_LOG_SD**-2
    told = free.copy()
    told[free] = is_told
    return told, curvature[np.ix_(is_told, is_told)]


def _is_positive(curvature: FloatArray) -> bool:
    return bool(curvature.size and np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0)


def _may_stay(gradient: FloatArray, point: FloatArray, limits: FloatArray, held: npt.NDArray[np.bool_]) -> bool:
    """Tell whether the likelihood would gain nothing that any figure shows if what is held were to move."""
    room = np.where(gradient > 0, limits[:, 1] - point, point - limits[:, 0])
    return bool((np.abs(gradient) * np.minimum(room, 1.0))[held].sum() < _NO_GAIN)


def _newton(
    objective: Objective,
    point: FloatArray,
    curvature: FloatArray,
    limits: FloatArray,
    free: npt.NDArray[np.bool_],
) -> tuple[FloatArray, float, bool]:
    """Take Newton's steps with a fixed positive definite curvature; tell whether they reached the top."""
    value, gradient = objective(point)
    for _ in range(12):
        step = np.linalg.solve(curvature, gradient[free])
        # Half of this product is the likelihood still to be gained; the limit is far below what any figure shows.
        if gradient[free] @ step < 1e-8:
            return point, value, True
        trial = point.copy()
        trial[free] = np.clip(point[free] + np.clip(step, -1, 1), limits[free, 0], limits[free, 1])
        trial_value, trial_gradient = objective(trial)
        if not trial_value > value:
            break
        point, value, gradient = trial, trial_value, trial_gradient
    return point, value, False


def _polish(
    objective: Objective, point: FloatArray, value: float, limits: FloatArray, free: npt.NDArray[np.bool_]
) -> tuple[FloatArray, float, FloatArray]:
    """End the climb with Newton's steps, which a flat valley needs, and give the curvature at the top."""
    curvature = _curvature(objective, point, free)
    for _ in range(3):
        told, of_told = _told(curvature, free)
        if not _is_positive(of_told):
            break
        top, value, _ = _newton(objective, point, of_told, limits, told)
        moved = float(np.abs(top - point).max())
        point = top
        if moved < 1e-3:
            break
        curvature = _curvature(objective, point, free)
    return point, value, curvature


def _laplace(curvature: FloatArray, free: npt.NDArray[np.bool_]) -> tuple[FloatArray, bool]:
    covariance = np.full((len(free), len(free)), np.nan)
    if not free.any():
        return covariance, False
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).min() < _FLAT_LOG_SD**-2:
        return covariance, True
    covariance[np.ix_(free, free)] = np.linalg.inv(curvature)
    return covariance, False


def weighted_quantiles(values: FloatArray, weights: FloatArray, levels: FloatArray) -> FloatArray:
    """Give the quantiles of weighted values, interpolated between the middles of their steps.

    Parameters
    ----------
    values : ndarray, shape (n,)
    weights : ndarray, shape (n,), >= 0
        They add up to one.
    levels : ndarray, shape (k,), within [0, 1]

    Returns
    -------
    ndarray, shape (k,)
    """
    order = np.argsort(values)
    middles = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(levels, middles, values[order])


def check_level(level: float) -> None:
    """Raise `InvalidInput` unless 0 < level < 1."""
    if not 0 < level < 1:
        template = mark("The level of an interval must be between 0 and 1, not {level}.")
        raise InvalidInput(Reason("level_out_of_range", template, {"level": level}))
