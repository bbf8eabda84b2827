"""Customers under contract: what is observed of them, and what every model of their tenure answers.

In a contract the end is seen, so that all there is to know of a cohort is how many of its customers are left after each
renewal. Whatever the model, the likelihood needs only how many renewed and how many left at each renewal.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from retention.clv.inference import Estimate
from retention.clv.model import FittedModel
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

Floats = npt.NDArray[np.float64]
Survivors = Sequence[float] | Sequence[Sequence[float]] | npt.NDArray[np.number]

# Two nested models are told apart where twice the difference of their log-likelihoods reaches this; about 5 %.
DECISIVE_DEVIANCE = 4.0

# The tail of a sum over tenures is summed to here and integrated beyond, in steps of e, to the end of float64.
_SUMMED = 1000
_LOG_STEPS = 600
_NODES = 16


class Curve(Protocol):
    """A survival curve: all that tenure, retention and lifetime value need of a model."""

    def log_survival(self, t: Floats) -> Floats:
        """Return log S(t) for real t >= 0; S(0) = 1."""
        ...

    @property
    def tail_exponent(self) -> float:
        """How S(t) falls for large t: as t to the power of minus this; infinite where it falls faster."""
        ...


@dataclass(frozen=True, slots=True)
class Renewals:
    """How many customers renewed and how many left at their t-th renewal, t = 1, 2, …, over all cohorts.

    Parameters
    ----------
    renewed, left : ndarray of float64, shape (m,)
        Counts of customers; index 0 is the first renewal.
    """

    renewed: Floats
    left: Floats

    @property
    def due(self) -> Floats:
        """Customers who came to their t-th renewal, shape (m,)."""
        return self.renewed + self.left

    @property
    def tenures(self) -> Floats:
        """1, 2, …, m, shape (m,)."""
        return np.arange(1.0, self.left.size + 1.0)

    @classmethod
    def of(cls, survivors: Survivors) -> Self:
        """Read one cohort, or a list of cohorts of different lengths.

        Raises
        ------
        InvalidInput
            A count is negative, not whole or not finite, or a cohort grows.
        NotEnoughData
            There is no renewal, nobody left, or nobody renewed.
        """
        cohorts = [_cohort(cohort) for cohort in _as_cohorts(survivors)]
        periods = max((cohort.size for cohort in cohorts), default=0) - 1
        renewed, left = np.zeros(max(periods, 0)), np.zeros(max(periods, 0))
        for cohort in cohorts:
            renewed[: cohort.size - 1] += cohort[1:]
            left[: cohort.size - 1] -= np.diff(cohort)
        _check_informative(renewed, left)
        return cls(renewed, left)

    def log_likelihood(self, curve: Curve) -> float:
        """Return the log-likelihood of a survival curve (natural logarithm, no constant left out or added)."""
        log_rate = np.diff(curve.log_survival(np.arange(self.left.size + 1.0)))
        with np.errstate(divide="ignore"):
            log_leaving = np.log(-np.expm1(log_rate))
        # 0 · −∞ is nothing here: a renewal at which nobody left says nothing about leaving.
        terms = np.where(self.renewed > 0, self.renewed * log_rate, 0.0)
        terms += np.where(self.left > 0, self.left * np.where(self.left > 0, log_leaving, 0.0), 0.0)
        return float(terms.sum())


@dataclass(frozen=True, slots=True)
class DiscreteWeibull:
    """Customers who are all alike, S(t) = (1 − θ)^(t^c): the simpler curves at the edges of the mixed models.

    Parameters
    ----------
    theta : float
        Share that leaves at the first renewal, between 0 and 1.
    c : float
        Duration dependence, c >= 0: with 1 it is the geometric; with 0 those who stay once stay for ever.

    References
    ----------
    Nakagawa & Osaki (1975), The discrete Weibull distribution, IEEE Transactions on Reliability 24.
    """

    theta: float
    c: float = 1.0

    def log_survival(self, t: Floats) -> Floats:
        """Return log S(t)."""
        # Where t^c leaves the numbers nobody is left.
        with np.errstate(over="ignore"):
            return np.where(t > 0, math.log1p(-self.theta) * np.power(t, self.c), 0.0)

    @property
    def tail_exponent(self) -> float:
        """Infinite, but for c = 0, where nobody leaves in the end."""
        return math.inf if self.c > 0 else 0.0


def geometric(renewals: Renewals) -> DiscreteWeibull:
    """Fit the geometric: everyone leaves with the same probability at each renewal."""
    return DiscreteWeibull(float(renewals.left.sum() / renewals.due.sum()))


def leave_at_once_or_never(renewals: Renewals) -> DiscreteWeibull:
    """Fit the curve of which only the first renewal matters."""
    return DiscreteWeibull(float(renewals.left[0] / renewals.due[0]), c=0.0)


def deviance(better: float, simpler: float) -> float:
    """Return twice the gain in log-likelihood of a model over a simpler one in it; 0 where rounding makes it a loss."""
    return max(2.0 * (better - simpler), 0.0)


@dataclass(frozen=True, slots=True)
class SimplerModel:
    """The simpler model that answers for one that the data cannot tell from it.

    Parameters
    ----------
    name : str
        geometric, shifted_beta_geometric, discrete_weibull or leave_at_once_or_never.
    curve : Curve
        What then answers.
    log_likelihood : float
        That of the simpler model.
    reason : Reason
        Why it answers.
    """

    name: str
    curve: Curve
    log_likelihood: float
    reason: Reason


class TenureModel(FittedModel, ABC):
    """What every model of contract duration answers, fitted or built from known parameters.

    Attributes
    ----------
    boundary : Reason or None
        Why a simpler model answers instead; `params` and `log_likelihood` remain those of this one.
    simpler : SimplerModel or None
        The model that then answers.
    """

    simpler: SimplerModel | None = None

    @abstractmethod
    def fit(self, survivors: Survivors) -> Self:
        """Fit to the survivors of one cohort or of several; return self."""

    @abstractmethod
    def _own_curve(self) -> Curve:
        """Return the survival curve of the parameters."""

    def survival(self, t: npt.ArrayLike) -> Floats:
        """Return the share of customers who are still there after their t-th renewal.

        Parameters
        ----------
        t : array_like of int
            Number of renewals, t >= 0; S(0) = 1.

        Returns
        -------
        ndarray of float64, the shape of t
            Between 0 and 1.

        Raises
        ------
        InvalidInput
            A t is negative or not whole.
        """
        return np.exp(self._curve.log_survival(_renewal_numbers(t, least=0)))

    def retention_rate(self, t: npt.ArrayLike) -> Floats:
        """Return the share of those who come to their t-th renewal who renew: S(t) / S(t − 1).

        Parameters
        ----------
        t : array_like of int
            Number of the renewal, t >= 1.

        Returns
        -------
        ndarray of float64, the shape of t
            Between 0 and 1.

        Raises
        ------
        InvalidInput
            A t is below 1 or not whole.
        """
        tenure = _renewal_numbers(t, least=1)
        return np.exp(self._curve.log_survival(tenure) - self._curve.log_survival(tenure - 1.0))

    def expected_tenure(self, discount: float = 0.0) -> float:
        """Return the expected (discounted) number of periods that a new customer pays for, the first included.

        It is the sum over t = 0, 1, … of S(t) / (1 + discount)^t. Times the margin of a period it is the customer
        lifetime value; with no discount it is the mean tenure.

        Parameters
        ----------
        discount : float
            Discount rate of one period, >= 0 (0.1 for 10 %).

        Returns
        -------
        float
            Periods; infinite where the sum is, and then `expected_tenure_reason` says why.

        Raises
        ------
        InvalidInput
            The discount is negative or not finite.

        References
        ----------
        Fader & Hardie (2010), Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity,
        Marketing Science 29. Checked in `test_the_discounted_tenure_is_the_published_closed_form`.
        """
        if self.expected_tenure_reason(discount) is not None:
            return math.inf
        return _discounted_sum(self._curve, discount)

    def expected_tenure_reason(self, discount: float = 0.0) -> Reason | None:
        """Return why `expected_tenure(discount)` is infinite, or None where it is not."""
        if not (math.isfinite(discount) and discount >= 0):
            template = mark("A discount rate is a number and not below 0, as {discount} is.")
            raise InvalidInput(Reason("discount", template, {"discount": discount}))
        if discount > 0 or self._curve.tail_exponent > 1:
            return None
        return Reason(
            "infinite_tenure",
            mark(
                "So many customers stay so long that the mean tenure is infinite; discounted, or up to a horizon, "
                "it is finite."
            ),
        )

    @property
    def _curve(self) -> Curve:
        return self._own_curve() if self.simpler is None else self.simpler.curve

    def _settle(self, estimate: Estimate, simpler: SimplerModel | None) -> None:
        self._adopt(estimate)
        self.simpler = simpler
        self.boundary = None if simpler is None else simpler.reason


def _as_cohorts(survivors: Survivors) -> list[npt.ArrayLike]:
    items = list(survivors)
    return list(items) if items and np.ndim(items[0]) > 0 else [items]


def _cohort(survivors: npt.ArrayLike) -> Floats:
    try:
        cohort = np.asarray(survivors, dtype=np.float64)
    except (TypeError, ValueError):
        cohort = np.array([math.nan])
    if cohort.ndim != 1 or not np.all(np.isfinite(cohort)) or np.any(cohort < 0) or np.any(cohort != np.rint(cohort)):
        template = mark("Survivors are counts of customers: whole numbers, none negative.")
        raise InvalidInput(Reason("survivors_not_counts", template))
    if np.any(np.diff(cohort) > 0):
        raise InvalidInput(
            Reason("survivors_grow", mark("A cohort cannot grow: each count is at most the one before."))
        )
    return cohort


def _check_informative(renewed: Floats, left: Floats) -> None:
    if renewed.sum() + left.sum() == 0:
        raise NotEnoughData(Reason("no_renewal", mark("No customer has come to a renewal yet.")))
    if left.sum() == 0:
        raise NotEnoughData(Reason("nobody_left", mark("No customer has left yet: nothing tells how fast they leave.")))
    if renewed.sum() == 0:
        raise NotEnoughData(Reason("nobody_renewed", mark("No customer ever renewed: there is no tenure to model.")))


def _renewal_numbers(t: npt.ArrayLike, least: int) -> Floats:
    tenure = np.asarray(t, dtype=np.float64)
    if not np.all(tenure >= least) or np.any(tenure != np.rint(tenure)):
        raise InvalidInput(
            Reason("renewal_number", mark("The number of a renewal is whole and at least {least}."), {"least": least})
        )
    return tenure


def _discounted_sum(curve: Curve, discount: float) -> float:
    """Sum S(t) / (1 + discount)^t over t = 0, 1, …, by Euler and Maclaurin beyond the first thousand terms."""
    force = math.log1p(discount)

    def log_term(t: Floats) -> Floats:
        return curve.log_survival(t) - t * force

    head = float(np.exp(log_term(np.arange(float(_SUMMED)))).sum())
    before, at, after = np.exp(log_term(np.array([_SUMMED - 1.0, _SUMMED, _SUMMED + 1.0])))
    correction = at / 2 - (after - before) / 24
    # With t = N·e^u a power law decays exponentially in u, so that even steps in u reach the end of the numbers.
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    u = (np.arange(_LOG_STEPS)[:, None] + (nodes + 1) / 2).ravel()
    t = _SUMMED * np.exp(u)
    tail = float(np.exp(log_term(t) + np.log(t)) @ np.tile(weights / 2, _LOG_STEPS))
    if discount == 0 and math.isfinite(curve.tail_exponent):
        end = _SUMMED * math.exp(_LOG_STEPS)
        # Beyond the last step S is a power of t to all digits, whose integral is closed.
        tail += math.exp(float(log_term(np.array([end]))[0]) + math.log(end)) / (curve.tail_exponent - 1.0)
    return float(head + correction + tail)
