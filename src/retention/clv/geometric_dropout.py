"""What BG/NBD and MBG/NBD share: a customer may leave after a purchase, each with an own beta-distributed probability.

The two differ in one thing: whether the first purchase counts as an occasion to leave. With k occasions survived
(k = x for BG/NBD, x + 1 for MBG/NBD) the likelihood of a customer is

    G(r + x)/G(r) alpha^r B(a, b + k)/B(a, b) { (alpha + T)^-(r+x) + [k > 0] a/(b + k - 1) (alpha + t_x)^-(r+x) },

and given that the customer is active at T, the rate is Gamma(r + x, alpha + T) and the probability to leave is
Beta(a, b + k), independent of each other: moments and tails of the future follow in closed form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import linalg, special

from retention.clv.customers import Customers, as_column
from retention.clv.dropout import DropoutModel
from retention.clv.inference import Estimate, FloatArray, IntArray
from retention.clv.nbd import last_of_uniform
from retention.clv.purchases import (
    HIGHEST_SHAPE,
    Likelihood,
    Simulated,
    maximise_purchases,
    negative_binomial_tails,
    rate_bounds,
)

_FEWEST_NODES, _MOST_NODES = 48, 400
_SMALL_REACH = 1e-4


class GeometricDropout(DropoutModel):
    """The shared part; `first_occasions` tells how many occasions to leave come before the first repeat purchase."""

    symbols = ("r", "alpha", "a", "b")
    first_occasions: ClassVar[int]

    def simulate(self, T: npt.ArrayLike, *, horizon: float = 0.0, seed: int = 0) -> Simulated:
        """Draw one customer per entry of `T` (shape (n,)), with the purchases of the `horizon` that follows."""
        age = as_column(T)
        rng = np.random.default_rng(seed)
        r, alpha, a, b = self._theta
        rate = rng.gamma(r, 1 / alpha, len(age))
        leaving = np.maximum(rng.beta(a, b, len(age)), 1e-15)
        # The repeat purchase after which the customer leaves; 0 where already the first purchase was the last.
        last = rng.geometric(leaving) - self.first_occasions
        wished = rng.poisson(rate * age)
        alive = wished < last
        x = np.where(alive, wished, last)
        recency = age * last_of_uniform(rng, x)
        # Of `wished` uniform times the last-th in order is Beta(last, wished - last + 1).
        left = ~alive & (x > 0)
        recency[left] = age[left] * rng.beta(x[left], wished[left] - x[left] + 1)
        future = np.where(alive, np.minimum(rng.poisson(rate * horizon), last - x), 0)
        return Simulated(x.astype(np.float64), recency, age, future, alive)

    def _likelihood(self, customers: Customers) -> Likelihood:
        return _GeometricLikelihood(customers, self.first_occasions)

    def _log_likelihood_rows(self, theta: FloatArray, customers: Customers) -> FloatArray:
        r, alpha, a, b = theta
        x = customers.frequency
        k = x + self.first_occasions
        stayed = special.gammaln(r + x) - special.gammaln(r) - x * np.log(alpha + customers.T)
        stayed += special.betaln(a, b + k) - special.betaln(a, b) - r * np.log1p(customers.T / alpha)
        value: FloatArray = stayed + np.logaddexp(0.0, self._log_odds_left(theta, customers))
        return value

    def _log_odds_left(self, theta: FloatArray, customers: Customers) -> FloatArray:
        """Give ln(P(left) / P(active)) at T."""
        r, alpha, a, b = theta
        x = customers.frequency
        k = x + self.first_occasions
        odds = np.full(len(x), -np.inf)
        some = k > 0
        waited = np.log((alpha + customers.T[some]) / (alpha + customers.recency[some]))
        odds[some] = np.log(a / (b + k[some] - 1)) + (r + x[some]) * waited
        return odds

    def _alive(self, theta: FloatArray, customers: Customers) -> FloatArray:
        return special.expit(-self._log_odds_left(theta, customers))

    def _moments(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
        r, alpha, a, b = theta
        mean, second = np.empty(len(x)), np.empty(len(x))
        odds = t / (alpha + T)
        for value, rows in _groups(x):
            # Given p, purchases come at the rate lambda exp(-lambda p u); integrated over u and lambda, then over p.
            # The integrand bends at p = 1 / (purchases wished), where nodes lie about 1 / nodes^2 apart.
            wished = (r + value) * odds[rows].max()
            nodes = int(np.clip(4 * np.sqrt(wished), _FEWEST_NODES, _MOST_NODES))
            p, weights = beta_quadrature(a, b + value + self.first_occasions, nodes)
            thinned = odds[rows, None] * p
            shape = r + value
            log_none = -shape * np.log1p(thinned)
            once = -np.expm1(log_none)
            twice = _twice(shape, thinned / (1 + thinned), log_none)
            mean[rows] = once @ (weights / p)
            second[rows] = twice @ (2 * (1 - p) * weights / p**2)
        return mean, second

    def _tails(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> Iterator[FloatArray]:
        r, alpha, a, b = theta
        stays = np.ones(len(x))
        occasions = b + x + self.first_occasions
        for number, wished in enumerate(negative_binomial_tails(r + x, t / (alpha + T))):
            # To buy n times a customer must wish to, and must stay after the n - 1 purchases before.
            yield stays * wished
            stays = stays * (occasions + number) / (a + occasions + number)

    def _maximised(self, customers: Customers) -> Estimate:
        r, alpha = self._without_dropout(customers)._theta
        starts = [[r, alpha, a, b] for a, b in ((0.8, 2.5), (0.3, 6.0), (2.0, 40.0))]
        bounds = [*rate_bounds(customers), (1e-5, HIGHEST_SHAPE), (1e-5, HIGHEST_SHAPE)]
        return maximise_purchases(self, customers, starts, bounds)


def _twice(shape: float, q: FloatArray, log_none: FloatArray) -> FloatArray:
    """Give the regularised incomplete beta function I_q(2, shape), with log_none = shape ln(1 - q).

    It is 1 - (1 - q)^shape (1 + shape q), in a fraction of the time of the general function; where q and shape q are so
    small that this loses digits, three terms of the series have them.
    """
    reach = shape * q
    closed = -np.expm1(log_none + np.log1p(reach))
    series = (1 + 1 / shape) * reach**2 * (0.5 - (shape - 1) * q / 3 + (shape - 1) * (shape - 2) * q**2 / 8)
    return np.where(np.maximum(q, reach) < _SMALL_REACH, series, closed)


def beta_quadrature(a: float, b: float, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Give nodes in (0, 1) and weights, adding up to one, of Gauss's rule for the Beta(a, b) distribution.

    Parameters
    ----------
    a, b : float
        > 0.
    nodes : int
        The rule is exact for polynomials up to the degree 2 nodes - 1.

    References
    ----------
    Golub, G. H. & Welsch, J. H. (1969). Calculation of Gauss quadrature rules. Mathematics of Computation 23, 221-230.

    Examples
    --------
    >>> p, weights = beta_quadrature(2.0, 3.0, 5)
    >>> round(float(weights @ p), 12)
    0.4
    """
    # Jacobi's polynomials on [-1, 1] have the weight (1 - u)^(b-1) (1 + u)^(a-1), with p = (1 + u) / 2.
    n = np.arange(nodes, dtype=np.float64)
    total = 2 * n + a + b - 2
    diagonal = np.empty(nodes)
    diagonal[0] = (a - b) / (a + b)
    diagonal[1:] = ((a - 1) ** 2 - (b - 1) ** 2) / (total[1:] * (total[1:] + 2))
    m, s = n[1:], total[1:]
    square = np.empty(nodes - 1)
    square[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    m, s = m[1:], s[1:]
    square[1:] = 4 * m * (m + a - 1) * (m + b - 1) * (m + a + b - 2) / (s**2 * (s**2 - 1))
    u, vectors = linalg.eigh_tridiagonal(diagonal, np.sqrt(square))
    return np.clip(0.5 * (1 + u), 1e-300, 1.0), vectors[0] ** 2


def _groups(x: FloatArray) -> Iterator[tuple[float, IntArray]]:
    """Yield each distinct value with the rows that hold it."""
    order = np.argsort(x, kind="stable")
    values, first = np.unique(x[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, first[1:]), strict=True)


class _GeometricLikelihood:
    """The sum over customers, with logarithms by distinct x, t_x and T; a row costs one exponential."""

    def __init__(self, customers: Customers, first_occasions: int) -> None:
        self.x, by_x = customers.frequency_kinds
        self.T, by_T = customers.T_kinds
        self.recency, by_recency = customers.recency_kinds
        self.k = self.x + first_occasions
        self.at_x = np.bincount(by_x, weights=customers.counts)
        self.at_T = np.bincount(by_T, weights=customers.counts)
        self.x_at_T = np.bincount(by_T, weights=customers.counts * customers.frequency)
        self.total = float(customers.counts.sum())
        # Only who had an occasion to leave may have left.
        some = customers.frequency + first_occasions > 0
        self.row_x, self.by_x, self.by_T = customers.frequency[some], by_x[some], by_T[some]
        self.by_recency = by_recency[some]
        self.row_counts = customers.counts[some]

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, a, b = theta
        end, last = alpha + self.T, alpha + self.recency
        log_end, shapes = np.log(end), r * self.at_T + self.x_at_T
        waited = log_end[self.by_T] - np.log(last)[self.by_recency]
        occasions = np.maximum(b + self.k - 1, b)
        log_odds = (np.log(a) - np.log(occasions))[self.by_x] + (r + self.row_x) * waited
        small = np.exp(-np.abs(log_odds))
        left = self.row_counts * np.where(log_odds > 0, 1.0, small) / (1.0 + small)
        value = (
            self.at_x @ (special.gammaln(r + self.x) + special.betaln(a, b + self.k))
            + self.total * (r * np.log(alpha) - special.gammaln(r) - special.betaln(a, b))
            - shapes @ log_end
            + self.row_counts @ (np.maximum(log_odds, 0.0) + np.log1p(small))
        )
        slower = (1 / end)[self.by_T] - (1 / last)[self.by_recency]
        by_r = (
            self.at_x @ special.digamma(r + self.x)
            + self.total * (np.log(alpha) - special.digamma(r))
            - self.at_T @ log_end
            + left @ waited
        )
        by_alpha = self.total * r / alpha - (shapes / end).sum() + (left * (r + self.row_x)) @ slower
        both = special.digamma(a + b) * self.total - self.at_x @ special.digamma(a + b + self.k)
        by_a = both + left.sum() / a
        by_b = (
            both
            + self.at_x @ special.digamma(b + self.k)
            - self.total * special.digamma(b)
            - (np.bincount(self.by_x, weights=left, minlength=len(self.x)) / occasions).sum()
        )
        return float(value), np.array([by_r, by_alpha, by_a, by_b])
