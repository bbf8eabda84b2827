"""Gamma-gamma: what a customer spends per purchase."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from retention.clv.customers import as_column
from retention.clv.inference import Estimate, FloatArray, maximise
from retention.clv.model import FittedModel
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

_LARGEST = 1e5
# Of many customers the climb begins with so many.
_COARSE_ROWS = 20_000


class GammaGamma(FittedModel):
    """The gamma-gamma model: a purchase's value is Gamma(p, v), and v is Gamma(q, gamma) over customers.

    Notes
    -----
    It takes what customers spend to be independent of how often they buy. With q <= 1 the population's mean spend does
    not exist: `population_mean` and the expectation of a customer without purchases are NaN, and
    `population_mean_reason` says why. Where a parameter ran into its bound, `boundary` tells.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2013). The gamma-gamma model of monetary value: equations 1a (likelihood) and 5
    (conditional expectation). Checked in `tests/test_published_figures.py`.

    Examples
    --------
    >>> model = GammaGamma(params={"p": 6.25, "q": 3.74, "gamma": 15.44})
    >>> round(float(model.population_mean), 2)
    35.22
    >>> model.expected_mean_spend([2.0], [50.0]).round(2).tolist()
    [47.34]
    """

    name = "Gamma-gamma"
    symbols = ("p", "q", "gamma")

    def fit(self, frequency: npt.ArrayLike, mean_spend: npt.ArrayLike) -> Self:
        """Fit by maximum likelihood to the customers with purchases of some value.

        Parameters
        ----------
        frequency : array_like, shape (n,)
            Purchases that the mean is of, >= 0; rows with 0 are left out.
        mean_spend : array_like, shape (n,)
            Mean value of those purchases, in any one unit of money; rows with 0 or less are left out.

        Returns
        -------
        Self

        Raises
        ------
        InvalidInput
            If the columns differ in length, or hold a value that is not finite where frequency is above 0.
        NotEnoughData
            If fewer than three customers remain, or all spend the same.
        """
        x, m = _spenders(frequency, mean_spend)
        if len(x) < 3:
            raise NotEnoughData(
                Reason("too_few_spenders", mark("A model of spend needs three customers with a repeat purchase."))
            )
        if np.ptp(m) == 0:
            raise NotEnoughData(Reason("spend_identical", mark("All customers spend the same: nothing to model.")))
        self._adopt(self._maximised(x, m))
        self.boundary = self._judged(self.estimate)
        return self

    @property
    def population_mean(self) -> float:
        """Mean spend per purchase over all customers, p gamma / (q - 1); NaN if q <= 1."""
        p, q, gamma = self._theta
        return float(p * gamma / (q - 1)) if q > 1 else float("nan")

    @property
    def population_mean_reason(self) -> Reason | None:
        """Why `population_mean` is NaN, or None."""
        if self.params["q"] > 1:
            return None
        template = mark(
            "Customers differ so much in what they spend (q = {q:.3f}, not above 1) that the mean does not exist."
        )
        return Reason("mean_spend_infinite", template, {"q": self.params["q"]})

    def expected_mean_spend(self, frequency: npt.ArrayLike, mean_spend: npt.ArrayLike) -> FloatArray:
        """Give each customer's expected spend per purchase, shape (n,); NaN where it does not exist.

        Parameters
        ----------
        frequency, mean_spend : array_like, shape (n,)
            As in `fit`; a customer with frequency 0 or a mean of 0 gets the population's mean.
        """
        p, _, _ = self._theta
        shape, scale = self.posterior(frequency, mean_spend)
        return np.where(shape > 1, p * scale / np.where(shape > 1, shape - 1, 1.0), np.nan)

    def posterior(self, frequency: npt.ArrayLike, mean_spend: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Give the shape q + p x and the rate gamma + x m of each customer's own v, shape (n,) each."""
        x, m = as_column(frequency), as_column(mean_spend)
        if len(x) != len(m):
            raise InvalidInput(Reason("shapes_differ", mark("Frequency and mean spend must be equally long.")))
        p, q, gamma = self._theta
        known = (x > 0) & (m > 0)
        seen, value = np.where(known, x, 0.0), np.where(known, m, 0.0)
        return q + p * seen, gamma + seen * value

    def simulate(self, purchases: npt.ArrayLike, *, seed: int = 0) -> tuple[FloatArray, FloatArray]:
        """Draw each customer's mean value of their `purchases` (shape (n,)), NaN for none, and the customer's v."""
        number = as_column(purchases)
        p, q, gamma = self._theta
        rng = np.random.default_rng(seed)
        v = rng.gamma(q, 1 / gamma, len(number))
        total = rng.gamma(p * np.maximum(number, 1e-9)) / v
        return np.where(number > 0, total / np.maximum(number, 1.0), np.nan), v

    def _maximised(self, x: FloatArray, m: FloatArray) -> Estimate:
        typical = float(np.median(m))
        every = -(-len(x) // _COARSE_ROWS)
        return maximise(
            _SpendLikelihood(x, m),
            coarse=_SpendLikelihood(x[::every], m[::every]) if every > 2 else None,
            names=self.symbols,
            starts=[(2.0, 3.0, 1.5 * typical), (6.0, 4.0, 0.5 * typical), (0.7, 1.5, typical)],
            bounds=[(1e-4, _LARGEST), (1e-4, _LARGEST), (1e-6 * typical, _LARGEST * typical)],
            rows=len(x),
        )

    def _judged(self, estimate: Estimate) -> Reason | None:
        values = {"parameters": ", ".join(estimate.at_bound)}
        if estimate.at_bound:
            template = mark(
                "The spend model is at its limit ({parameters} at its bound): the purchases, or the customers, "
                "are too much alike."
            )
            return Reason("spend_at_bound", template, values)
        if estimate.indefinite:
            return Reason("not_identified", mark("The data do not tell the parameters of the spend model."), values)
        return None


def _spenders(frequency: npt.ArrayLike, mean_spend: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, m = as_column(frequency), as_column(mean_spend)
    if len(x) != len(m):
        raise InvalidInput(Reason("shapes_differ", mark("Frequency and mean spend must be equally long.")))
    if not np.isfinite(x).all() or (x < 0).any() or not np.isfinite(m[x > 0]).all():
        raise InvalidInput(Reason("not_finite", mark("A frequency is negative, or a value is not a number.")))
    kept = (x > 0) & (np.where(x > 0, m, 0.0) > 0)
    return x[kept], m[kept]


class _SpendLikelihood:
    """The sum over customers, by log-parameters; gamma functions are looked up by distinct x."""

    def __init__(self, x: FloatArray, m: FloatArray) -> None:
        self.x, self.total = x, x * m
        self.values, by_x = np.unique(x, return_inverse=True)
        self.at_x = np.bincount(by_x).astype(np.float64)
        self.customers = float(len(x))
        self.purchases = float(x.sum())
        self.logs = float(x @ np.log(self.total))
        self.constant = -float(np.log(m).sum())

    def __call__(self, log_theta: FloatArray) -> tuple[float, FloatArray]:
        p, q, gamma = np.exp(log_theta)
        shape = p * self.values + q
        spread = np.log(gamma + self.total)
        weighted = self.x @ spread
        value = (
            self.at_x @ (special.gammaln(shape) - special.gammaln(p * self.values))
            + self.customers * (q * np.log(gamma) - special.gammaln(q))
            + self.constant
            + p * (self.logs - weighted)
            - q * spread.sum()
        )
        raised = special.digamma(shape)
        by_p = (self.at_x * self.values) @ (raised - special.digamma(p * self.values)) + self.logs - weighted
        by_q = self.at_x @ raised + self.customers * (np.log(gamma) - special.digamma(q)) - spread.sum()
        by_gamma = self.customers * q / gamma - ((p * self.x + q) / (gamma + self.total)).sum()
        return float(value), np.array([by_p * p, by_q * q, by_gamma * gamma])
