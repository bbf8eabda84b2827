"""Fits to simulated customers find the parameters that made them, and intervals hold them as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from retention.clv import NBD, BetaGeo, BetaGeoBetaBinomial, GammaGamma, ModifiedBetaGeo, ParetoNBD

TRUE = [
    (NBD, {"r": 0.5, "alpha": 8.0}),
    (BetaGeo, {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}),
    (ModifiedBetaGeo, {"r": 0.8, "alpha": 6.0, "a": 0.8, "b": 2.5}),
    (ParetoNBD, {"r": 0.6, "alpha": 8.0, "s": 0.7, "beta": 12.0}),
]


def errors(fitted, params):
    return np.array([(fitted.params[name] - value) / fitted.standard_errors[name] for name, value in params.items()])


@pytest.mark.parametrize(("model", "params"), TRUE)
def test_simulated_customers_give_their_parameters_back(model, params):
    age = np.random.default_rng(0).integers(20, 80, 8000).astype(float)
    seen = model(params=params).simulate(age, seed=7)
    fitted = model().fit(seen.frequency, seen.recency, seen.T)
    assert fitted.boundary is None
    assert np.abs(errors(fitted, params)).max() < 4


@pytest.mark.parametrize(("model", "params"), TRUE)
def test_simulated_customers_buy_as_the_model_expects(model, params):
    known = model(params=params)
    seen = known.simulate(np.full(60_000, 30.0), seed=8)
    noise = 4 * seen.frequency.std() / np.sqrt(60_000)
    assert seen.frequency.mean() == pytest.approx(known.expected_new(30.0), abs=noise)
    assert (seen.recency <= seen.T).all()
    assert ((seen.recency == 0) == (seen.frequency == 0)).all()


def test_intervals_hold_the_true_parameters_as_often_as_they_say():
    params = {"r": 0.6, "alpha": 8.0}
    held: dict[float, list[bool]] = {0.8: [], 0.95: []}
    for seed in range(40):
        seen = NBD(params=params).simulate(np.full(300, 40.0), seed=seed)
        fitted = NBD().fit(seen.frequency, seen.recency, seen.T)
        for level, answers in held.items():
            answers += [low <= params[name] <= high for name, (low, high) in fitted.intervals(level).items()]
    # Two answers of one fit are related: the width is three standard deviations of a share of forty.
    for level, answers in held.items():
        assert np.mean(answers) == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / 40))


def test_simulated_spend_gives_its_parameters_back():
    params = {"p": 4.0, "q": 3.0, "gamma": 20.0}
    number = np.random.default_rng(1).integers(1, 9, 6000).astype(float)
    spent, _ = GammaGamma(params=params).simulate(number, seed=2)
    fitted = GammaGamma().fit(number, spent)
    assert fitted.boundary is None
    assert np.abs(errors(fitted, params)).max() < 4


def test_simulated_donors_give_their_parameters_and_their_future_back():
    params = {"alpha": 1.2, "beta": 0.8, "gamma": 0.7, "delta": 2.8}
    x, recency, future = BetaGeoBetaBinomial(params=params).simulate(np.full(12_000, 8), horizon=4, seed=3)
    fitted = BetaGeoBetaBinomial().fit(x, recency, np.full(12_000, 8.0))
    assert fitted.boundary is None
    assert np.abs(errors(fitted, params)).max() < 4
    assert fitted.expected_purchases(4).mean() == pytest.approx(future.mean(), rel=0.04)
    assert fitted.probability_none(4).mean() == pytest.approx((future == 0).mean(), abs=0.015)
