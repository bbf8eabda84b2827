"""What all customers together will do: the sum of the forecasts, with an interval.

Two uncertainties add up: each customer's own chance, whose variances add because customers are independent, and that of
the models' parameters, which all customers share. The second is read off the spread of the total over draws of the
parameters, on a thinned set of distinct rows where there are many.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from retention.clv.gamma_gamma import GammaGamma
from retention.clv.inference import FloatArray
from retention.clv.purchases import PurchaseModel
from retention.estimates import Interval, missing, normal_quantile
from retention.reasons import InvalidInput, Reason, mark

_DRAWS = 24
_ROWS = 2_000


def total_purchases(model: PurchaseModel, t: float, *, level: float = 0.95) -> Interval:
    """Forecast the purchases of all fitted customers in (T, T + t].

    Parameters
    ----------
    model : PurchaseModel
        A fitted model.
    t : float
        Length of the future, >= 0, in the unit of T.
    level : float
        Within (0, 1).

    Returns
    -------
    Interval
        The expected total and its predictive interval (normal, cut at 0).
    """
    customers = model.customers(None, None, None)
    none, mean, second = model.predictive_moments(t, customers)
    del none
    total = float(customers.counts @ model.expected_of(customers, t))
    own = float(customers.counts @ np.maximum(second + mean - mean**2, 0.0))
    return _around(total, own + (total * _spread_of_total(model, t)) ** 2, level)


def total_value(
    model: PurchaseModel, spend: GammaGamma, t: float, mean_spend: npt.ArrayLike, *, level: float = 0.95
) -> Interval:
    """Forecast the spend of all fitted customers in (T, T + t].

    Parameters
    ----------
    model, spend : PurchaseModel, GammaGamma
        Fitted models.
    t : float
        Length of the future, >= 0, in the unit of T.
    mean_spend : array_like, shape (n,)
        Mean value of each customer's repeat purchases; 0 where there is none.
    level : float
        Within (0, 1).

    Returns
    -------
    Interval
        The expected total and its predictive interval, in the unit of `mean_spend`; NaN with a reason where the mean
        spend does not exist.

    Raises
    ------
    InvalidInput
        The model was fitted with counts: customers of one history differ in what they spend.

    Notes
    -----
    With N purchases of mean value z, Var[sum] = E[N] Var[value | v] + Var[N z]. The gamma-gamma model's own posterior
    of 1/v gives E[z] and Var[z]; a customer for whom the variance is infinite (posterior shape <= 2) is left with the
    variance of N alone, so that the interval is then a lower bound of the true one.
    """
    customers = model.customers(None, None, None)
    if customers.counts.sum() != len(customers.inverse):
        raise InvalidInput(
            Reason("counts_given", mark("The value of all needs each customer's own spend: fit without counts."))
        )
    spent = np.nan_to_num(np.asarray(mean_spend, dtype=np.float64))
    x = customers.frequency[customers.inverse]
    each = spend.expected_mean_spend(x, spent)
    reason = spend.population_mean_reason
    if not np.isfinite(each).all():
        return missing(reason) if reason else Interval(float("nan"), float("nan"), float("nan"))
    none, mean, second = model.predictive_moments(t, customers)
    del none
    expected, squares = mean[customers.inverse], (second + mean)[customers.inverse]
    total = float((model.expected_purchases(t) * each).sum())
    shape, _ = spend.posterior(x, spent)
    relative = np.where(shape > 2, 1.0 / np.where(shape > 2, shape - 2, 1.0), 0.0)
    squared_each = each**2 * (1 + relative)
    own = expected * squared_each / spend.params["p"] + squares * squared_each - (expected * each) ** 2
    spread = np.hypot(_spread_of_total(model, t), _spread_of_spend(spend))
    return _around(total, float(np.maximum(own, 0.0).sum()) + (total * spread) ** 2, level)


def _around(total: float, variance: float, level: float) -> Interval:
    reach = normal_quantile(level) * float(np.sqrt(variance))
    return Interval(total, max(0.0, total - reach), total + reach)


def _spread_of_total(model: PurchaseModel, t: float) -> float:
    """Return the coefficient of variation of the expected total over the parameters' uncertainty."""
    answering = model.answering_model
    if not answering.is_fitted:
        # At a boundary the limit of the model answers; its parameters are known, and their uncertainty is not.
        return 0.0
    rows = model.customers(None, None, None).thinned(_ROWS)
    totals = []
    for values in answering.estimate.resample(_DRAWS):
        drawn = type(answering)(params=dict(zip(answering.symbols, values.tolist(), strict=True)))
        totals.append(float(rows.counts @ drawn.expected_of(rows, t)))
    return _variation(np.array(totals))


def _spread_of_spend(spend: GammaGamma) -> float:
    """Return the coefficient of variation of the population's mean spend over the parameters' uncertainty."""
    p, q, gamma = spend.estimate.resample(_DRAWS).T
    return _variation((p * gamma / np.where(q > 1, q - 1, np.nan))[q > 1])


def _variation(values: FloatArray) -> float:
    mean = float(values.mean()) if len(values) else 0.0
    return float(values.std(ddof=1)) / mean if len(values) > 1 and mean > 0 else 0.0
