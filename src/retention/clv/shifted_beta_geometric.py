"""The shifted beta-geometric: each customer renews with a probability of his own, the same at each renewal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaln

from retention.clv.contractual import (
    DECISIVE_DEVIANCE,
    Curve,
    Floats,
    Renewals,
    SimplerModel,
    Survivors,
    TenureModel,
    deviance,
    geometric,
    leave_at_once_or_never,
)
from retention.clv.inference import Estimate, maximise
from retention.reasons import Reason, mark

# Beyond these a beta distribution is a point, or two points at 0 and 1, to all that a cohort can tell.
_BOUNDS = (1e-6, 1e7)
_STARTS = ((1.0, 1.0), (0.5, 4.0), (10.0, 40.0), (0.1, 0.1))


@dataclass(frozen=True, slots=True)
class BetaGeometricCurve:
    """S(t) = B(α, β + t) / B(α, β) (Fader & Hardie 2007, equation 6)."""

    alpha: float
    beta: float

    def log_survival(self, t: Floats) -> Floats:
        """Return log S(t)."""
        return np.asarray(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta), dtype=np.float64)

    @property
    def tail_exponent(self) -> float:
        """S(t) falls as t to the power −α."""
        return self.alpha


class ShiftedBetaGeometric(TenureModel):
    """Contract duration when the probability of leaving is beta distributed over customers (sBG).

    Each customer leaves at each renewal with the same probability θ of his own; θ is beta(α, β) over the customers. The
    retention rate rises with tenure because the customers with a high θ leave first.

    Where the data cannot tell that customers differ (twice the gain in log-likelihood over the geometric is below 4, or
    a parameter runs into its bound, or the likelihood has no curvature) the simpler model answers: the geometric, or,
    where α and β run to 0, the curve of customers who leave at the first renewal or never. `boundary`
    says so and `simpler` is what answers.

    References
    ----------
    Fader & Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21. Checked in
    `test_the_published_fits_of_both_segments_are_reproduced`.

    Examples
    --------
    >>> model = ShiftedBetaGeometric().fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 3) for name, value in model.params.items()}
    {'alpha': 0.668, 'beta': 3.806}
    >>> round(model.log_likelihood, 3)
    -1611.158
    >>> [round(share, 3) for share in model.survival([1, 7, 12]).tolist()]
    [0.851, 0.489, 0.378]
    """

    name: ClassVar = "Shifted beta-geometric"
    symbols: ClassVar = ("alpha", "beta")

    def fit(self, survivors: Survivors) -> Self:
        """Fit by maximum likelihood.

        Parameters
        ----------
        survivors : sequence of int, or sequence of such sequences
            Customers of one cohort at the start and after each renewal, non-increasing; those of the last count are
            censored. Or a triangle: one such sequence per cohort, of different lengths, pooled.

        Returns
        -------
        ShiftedBetaGeometric
            Self, fitted.

        Raises
        ------
        InvalidInput
            A count is negative, not whole or not finite, or a cohort grows.
        NotEnoughData
            There is no renewal, nobody left, or nobody renewed.
        """
        renewals = Renewals.of(survivors)
        estimate = maximise(
            lambda log_params: _log_likelihood(renewals, np.exp(log_params)),
            names=self.symbols,
            starts=_STARTS,
            bounds=(_BOUNDS, _BOUNDS),
        )
        self._settle(estimate, _simpler(estimate, renewals))
        return self

    def _own_curve(self) -> Curve:
        return BetaGeometricCurve(**self.params)


def _log_likelihood(renewals: Renewals, params: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood and its gradient by the logarithms of the parameters.

    Written by renewals it needs no beta function: of those who come to renewal t a share α / (α + β + t − 1) leaves.
    """
    alpha, beta = params
    renewing = beta + renewals.tenures - 1.0
    all_due = alpha + renewing
    left = renewals.left.sum()
    value = left * np.log(alpha) + renewals.renewed @ np.log(renewing) - renewals.due @ np.log(all_due)
    of_all = renewals.due @ (1.0 / all_due)
    gradient = np.array([left - alpha * of_all, beta * (renewals.renewed @ (1.0 / renewing) - of_all)])
    return float(value), gradient


def _simpler(estimate: Estimate, renewals: Renewals) -> SimplerModel | None:
    alike, polarised = geometric(renewals), leave_at_once_or_never(renewals)
    alike_value, polarised_value = renewals.log_likelihood(alike), renewals.log_likelihood(polarised)
    gain = deviance(estimate.log_likelihood, alike_value)
    if gain >= DECISIVE_DEVIANCE and not estimate.at_bound and not estimate.indefinite:
        return None
    if gain >= DECISIVE_DEVIANCE and polarised_value > alike_value:
        template = mark("Customers leave at the first renewal or never: who renewed once is taken to stay.")
        reason = Reason("leave_at_once_or_never", template)
        return SimplerModel("leave_at_once_or_never", polarised, polarised_value, reason)
    template = mark(
        "The cohort does not show that customers differ (twice the gain in log-likelihood is {gain:.2f}; {needed:.0f} "
        "or more, with a maximum inside, would): one probability of leaving answers for all."
    )
    values = {"gain": gain, "needed": DECISIVE_DEVIANCE}
    return SimplerModel("geometric", alike, alike_value, Reason("customers_alike", template, values))
