"""Forecasts of spend: expectation, interval, and what has no answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from retention.clv import NBD, BetaGeo, GammaGamma, ModifiedBetaGeo, ParetoNBD, forecast_value
from retention.reasons import InvalidInput

SPEND = {"p": 6.25, "q": 3.74, "gamma": 15.44}
PURCHASES = [
    (NBD, {"r": 0.5, "alpha": 10.0}),
    (BetaGeo, {"r": 0.3, "alpha": 5.0, "a": 0.8, "b": 2.5}),
    (BetaGeo, {"r": 2.0, "alpha": 5.0, "a": 0.3, "b": 5.0}),
    (ModifiedBetaGeo, {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 1.6}),
    (ParetoNBD, {"r": 0.55, "alpha": 10.0, "s": 0.6, "beta": 11.0}),
]


def simulated(model, params, spend, customers):
    age = np.random.default_rng(0).integers(10, 60, customers).astype(float)
    seen = model(params=params).simulate(age, horizon=39.0, seed=3)
    mean, v = GammaGamma(params=spend).simulate(seen.frequency, seed=4)
    future = np.random.default_rng(5).gamma(spend["p"] * np.maximum(seen.future, 1)) / v
    return seen, mean, np.where(seen.future > 0, future, 0.0)


@pytest.mark.parametrize(
    ("purchases", "spend"),
    [*((case, SPEND) for case in PURCHASES), (PURCHASES[1], {"p": 1.2, "q": 2.2, "gamma": 30.0})],
)
def test_intervals_of_spend_cover_simulated_futures(purchases, spend):
    model, params = purchases
    seen, mean, future = simulated(model, params, spend, 3000)
    found = forecast_value(
        model().fit(seen.frequency, seen.recency, seen.T), GammaGamma().fit(seen.frequency, mean), 39.0, mean, level=0.9
    )
    covered = (future >= found.low) & (future <= found.high)
    assert 0.87 < covered.mean() < 0.95
    assert 0.85 < covered[seen.frequency >= 3].mean() < 0.96


def test_the_expectation_is_that_of_simulated_futures():
    seen, mean, future = simulated(*PURCHASES[2], SPEND, 40_000)
    asked = {"frequency": seen.frequency, "recency": seen.recency, "T": seen.T}
    found = forecast_value(BetaGeo(params=PURCHASES[2][1]), GammaGamma(params=SPEND), 39.0, mean, **asked)
    assert found.expected.mean() == pytest.approx(future.mean(), abs=4 * future.std() / 200)
    assert found.reason is None


def test_the_ends_cut_off_about_what_they_say_of_the_exact_mixture_over_the_number_of_purchases():
    """Given N = n the spend is beta prime with n p and q + p x: the exact distribution sums over n."""
    model, spend = NBD(params={"r": 2.0, "alpha": 10.0}), GammaGamma(params=SPEND)
    x, age, mean, t = 6.0, 40.0, 35.0, 39.0
    found = forecast_value(model, spend, t, [mean], level=0.9, frequency=[x], recency=[30.0], T=[age])
    number = np.arange(1, 200)
    odds = t / (10.0 + age)
    mass = np.exp(
        special.gammaln(2.0 + x + number)
        - special.gammaln(2.0 + x)
        - special.gammaln(number + 1)
        - (2.0 + x) * np.log1p(odds)
        + number * np.log(odds / (1 + odds))
    )
    shape, scale = (values[0] for values in spend.posterior([x], [mean]))

    def below(value):
        return 1 - mass.sum() + mass @ special.betainc(number * SPEND["p"], shape, value / (value + scale))

    # Matching two moments leaves the lower end, where one or two purchases are a lattice, the less exact.
    assert below(found.low[0]) == pytest.approx(0.05, abs=0.025)
    assert below(found.high[0]) == pytest.approx(0.95, abs=0.005)


def test_a_mean_spend_that_does_not_exist_is_nan_with_a_reason_and_keeps_its_interval():
    spend = GammaGamma(params={"p": 2.0, "q": 0.9, "gamma": 10.0})
    asked = {"frequency": [0.0, 4.0], "recency": [0.0, 20.0], "T": [30.0, 30.0]}
    found = forecast_value(BetaGeo(params=PURCHASES[2][1]), spend, 200.0, [np.nan, 25.0], **asked)
    assert np.isnan(found.expected[0])
    assert found.expected[1] > 0
    assert found.reason is not None
    assert found.reason.code == "mean_spend_infinite"
    assert np.isfinite(found.high).all()


def test_a_repeat_buyer_of_unknown_spend_is_taken_as_unknown_not_as_another():
    model, spend = BetaGeo(params=PURCHASES[2][1]), GammaGamma(params=SPEND)
    asked = {"frequency": [4.0, 4.0], "recency": [20.0, 20.0], "T": [30.0, 30.0]}
    both = forecast_value(model, spend, 39.0, [25.0, np.nan], **asked)
    alone = {name: values[:1] for name, values in asked.items()}
    for customer, mean in enumerate((25.0, np.nan)):
        single = forecast_value(model, spend, 39.0, [mean], **alone)
        assert both.high[customer] == pytest.approx(single.high[0])
        assert both.low[customer] == pytest.approx(single.low[0])


def test_no_future_is_worth_nothing():
    asked = {"frequency": [4.0], "recency": [20.0], "T": [30.0]}
    found = forecast_value(BetaGeo(params=PURCHASES[2][1]), GammaGamma(params=SPEND), 0.0, [25.0], **asked)
    assert (found.expected, found.low, found.high) == (pytest.approx([0.0]),) * 3


def test_a_mean_for_another_number_of_customers_is_refused():
    with pytest.raises(InvalidInput):
        forecast_value(
            NBD(params=PURCHASES[0][1]), GammaGamma(params=SPEND), 1.0, [1.0, 2.0], frequency=[0], recency=[0], T=[1]
        )
