"""The sum over all customers, with an interval that holds."""

from __future__ import annotations

import numpy as np
import pytest

from retention.clv import BetaGeo, GammaGamma
from retention.clv.totals import total_purchases, total_value

PARAMS = {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.0}
SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}
SHOPS = 14


@pytest.fixture(scope="module")
def shops():
    """Total forecasts of purchases and spend beside what then came, for shops of 300 customers each."""
    results = []
    for seed in range(SHOPS):
        ages = np.random.default_rng(seed).integers(10, 60, 300).astype(float)
        people = BetaGeo(params=PARAMS).simulate(ages, horizon=26.0, seed=seed)
        mean, v = GammaGamma(params=SPEND).simulate(people.frequency, seed=seed)
        model = BetaGeo().fit(people.frequency, people.recency, ages)
        spend = GammaGamma().fit(people.frequency, np.nan_to_num(mean))
        spent = np.random.default_rng(seed + 1_000).gamma(SPEND["p"] * np.maximum(people.future, 1e-9), 1 / v)
        results.append(
            (
                total_purchases(model, 26.0, level=0.9),
                int(people.future.sum()),
                total_value(model, spend, 26.0, np.nan_to_num(mean), level=0.9),
                float(spent[people.future > 0].sum()),
            )
        )
    return results


def test_the_total_is_the_sum_of_the_customers():
    ages = np.full(500, 40.0)
    people = BetaGeo(params=PARAMS).simulate(ages, seed=1)
    model = BetaGeo().fit(people.frequency, people.recency, ages)
    total = total_purchases(model, 13.0)
    assert total.value == pytest.approx(model.expected_purchases(13.0).sum())
    assert 0 < total.low < total.value < total.high


def test_nine_of_ten_intervals_hold_the_purchases_that_came(shops):
    held = sum(interval.low <= actual <= interval.high for interval, actual, _, _ in shops)
    # 12.6 of 14 is the level; below 9 has a chance of 1 in 600.
    assert held >= 9


def test_nine_of_ten_intervals_hold_the_spend_that_came(shops):
    held = sum(interval.low <= actual <= interval.high for _, _, interval, actual in shops)
    assert held >= 9


def test_the_customers_own_chance_alone_would_not_do(shops):
    """The interval must be wider than Poisson noise, which knows neither habits nor parameters."""
    for interval, _, _, _ in shops:
        assert interval.high - interval.value > 1.645 * np.sqrt(interval.value)


def test_where_the_mean_spend_does_not_exist_neither_does_the_total():
    ages = np.full(300, 40.0)
    people = BetaGeo(params=PARAMS).simulate(ages, seed=1)
    model = BetaGeo().fit(people.frequency, people.recency, ages)
    endless = GammaGamma(params={"p": 1.0, "q": 0.5, "gamma": 10.0})
    total = total_value(model, endless, 13.0, np.zeros(300))
    assert np.isnan(total.value)
    assert total.reason.code == "mean_spend_infinite"
