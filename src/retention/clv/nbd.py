"""The negative binomial model: each customer buys at their own rate, and nobody ever leaves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from retention.clv.customers import Customers, as_column
from retention.clv.inference import Estimate, FloatArray
from retention.clv.purchases import (
    LEAST_GAIN,
    Likelihood,
    PurchaseModel,
    Simulated,
    maximise_purchases,
    negative_binomial_tails,
    rate_bounds,
)
from retention.reasons import Reason, mark

_SAME_RATE_SHAPE = 1e9


class NBD(PurchaseModel):
    """Poisson purchases at rates that are Gamma(r, alpha) over customers; no dropout.

    It is what the dropout models fall back to where the data show no dropout. Where the data do not show different
    rates either (2 (LL - LL of one rate for all) < 4, or r at its bound), one rate for all answers.

    References
    ----------
    Ehrenberg, A. S. C. (1959). The pattern of consumer purchases. Applied Statistics 8, 26-41. Checked on CDNOW in
    `tests/test_published_figures.py`.

    Examples
    --------
    >>> model = NBD(params={"r": 0.5, "alpha": 10.0})
    >>> round(model.expected_new(20.0), 3)
    1.0
    """

    name = "NBD"
    symbols = ("r", "alpha")

    def simulate(self, T: npt.ArrayLike, *, horizon: float = 0.0, seed: int = 0) -> Simulated:
        """Draw one customer per entry of `T` (shape (n,)), with the purchases of the `horizon` that follows."""
        age = as_column(T)
        rng = np.random.default_rng(seed)
        r, alpha = self._theta
        rate = rng.gamma(r, 1 / alpha, len(age))
        x = rng.poisson(rate * age)
        recency = last_of_uniform(rng, x) * age
        future = rng.poisson(rate * horizon)
        return Simulated(x.astype(np.float64), recency, age, future, np.ones(len(age), dtype=np.bool_))

    def _told_apart(self, asked: Customers) -> Customers:
        # Who never leaves may have bought last at any time.
        return asked.without_recency()

    def _likelihood(self, customers: Customers) -> Likelihood:
        return _NBDLikelihood(customers)

    def _log_likelihood_rows(self, theta: FloatArray, customers: Customers) -> FloatArray:
        r, alpha = theta
        x = customers.frequency
        # Written so that it also holds for a shape of 1e9, which stands for one rate for all.
        rising = np.where(x > 0, special.gammaln(r + x) - special.gammaln(r) if r < 1e6 else x * np.log(r), 0.0)
        value: FloatArray = rising - x * np.log(alpha + customers.T) - r * np.log1p(customers.T / alpha)
        return value

    def _alive(self, theta: FloatArray, customers: Customers) -> FloatArray:  # noqa: ARG002 (nobody leaves)
        return np.ones(len(customers.T))

    def _moments(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
        r, alpha = theta
        shape, odds = r + x, t / (alpha + T)
        return shape * odds, shape * (shape + 1) * odds**2

    def _tails(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> Iterator[FloatArray]:
        r, alpha = theta
        return negative_binomial_tails(r + x, t / (alpha + T))

    def _maximised(self, customers: Customers) -> Estimate:
        starts = [[r, r / customers.rate] for r in (0.5, 3.0)]
        return maximise_purchases(self, customers, starts, rate_bounds(customers))

    def _judged(self, customers: Customers) -> tuple[Reason | None, PurchaseModel | None]:
        gain = 2 * (self.log_likelihood - _poisson_log_likelihood(customers))
        if gain >= LEAST_GAIN and not self.estimate.at_bound and not self.estimate.indefinite:
            return None, None
        template = mark("Customers' rates do not differ measurably: one rate for all answers.")
        one_rate = NBD(params={"r": _SAME_RATE_SHAPE, "alpha": _SAME_RATE_SHAPE / customers.rate})
        return Reason("rates_alike", template, {"model": self.name, "gain": gain}), one_rate


def last_of_uniform(rng: np.random.Generator, count: npt.NDArray[np.int64]) -> FloatArray:
    """Draw the largest of `count` uniform numbers each; 0 for none."""
    largest = rng.random(len(count)) ** (1 / np.maximum(count, 1))
    return np.where(count > 0, largest, 0.0)


class _NBDLikelihood:
    """The sum over customers; it needs how many have each x, and each T."""

    def __init__(self, customers: Customers) -> None:
        self.x, by_x = customers.frequency_kinds
        self.T, by_T = customers.T_kinds
        self.at_x = np.bincount(by_x, weights=customers.counts)
        self.at_T = np.bincount(by_T, weights=customers.counts)
        self.x_at_T = np.bincount(by_T, weights=customers.counts * customers.frequency)
        self.total = float(customers.counts.sum())

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        r, alpha = theta
        log_end = np.log(alpha + self.T)
        shapes = r * self.at_T + self.x_at_T
        value = (
            self.at_x @ special.gammaln(r + self.x)
            + self.total * (r * np.log(alpha) - special.gammaln(r))
            - shapes @ log_end
        )
        by_r = (
            self.at_x @ special.digamma(r + self.x)
            + self.total * (np.log(alpha) - special.digamma(r))
            - self.at_T @ log_end
        )
        by_alpha = self.total * r / alpha - (shapes / (alpha + self.T)).sum()
        return float(value), np.array([by_r, by_alpha])


def _poisson_log_likelihood(customers: Customers) -> float:
    purchases = float(customers.counts @ customers.frequency)
    return float(purchases * (np.log(customers.rate) - 1.0))
