"""What customers will spend: purchases times spend, with an interval for each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from retention.clv.customers import as_column
from retention.clv.gamma_gamma import GammaGamma
from retention.clv.inference import FloatArray, check_level
from retention.clv.purchases import PurchaseModel
from retention.reasons import InvalidInput, Reason, mark

# Below this a complement to 1 has lost three digits of fifteen.
_FEW_DIGITS = 1e-3


@dataclass(frozen=True)
class ValueForecast:
    """Each customer's spend in a future time.

    Attributes
    ----------
    expected : ndarray, shape (n,), float64
        Expected spend in the unit of the mean spend; NaN where it does not exist (see `reason`).
    low, high : ndarray, shape (n,), float64
        The predictive interval: equal-tailed, or from 0 where 0 cannot be left out. It exists also where the
        expectation does not. It may be 0 to 0 for a customer who most likely buys nothing.
    reason : Reason or None
        Why `expected` is NaN for some customers.
    """

    expected: FloatArray
    low: FloatArray
    high: FloatArray
    reason: Reason | None


def forecast_value(
    purchases: PurchaseModel,
    spend: GammaGamma,
    t: float,
    mean_spend: npt.ArrayLike,
    *,
    level: float = 0.95,
    frequency: npt.ArrayLike | None = None,
    recency: npt.ArrayLike | None = None,
    T: npt.ArrayLike | None = None,
) -> ValueForecast:
    """Forecast what each customer spends in (T, T + t].

    Parameters
    ----------
    purchases : PurchaseModel
        Fitted, or with known parameters.
    spend : GammaGamma
        Fitted, or with known parameters.
    t : float
        Length of the future, >= 0, in the unit of T.
    mean_spend : array_like, shape (n,)
        Mean value of each customer's repeat purchases; NaN, 0 or less where there is none.
    level : float
        Within (0, 1).
    frequency, recency, T : array_like, shape (n,), optional
        Other customers than the fitted ones; all three or none.

    Returns
    -------
    ValueForecast

    Raises
    ------
    InvalidInput
        If `mean_spend` is not one value per customer, or the others are out of range.

    Notes
    -----
    The probability of no purchase is exact. Given N >= 1 purchases, the sum of N gamma values (at v = 1) is taken as a
    gamma with the same mean and variance - both exact - and dividing by the customer's own v, whose distribution given
    the past is gamma, gives a beta prime distribution, whose quantiles are known. For customers as shops have them the
    upper end is exact to about half a point of probability, the lower, where few purchases are a lattice, to about two;
    where the number is torn between none and very many (a heavy buyer who may just have left), either may be off by
    several; `tests/test_value.py` checks this
    and the coverage. All but one factor depends on the distinct rows only, so a million customers take seconds. The
    uncertainty of the spend model's parameters is not in the interval; it is far below the customer's own from some
    hundreds of repeat buyers on.

    Examples
    --------
    >>> from retention.clv import BetaGeo
    >>> buys = BetaGeo(params={"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259})
    >>> spends = GammaGamma(params={"p": 6.25, "q": 3.74, "gamma": 15.44})
    >>> found = forecast_value(buys, spends, 39.0, [30.0], frequency=[5.0], recency=[30.0], T=[35.0])
    >>> bool(found.low[0] < found.expected[0] < found.high[0])
    True
    """
    check_level(level)
    customers = purchases.customers(frequency, recency, T)
    inverse, x = customers.inverse, customers.frequency[customers.inverse]
    spent = as_column(mean_spend)
    if len(spent) != len(x):
        raise InvalidInput(Reason("shapes_differ", mark("Mean spend must have one value per customer.")))
    shape, scale = spend.posterior(x, spent)
    mean_each = spend.expected_mean_spend(x, spent)
    bought = purchases.expected_purchases(t, frequency=frequency, recency=recency, T=T)
    expected = np.where(bought > 0, bought * mean_each, 0.0)

    total = _TotalGivenSome.of(*purchases.predictive_moments(t, customers), p=spend.params["p"])
    row_shape = np.empty(len(customers.T))
    row_shape[inverse] = shape
    bounds = []
    # Where nothing may be spent the lower end cannot miss, so the upper end alone holds the level.
    lower = np.full(len(customers.T), (1 - level) / 2)
    for probability in (lower, np.where(total.none < lower, 1 - lower, level)):
        by_row = total.quantile(probability, row_shape)[inverse]
        # A repeat buyer whose spend is unknown shares the row of others, but not what is known of the spend.
        for shared in np.unique(shape[shape != row_shape[inverse]]):
            here = np.flatnonzero((shape == shared) & (row_shape[inverse] != shared))
            by_row[here] = total.quantile(probability, np.full(len(row_shape), shared))[inverse[here]]
        bounds.append(scale * by_row)
    reason = None
    if np.isnan(expected).any():
        reason = spend.population_mean_reason
    return ValueForecast(expected, bounds[0], bounds[1], reason)


@dataclass(frozen=True)
class _TotalGivenSome:
    """The spend in units of 1/v: nothing with probability `none`, else Gamma(shape, scale)."""

    none: FloatArray
    shape: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, none: FloatArray, mean: FloatArray, second: FloatArray, *, p: float) -> _TotalGivenSome:
        """Match the moments of a sum of N values Gamma(p, 1) given N >= 1."""
        # Who surely buys nothing has no distribution given a purchase; any will do, for it is never asked.
        possible = none < 1 - 1e-12
        some = np.where(possible, 1 - none, 1.0)
        number = np.where(possible, np.maximum(mean / some, 1.0), 1.0)
        variance = np.maximum((second + mean) / some - number**2, 0.0)
        spread = p * number + p**2 * variance
        return cls(none, (p * number) ** 2 / spread, spread / (p * number))

    def quantile(self, probability: FloatArray, shape_of_v: FloatArray) -> FloatArray:
        """Give the quantile of each row for v ~ Gamma(shape_of_v, 1)."""
        found = np.zeros(len(self.none))
        some = np.flatnonzero(self.none < probability)
        # Measured from above, where the upper tail is.
        above = (1 - probability[some]) / (1 - self.none[some])
        ratio = special.betainccinv(self.shape[some], shape_of_v[some], np.minimum(above, 1.0))
        rest = 1 - ratio
        # The complement of the ratio loses its digits where spend has a heavy tail: there it is computed itself.
        heavy = np.flatnonzero(rest < _FEW_DIGITS)
        at = some[heavy]
        rest[heavy] = special.betaincinv(shape_of_v[at], self.shape[at], np.minimum(above[heavy], 1.0))
        found[some] = self.scale[some] * ratio / np.maximum(rest, 1e-300)
        return found
