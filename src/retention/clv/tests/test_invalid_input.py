"""What cannot be computed raises, with a reason, or is NaN with one."""

from __future__ import annotations

import numpy as np
import pytest

from retention.clv import NBD, BetaGeo, BetaGeoBetaBinomial, GammaGamma, ModifiedBetaGeo, ParetoNBD
from retention.reasons import InvalidInput, NotEnoughData

MODELS = [NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD, BetaGeoBetaBinomial]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (([], [], []), "too_few_customers"),
        (([2], [3], [5]), "too_few_customers"),
        (([0, 0, 0], [0, 0, 0], [5, 6, 7]), "no_repeat_purchases"),
        (([2, 2, 2], [3, 3, 3], [5, 5, 5]), "customers_identical"),
    ],
)
def test_too_little_to_compare_is_told(model, columns, code):
    with pytest.raises(NotEnoughData) as raised:
        model().fit(*columns)
    assert raised.value.reason.code == code


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (([-1, 2], [0, 3], [5, 5]), "frequency_invalid"),
        (([1.5, 2], [2, 3], [5, 5]), "frequency_invalid"),
        (([1, 2], [6, 3], [5, 5]), "recency_outside"),
        (([1, 2], [-2, 3], [5, 5]), "recency_outside"),
        (([0, 2], [4, 3], [5, 5]), "recency_inconsistent"),
        (([1, 2], [0, 3], [5, 5]), "recency_inconsistent"),
        (([1, np.nan], [2, 3], [5, 5]), "not_finite"),
        (([1, 2], [2, 3], [5, np.inf]), "not_finite"),
        (([1, 2], [2, 3], [5]), "shapes_differ"),
        (([[1, 2]], [[2, 3]], [[5, 5]]), "not_a_column"),
        ((["a", "b"], [2, 3], [5, 5]), "not_numbers"),
    ],
)
def test_impossible_rows_are_refused(model, columns, code):
    with pytest.raises(InvalidInput) as raised:
        model().fit(*columns)
    assert raised.value.reason.code == code
    assert str(raised.value)


def test_counts_must_be_positive():
    with pytest.raises(InvalidInput):
        BetaGeo().fit([1, 2], [2, 3], [5, 5], counts=[1, 0])


@pytest.mark.parametrize("model", [*MODELS, GammaGamma])
def test_a_model_that_is_not_fitted_says_so(model):
    for ask in (lambda: model().params, lambda: model().log_likelihood):
        with pytest.raises(NotEnoughData) as raised:
            ask()
        assert raised.value.reason.code == "not_fitted"


@pytest.mark.parametrize("params", [{}, {"r": 1.0}, {"r": -1.0, "alpha": 2.0}, {"r": 1.0, "alpha": 2.0, "a": 1.0}])
def test_parameters_that_are_not_the_models_are_refused(params):
    with pytest.raises(InvalidInput):
        NBD(params=params)


@pytest.mark.parametrize("t", [-1.0, float("nan"), float("inf")])
def test_a_length_of_time_below_zero_or_without_end_is_refused(t):
    model = NBD(params={"r": 1.0, "alpha": 2.0})
    with pytest.raises(InvalidInput):
        model.expected_purchases(t, frequency=[1], recency=[1], T=[2])
    with pytest.raises(InvalidInput):
        model.expected_new(t)


def test_a_model_of_known_parameters_needs_to_be_told_the_customers():
    model = NBD(params={"r": 1.0, "alpha": 2.0})
    with pytest.raises(InvalidInput):
        model.probability_alive()
    with pytest.raises(InvalidInput):
        model.probability_alive(frequency=[1.0])


def test_opportunities_are_whole_and_hold_the_frequency():
    for columns in (([1, 1], [1.5, 2], [3, 3]), ([3, 1], [2, 2], [3, 3])):
        with pytest.raises(InvalidInput) as raised:
            BetaGeoBetaBinomial().fit(*columns)
        assert raised.value.reason.code == "opportunities_invalid"


def test_two_different_customers_are_answered_with_finite_numbers():
    for model in MODELS[:4]:
        fitted = model().fit([0, 3], [0, 9], [10, 12])
        assert np.isfinite(fitted.expected_purchases(5.0)).all()
        assert fitted.boundary is not None


def test_spend_of_too_few_or_of_all_alike_is_told():
    with pytest.raises(NotEnoughData):
        GammaGamma().fit([], [])
    with pytest.raises(NotEnoughData):
        GammaGamma().fit([0, 0, 0, 0], [np.nan] * 4)
    with pytest.raises(NotEnoughData) as raised:
        GammaGamma().fit([1, 2, 3], [9.0, 9.0, 9.0])
    assert raised.value.reason.code == "spend_identical"
    with pytest.raises(InvalidInput):
        GammaGamma().fit([1, 2, 3], [9.0, np.nan, 8.0])


def test_a_mean_spend_that_does_not_exist_is_nan_with_a_reason():
    model = GammaGamma(params={"p": 2.0, "q": 0.8, "gamma": 10.0})
    assert np.isnan(model.population_mean)
    assert model.population_mean_reason is not None
    spend = model.expected_mean_spend([0.0, 2.0], [np.nan, 30.0])
    assert np.isnan(spend[0])
    assert spend[1] == pytest.approx(2.0 * (10.0 + 60.0) / (0.8 + 4.0 - 1))


def test_spend_almost_alike_is_flagged_at_the_limit():
    rng = np.random.default_rng(0)
    model = GammaGamma().fit(np.full(300, 4.0), rng.normal(50.0, 0.001, 300))
    assert model.boundary is not None
