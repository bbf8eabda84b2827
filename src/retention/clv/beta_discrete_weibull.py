"""The beta-discrete-Weibull: customers differ, and each grows more or less likely to leave with tenure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaln, digamma

from retention.clv.contractual import (
    DECISIVE_DEVIANCE,
    Curve,
    DiscreteWeibull,
    Floats,
    Renewals,
    SimplerModel,
    Survivors,
    TenureModel,
    deviance,
)
from retention.clv.inference import Estimate, maximise
from retention.clv.shifted_beta_geometric import BetaGeometricCurve, ShiftedBetaGeometric
from retention.reasons import Reason, mark

_MIXTURE_BOUNDS = (1e-5, 1e5)
_DURATION_BOUNDS = (0.02, 20.0)


@dataclass(frozen=True, slots=True)
class BetaDiscreteWeibullCurve:
    """S(t) = B(α, β + t^c) / B(α, β) (Fader et al. 2018)."""

    alpha: float
    beta: float
    c: float

    def log_survival(self, t: Floats) -> Floats:
        """Return log S(t)."""
        with np.errstate(over="ignore"):
            power = np.power(np.asarray(t, dtype=np.float64), self.c)
        return _log_survival(self.alpha, self.beta, power)

    @property
    def tail_exponent(self) -> float:
        """S(t) falls as t to the power −α·c."""
        return self.alpha * self.c


class BetaDiscreteWeibull(TenureModel):
    """Contract duration when customers differ and their probability of leaving changes with tenure (BdW).

    Each customer survives t renewals with probability (1 − θ)^(t^c); θ is beta(α, β) over the customers. With c > 1
    each grows more likely to leave, with c < 1 less; with c = 1 it is the shifted beta-geometric.

    Where the data cannot tell c from 1 (twice the gain in log-likelihood over the shifted beta-geometric is below 4, or
    the likelihood has no curvature) the shifted beta-geometric answers, which may itself be answered by a simpler
    model. Where customers do not differ (α and β at their bound) the discrete Weibull does. `boundary` says so
    and `simpler` is what answers.

    References
    ----------
    Fader, Hardie, Liu, Davin & Steenburgh (2018), "How to project customer retention" revisited: the role of duration
    dependence, Journal of Interactive Marketing 43. Recovery of known parameters is checked in
    `test_the_beta_discrete_weibull_recovers_its_parameters`.

    Examples
    --------
    >>> model = BetaDiscreteWeibull().fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> round(model.params["c"], 2), round(model.log_likelihood, 2)
    (1.72, -1605.31)
    """

    name: ClassVar = "Beta-discrete-Weibull"
    symbols: ClassVar = ("alpha", "beta", "c")

    def fit(self, survivors: Survivors) -> Self:
        """Fit by maximum likelihood.

        Parameters
        ----------
        survivors : sequence of int, or sequence of such sequences
            As of `ShiftedBetaGeometric.fit`.

        Returns
        -------
        BetaDiscreteWeibull
            Self, fitted.

        Raises
        ------
        InvalidInput
            A count is negative, not whole or not finite, or a cohort grows.
        NotEnoughData
            There is no renewal, nobody left, or nobody renewed.
        """
        renewals = Renewals.of(survivors)
        nested = ShiftedBetaGeometric().fit(survivors)
        alpha, beta = nested.params.values()
        estimate = maximise(
            lambda log_params: _log_likelihood(renewals, np.exp(log_params)),
            names=self.symbols,
            starts=[(alpha, beta, 1.0), (1.0, 1.0, 1.0), (0.3, 1.5, 1.5), (5.0, 20.0, 0.7), (100.0, 400.0, 1.2)],
            bounds=(_MIXTURE_BOUNDS, _MIXTURE_BOUNDS, _DURATION_BOUNDS),
        )
        self._settle(estimate, _simpler(estimate, renewals, nested))
        return self

    def _own_curve(self) -> Curve:
        return BetaDiscreteWeibullCurve(**self.params)


def _log_survival(alpha: float, beta: float, power: Floats) -> Floats:
    # Where t^c leaves the numbers nobody is left.
    with np.errstate(invalid="ignore"):
        value = betaln(alpha, beta + power) - betaln(alpha, beta)
    return np.where(np.isfinite(power), value, -np.inf)


def _log_likelihood(renewals: Renewals, params: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood and its gradient by the logarithms of the parameters."""
    alpha, beta, c = params
    tenures = np.concatenate([[0.0], renewals.tenures])
    power = tenures**c
    log_survival = _log_survival(alpha, beta, power)
    of_sum = digamma(alpha + beta + power)
    by_power = digamma(beta + power) - of_sum
    by_c = by_power * power * np.log(np.maximum(tenures, 1.0))
    # Each row is the derivative of log S(t); the constants cancel in the differences between renewals.
    derivatives = np.array([-alpha * of_sum, beta * by_power, c * by_c])
    log_rate = np.minimum(np.diff(log_survival), -1e-300)
    leaving = -np.expm1(log_rate)
    value = renewals.renewed @ log_rate + renewals.left @ np.log(leaving)
    slope = renewals.renewed - renewals.left * np.exp(log_rate) / leaving
    return float(value), np.diff(derivatives, axis=1) @ slope


def _simpler(estimate: Estimate, renewals: Renewals, nested: ShiftedBetaGeometric) -> SimplerModel | None:
    """Compare with the shifted beta-geometric, or with what answers for it, and with the discrete Weibull."""
    own = BetaGeometricCurve(**nested.params)
    simpler = nested.simpler
    name, curve, value = (
        (simpler.name, simpler.curve, simpler.log_likelihood)
        if simpler
        else ("shifted_beta_geometric", own, nested.log_likelihood)
    )
    gain = deviance(estimate.log_likelihood, value)
    if gain < DECISIVE_DEVIANCE:
        template = mark(
            "The cohort does not show that leaving depends on tenure (twice the gain in log-likelihood is {gain:.2f}, "
            "below {needed:.0f}): the simpler model without it answers."
        )
        values = {"gain": gain, "needed": DECISIVE_DEVIANCE}
        return SimplerModel(name, curve, value, Reason("no_duration_dependence", template, values))
    if not estimate.at_bound and not estimate.indefinite:
        return None
    alike = _discrete_weibull(renewals)
    alike_value = renewals.log_likelihood(alike)
    if alike_value > value:
        template = mark("The cohort does not show that customers differ: the discrete Weibull answers.")
        return SimplerModel("discrete_weibull", alike, alike_value, Reason("customers_alike", template))
    template = mark("The likelihood has no maximum inside: the simpler model without duration dependence answers.")
    return SimplerModel(name, curve, value, Reason("no_maximum", template))


def _discrete_weibull(renewals: Renewals) -> DiscreteWeibull:
    """Fit the discrete Weibull by maximum likelihood over −log(1 − θ) and c."""

    def log_likelihood(log_params: Floats) -> tuple[float, Floats]:
        force, c = np.exp(log_params)
        tenures = np.concatenate([[0.0], renewals.tenures])
        power = tenures**c
        step = np.diff(power)
        slope_c = np.diff(power * np.log(np.maximum(tenures, 1.0)))
        leaving = -np.expm1(-force * step)
        value = -force * (renewals.renewed @ step) + renewals.left @ np.log(leaving)
        by_force = -renewals.renewed + renewals.left * np.exp(-force * step) / leaving
        return float(value), np.array([force * (by_force @ step), force * c * (by_force @ slope_c)])

    start = -np.log1p(-renewals.left.sum() / renewals.due.sum())
    found = maximise(
        log_likelihood, names=("force", "c"), starts=[(start, 1.0)], bounds=((1e-8, 50.0), _DURATION_BOUNDS)
    )
    force, c = np.exp(found.log_values)
    return DiscreteWeibull(theta=float(-np.expm1(-force)), c=float(c))
