"""Gradients, maxima, curvature and draws are what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from retention.clv import NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD, inference
from retention.clv.beta_geo_beta_binomial import _OpportunityLikelihood
from retention.clv.customers import customers_of
from retention.clv.gamma_gamma import _SpendLikelihood
from retention.clv.inference import compress, maximise, of_logarithms, weighted_quantiles
from retention.reasons import InvalidInput

log_parameter = st.floats(-2.0, 3.0)
SEEN = ParetoNBD(params={"r": 0.7, "alpha": 6.0, "s": 0.7, "beta": 10.0}).simulate(np.linspace(3, 60, 80), seed=1)
SMALL = customers_of(SEEN.frequency, SEEN.recency, SEEN.T)
DONORS = customers_of([0, 1, 2, 3, 3], [0, 1, 4, 3, 6], [6, 6, 6, 5, 6], [50, 20, 9, 4, 2])
SPEND = _SpendLikelihood(np.array([1.0, 2.0, 5.0, 5.0]), np.array([12.0, 30.0, 22.0, 41.0]))
OBJECTIVES = {
    "nbd": (of_logarithms(NBD()._likelihood(SMALL)), 2),
    "beta_geo": (of_logarithms(BetaGeo()._likelihood(SMALL)), 4),
    "modified": (of_logarithms(ModifiedBetaGeo()._likelihood(SMALL)), 4),
    "pareto": (of_logarithms(ParetoNBD()._likelihood(SMALL)), 4),
    "opportunities": (of_logarithms(_OpportunityLikelihood(DONORS)), 4),
    "spend": (SPEND, 3),
}


def worst_gradient_error(objective, point):
    numeric = optimize.approx_fprime(point, lambda place: objective(place)[0], 1e-6)
    value, gradient = objective(point)
    return np.abs(gradient - numeric).max() / (1 + np.abs(numeric).max() + abs(value))


@pytest.mark.parametrize("name", OBJECTIVES)
@given(values=st.lists(log_parameter, min_size=4, max_size=4))
def test_the_analytic_gradient_is_that_of_the_likelihood(name, values):
    objective, size = OBJECTIVES[name]
    assert worst_gradient_error(objective, np.array(values[:size])) < 1e-5


def test_a_wrong_gradient_would_be_seen():
    """The control of the test above."""
    objective, _ = OBJECTIVES["beta_geo"]
    wrong = lambda point: (objective(point)[0], objective(point)[1] * [1, 1, 1, 1.01])  # noqa: E731
    assert worst_gradient_error(wrong, np.array([-1.0, 1.0, 2.0, 2.0])) > 1e-5


@pytest.mark.parametrize("model", [NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD])
def test_the_fitted_likelihood_is_the_sum_of_the_rows(model):
    theta = np.array([0.7, 5.0, 0.9, 4.0][: len(model.symbols)])
    by_row = SMALL.counts @ model()._log_likelihood_rows(theta, SMALL)
    assert model()._likelihood(SMALL)(theta)[0] == pytest.approx(by_row, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=30))
def test_folding_keeps_every_row_and_every_count(rows):
    first, second, counts = np.array(rows, dtype=float).T
    (one, two), folded, inverse = compress([first, second], counts)
    assert (one[inverse] == first).all()
    assert (two[inverse] == second).all()
    assert folded.tolist() == [counts[inverse == row].sum() for row in range(len(one))]
    assert len(set(zip(one, two, strict=True))) == len(one)
    assert sorted(zip(one, two, strict=True)) == list(zip(one, two, strict=True))


def test_counts_stand_for_repeated_rows():
    counts = np.arange(1, 81) % 4 + 1.0
    repeated = [np.repeat(column, counts.astype(int)) for column in (SEEN.frequency, SEEN.recency, SEEN.T)]
    folded = BetaGeo().fit(SEEN.frequency, SEEN.recency, SEEN.T, counts=counts)
    written_out = BetaGeo().fit(*repeated)
    assert folded.log_likelihood == pytest.approx(written_out.log_likelihood, abs=1e-6)
    assert folded.params == pytest.approx(written_out.params, rel=1e-4)


def gaussian(point):
    centre, precision = np.array([0.3, -1.2]), np.array([[40.0, 12.0], [12.0, 9.0]])
    away = point - centre
    return -0.5 * away @ precision @ away, -precision @ away


def test_a_normal_likelihood_gives_its_own_mean_spread_and_quantiles():
    found = maximise(gaussian, names=("a", "b"), starts=[(3.0, 3.0)], bounds=[(1e-3, 1e3)] * 2)
    covariance = np.linalg.inv([[40.0, 12.0], [12.0, 9.0]])
    assert found.log_values == pytest.approx([0.3, -1.2], abs=1e-6)
    assert found.covariance == pytest.approx(covariance, rel=1e-6)
    low, high = np.log(found.intervals(0.9)["b"])
    assert [low, high] == pytest.approx(stats.norm.ppf([0.05, 0.95], -1.2, np.sqrt(covariance[1, 1])), abs=0.02)
    assert found.effective_sample_size > 500


def test_importance_weights_correct_what_laplace_cannot_see():
    """A log-gamma likelihood is skewed in the logarithm: its exact quantiles are those of the gamma distribution."""
    skewed = lambda point: (float(3 * point[0] - np.exp(point[0])), 3 - np.exp(point))  # noqa: E731
    found = maximise(skewed, names=("g",), starts=[(1.0,)], bounds=[(1e-6, 1e3)])
    exact = stats.gamma.ppf([0.025, 0.975], 3)
    laplace = 3 * np.exp(np.array([-1.96, 1.96]) / np.sqrt(3))
    assert found.intervals()["g"] == pytest.approx(exact, rel=0.03)
    assert np.abs(laplace / exact - 1).max() > 0.2


def test_large_data_are_as_good_as_normal(monkeypatch):
    """With so many distinct rows that no draw is weighed, the intervals are still those of importance sampling."""
    age = np.random.default_rng(4).uniform(10, 60, 130_000)
    seen = BetaGeo(params={"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}).simulate(age, seed=5)
    large = BetaGeo().fit(seen.frequency, seen.recency, seen.T)
    assert large.estimate.is_normal
    assert np.isnan(large.effective_sample_size)
    monkeypatch.setattr(inference, "_CELL_BUDGET", 512.0 * len(age))
    weighed = BetaGeo().fit(seen.frequency, seen.recency, seen.T)
    assert weighed.effective_sample_size > 300
    for symbol, (low, high) in weighed.intervals().items():
        assert large.intervals()[symbol] == pytest.approx((low, high), abs=0.06 * (high - low))


def test_a_parameter_at_its_bound_is_named_and_has_no_standard_error():
    rising = lambda point: (float(point[0] - np.exp(point[1]) + point[1]), np.array([1.0, 1 - np.exp(point[1])]))  # noqa: E731
    found = maximise(rising, names=("up", "b"), starts=[(1.0, 2.0)], bounds=[(1e-3, 1e3)] * 2)
    assert found.at_bound == ("up",)
    assert np.isnan(found.standard_errors["up"])
    assert found.standard_errors["b"] == pytest.approx(1.0, rel=1e-3)


def test_a_flat_likelihood_is_indefinite():
    flat = lambda point: (float(-((point[0] + point[1]) ** 2)), -2 * np.full(2, point.sum()))  # noqa: E731
    found = maximise(flat, names=("a", "b"), starts=[(2.0, 2.0)], bounds=[(1e-3, 1e3)] * 2)
    assert found.indefinite
    assert np.isnan(found.intervals()["a"]).all()


def test_many_rows_climbed_on_a_part_first_reach_the_same_top():
    age = np.random.default_rng(2).uniform(10, 60, 30_000)
    seen = BetaGeo(params={"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.5}).simulate(age, seed=3)
    model = BetaGeo().fit(seen.frequency, seen.recency, seen.T)
    assert len(model._customers.T) > 20_000
    gradient = model.estimate.objective(model.estimate.log_values)[1]
    assert np.abs(gradient).max() < 0.05
    error = (np.array(list(model.params.values())) - [0.5, 6.0, 0.8, 2.5]) / list(model.standard_errors.values())
    assert np.abs(error).max() < 4


def test_weighted_quantiles_of_equal_weights_are_the_plain_ones():
    values = np.random.default_rng(0).normal(size=2001)
    found = weighted_quantiles(values, np.full(2001, 1 / 2001), np.array([0.1, 0.5, 0.9]))
    assert found == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), abs=0.01)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, float("nan")])
def test_a_level_outside_zero_to_one_is_refused(level):
    model = NBD().fit(SEEN.frequency, SEEN.recency, SEEN.T)
    with pytest.raises(InvalidInput):
        model.intervals(level)
