"""Pareto/NBD: customers leave at a moment of their own, whether they buy or not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from retention.clv.customers import Customers, as_column
from retention.clv.dropout import DropoutModel
from retention.clv.inference import Estimate, FloatArray
from retention.clv.nbd import last_of_uniform
from retention.clv.purchases import (
    HIGHEST_SHAPE,
    Likelihood,
    Simulated,
    maximise_purchases,
    negative_binomial_tails,
    rate_bounds,
)

_LEAVING_NODES = 8


class ParetoNBD(DropoutModel):
    """The Pareto/NBD model: rates Gamma(r, alpha), exponential lifetimes whose rates are Gamma(s, beta).

    References
    ----------
    Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Counting your customers: who are they and what will they
    do next? Management Science 33, 1-24. Fader, P. S. & Hardie, B. G. S. (2005). A note on deriving the Pareto/NBD
    model and related expressions. Checked in `tests/test_published_figures.py`.

    Notes
    -----
    The likelihood is G(r + x)/G(r) alpha^r beta^s { (alpha + T)^-(r+x) (beta + T)^-s + s D } with D of
    `lifetime_integral`; P(alive) is the first term's share.

    Examples
    --------
    >>> model = ParetoNBD(params={"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.669})
    >>> alive = model.probability_alive(frequency=[2.0, 2.0], recency=[30.43, 3.0], T=[38.86, 38.86])
    >>> bool(alive[0] > alive[1])
    True
    """

    name = "Pareto/NBD"
    symbols = ("r", "alpha", "s", "beta")

    def simulate(self, T: npt.ArrayLike, *, horizon: float = 0.0, seed: int = 0) -> Simulated:
        """Draw one customer per entry of `T` (shape (n,)), with the purchases of the `horizon` that follows."""
        age = as_column(T)
        rng = np.random.default_rng(seed)
        r, alpha, s, beta = self._theta
        rate = rng.gamma(r, 1 / alpha, len(age))
        lifetime = rng.exponential(1.0, len(age)) / np.maximum(rng.gamma(s, 1 / beta, len(age)), 1e-300)
        active = np.minimum(age, lifetime)
        x = rng.poisson(rate * active)
        recency = active * last_of_uniform(rng, x)
        future = rng.poisson(rate * (np.clip(lifetime, age, age + horizon) - age))
        return Simulated(x.astype(np.float64), recency, age, future, lifetime > age)

    def _likelihood(self, customers: Customers) -> Likelihood:
        return _ParetoLikelihood(customers)

    def _log_likelihood_rows(self, theta: FloatArray, customers: Customers) -> FloatArray:
        r, alpha, s, beta = theta
        terms = customers.lifetimes.rows(theta, gradient=False)
        constant = special.gammaln(r + customers.frequency) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        value: FloatArray = constant + terms.log_scale + np.log(terms.active + terms.left)
        return value

    def _alive(self, theta: FloatArray, customers: Customers) -> FloatArray:
        terms = customers.lifetimes.rows(theta, gradient=False)
        return terms.active / (terms.active + terms.left)

    def _moments(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> tuple[FloatArray, FloatArray]:
        r, alpha, s, beta = theta
        shape, age = r + x, beta + T
        # The time w that the customer stays within t: E[w] is the integral of P(w > v), E[w^2] that of 2 v P(w > v).
        grown = np.log1p(t / age)
        first = age * grown * special.exprel((1 - s) * grown)
        second = 2 * age * (age * grown * special.exprel((2 - s) * grown) - first)
        return shape / (alpha + T) * first, shape * (shape + 1) / (alpha + T) ** 2 * second

    def _tails(self, theta: FloatArray, x: FloatArray, T: FloatArray, t: float) -> Iterator[FloatArray]:
        r, alpha, s, beta = theta
        nodes, weights = np.polynomial.legendre.leggauss(_LEAVING_NODES)
        age = beta + T
        leaves = -np.expm1(-s * np.log1p(t / age))
        # The moment of leaving, by its quantiles, for who leaves within t; the last row is for who does not.
        quantiles = leaves * (0.5 * (1 + nodes))[:, None]
        stay = np.vstack([age * np.expm1(-np.log1p(-quantiles) / s), np.full((1, len(T)), t)])
        share = np.vstack([leaves * (0.5 * weights)[:, None], 1 - leaves])
        for wished in negative_binomial_tails(r + x, stay / (alpha + T)):
            yield np.asarray((share * wished).sum(axis=0))

    def _maximised(self, customers: Customers) -> Estimate:
        r, alpha = self._without_dropout(customers)._theta
        age = customers.mean_age
        starts = [[r, alpha, s, beta] for s, beta in ((0.6, 0.4 * age), (1.5, 3 * age), (0.2, 0.5 * age))]
        longest = float(customers.T.max())
        bounds = [*rate_bounds(customers), (1e-5, HIGHEST_SHAPE), (1e-7 * longest, 1e3 * HIGHEST_SHAPE * longest)]
        return maximise_purchases(self, customers, starts, bounds)


class _ParetoLikelihood:
    """The sum over customers and its gradient."""

    def __init__(self, customers: Customers) -> None:
        self.integral = customers.lifetimes
        self.x, by_x = customers.frequency_kinds
        self.T, self.by_T = customers.T_kinds
        self.at_x = np.bincount(by_x, weights=customers.counts)
        self.counts, self.frequency = customers.counts, customers.frequency
        self.total = float(customers.counts.sum())

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        r, alpha, s, beta = theta
        terms = self.integral.rows(theta, gradient=True)
        assert terms.by is not None  # noqa: S101 (asked for)
        sum_of_terms = terms.active + terms.left
        value = (
            self.at_x @ special.gammaln(r + self.x)
            + self.total * (r * np.log(alpha) + s * np.log(beta) - special.gammaln(r))
            + self.counts @ (terms.log_scale + np.log(sum_of_terms))
        )
        share = self.counts / sum_of_terms
        active = share * terms.active
        log_alpha, over_alpha, log_beta, over_beta = terms.by
        active_at_T = np.bincount(self.by_T, weights=active, minlength=len(self.T))
        rates_at_T = np.bincount(self.by_T, weights=active * (r + self.frequency), minlength=len(self.T))
        by_r = (
            self.at_x @ special.digamma(r + self.x)
            + self.total * (np.log(alpha) - special.digamma(r))
            - active_at_T @ np.log(alpha + self.T)
            - s * (share @ log_alpha)
        )
        by_alpha = (
            self.total * r / alpha
            - (rates_at_T / (alpha + self.T)).sum()
            - s * ((share * (r + self.frequency)) @ over_alpha)
        )
        by_s = (
            self.total * np.log(beta)
            - active_at_T @ np.log(beta + self.T)
            + (share @ terms.left) / s
            - s * (share @ log_beta)
        )
        by_beta = self.total * s / beta - s * (active_at_T / (beta + self.T)).sum() - s * (s + 1) * (share @ over_beta)
        return float(value), np.array([by_r, by_alpha, by_s, by_beta])
