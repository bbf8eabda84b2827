"""Predictions agree with the papers' closed forms, with each other, and with simulated futures."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from retention.clv import NBD, BetaGeo, ModifiedBetaGeo, ParetoNBD
from retention.clv.customers import customers_of
from retention.clv.lifetime_integral import LifetimeIntegral

MODELS = [
    NBD(params={"r": 0.6, "alpha": 9.0}),
    BetaGeo(params={"r": 0.25, "alpha": 4.4, "a": 0.8, "b": 2.4}),
    BetaGeo(params={"r": 2.0, "alpha": 5.0, "a": 0.3, "b": 5.0}),
    ModifiedBetaGeo(params={"r": 0.5, "alpha": 6.2, "a": 0.9, "b": 1.6}),
    ParetoNBD(params={"r": 0.55, "alpha": 10.6, "s": 0.6, "beta": 11.7}),
]
X = np.array([0.0, 0.0, 1.0, 2.0, 2.0, 7.0, 29.0])
RECENCY = np.array([0.0, 0.0, 5.0, 30.0, 3.0, 20.0, 37.5])
T = np.array([2.0, 38.0, 38.0, 38.86, 38.86, 30.0, 38.0])
ASKED = {"frequency": X, "recency": RECENCY, "T": T}

positive = st.floats(0.05, 20.0)


@pytest.mark.parametrize("t", [0.5, 39.0])
def test_beta_geometric_expectation_equals_the_papers_hypergeometric_form(t):
    """Fader, Hardie & Lee (2005), equation 10."""
    r, alpha, a, b = 0.25, 4.4, 0.8, 2.4
    age = alpha + T + t
    series = special.hyp2f1(r + X, b + X, a + b + X - 1, t / age)
    expected = (a + b + X - 1) / (a - 1) * (1 - ((alpha + T) / age) ** (r + X) * series)
    left = np.where(X > 0, a / (b + np.maximum(X, 1) - 1) * ((alpha + T) / (alpha + RECENCY)) ** (r + X), 0.0)
    assert MODELS[1].expected_purchases(t, **ASKED) == pytest.approx(expected / (1 + left), rel=1e-9)


@given(a=positive, b=positive, r=positive, alpha=st.floats(0.5, 50.0), t=st.floats(0.1, 100.0))
def test_a_new_customers_expectation_holds_over_the_parameters(a, b, r, alpha, t):
    """The independent calculation sums the same integral over log-odds, where the beta density has no singular ends."""
    model = BetaGeo(params={"r": r, "alpha": alpha, "a": a, "b": b})
    log_odds = np.linspace(-40 / min(a, 1), 40 / min(b, 1), 100_001)
    density = np.exp(a * special.log_expit(log_odds) + b * special.log_expit(-log_odds) - special.betaln(a, b))
    p = np.maximum(special.expit(log_odds), 1e-200)
    purchases = -np.expm1(-r * np.log1p(p * t / alpha)) / p
    expected = integrate.trapezoid(density * purchases, log_odds)
    assert model.expected_new(t) == pytest.approx(expected, rel=2e-5)


@given(
    r=positive,
    alpha=positive,
    s=positive,
    beta=positive,
    x=st.integers(0, 120),
    last=st.floats(0.01, 0.99),
    age=st.floats(1.0, 400.0),
)
def test_the_lifetime_integral_equals_adaptive_quadrature(*, r, alpha, s, beta, x, last, age):
    # A single row is the hardest case: its neighbours' times would be further knots.
    recency = age * last if x > 0 else 0.0
    found = LifetimeIntegral(customers_of([x], [recency], [age])).rows(np.array([r, alpha, s, beta]), gradient=False)

    def scaled(u):
        return np.exp(
            -(r + x) * np.log((alpha + u) / (alpha + recency)) - (s + 1) * np.log((beta + u) / (beta + recency))
        )

    # Most of the integral is near the lower end: cut it there so that the adaptive rule sees it.
    cuts = [recency + (age - recency) * fraction for fraction in (0.0, 1e-4, 1e-3, 1e-2, 0.1, 1.0)]
    expected = sum(integrate.quad(scaled, low, high, epsabs=0, limit=200)[0] for low, high in pairwise(cuts))
    at_recency = -(r + x) * np.log(alpha + recency) - (s + 1) * np.log(beta + recency)
    assert np.log(found.left[0]) + found.log_scale[0] == pytest.approx(np.log(s * expected) + at_recency, abs=1e-5)


@pytest.mark.parametrize("beta", [3.0, 10.6])
def test_pareto_alive_equals_the_papers_hypergeometric_form(beta):
    """Fader & Hardie (2005), the note on Pareto/NBD, for alpha >= beta."""
    r, alpha, s = 0.55, 10.6, 0.6
    power = r + s + X

    def upper(u):
        return special.hyp2f1(power, s + 1, power + 1, (alpha - beta) / (alpha + u)) / (alpha + u) ** power

    dead = s / power * (upper(RECENCY) - upper(T)) * (alpha + T) ** (r + X) * (beta + T) ** s
    model = ParetoNBD(params={"r": r, "alpha": alpha, "s": s, "beta": beta})
    assert model.probability_alive(**ASKED) == pytest.approx(1 / (1 + dead), rel=1e-9)


def test_a_long_steep_history_does_not_overflow():
    model = ParetoNBD(params={"r": 0.5, "alpha": 0.01, "s": 0.5, "beta": 0.01})
    alive = model.probability_alive(frequency=[400.0, 400.0, 400.0], recency=[1.0, 500.0, 999.0], T=[1000.0] * 3)
    assert np.isfinite(alive).all()
    assert alive[0] < 1e-100
    assert alive[2] > 0.5


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_mean_and_the_second_moment_are_those_of_the_tails(model):
    theta = model._theta
    tails = np.array(list(islice(model._tails(theta, X, T, 12.0), 3000)))
    mean, second = model._moments(theta, X, T, 12.0)
    number = np.arange(len(tails))[:, None]
    # Pareto's tails integrate the moment of leaving by eight nodes.
    assert tails.sum(axis=0) == pytest.approx(mean, rel=2e-4)
    assert (2 * number * tails).sum(axis=0) == pytest.approx(second, rel=2e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_none_is_the_complement_of_at_least_one(model):
    first = next(iter(model._tails(model._theta, X, T, 12.0)))
    none = 1 - model.probability_alive(**ASKED) * first
    assert model.probability_none(12.0, **ASKED) == pytest.approx(none, abs=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_no_time_brings_no_purchase(model):
    assert model.expected_purchases(0.0, **ASKED) == pytest.approx(np.zeros(7), abs=1e-12)
    assert model.probability_none(0.0, **ASKED) == pytest.approx(np.ones(7))
    low, high = model.predictive_interval(0.0, **ASKED)
    assert (low == 0).all()
    assert (high == 0).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_half_of_the_active_have_bought_by_the_median(model):
    median = model.next_purchase_median(**ASKED)
    steady = NBD(params=dict(zip(("r", "alpha"), model._theta[:2], strict=True)))
    none = [
        steady.probability_none(float(time), frequency=[x], recency=[recency], T=[age])[0]
        for time, x, recency, age in zip(median, X, RECENCY, T, strict=True)
    ]
    assert none == pytest.approx(np.full(len(X), 0.5), abs=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_predictions_are_calibrated_on_simulated_futures(model):
    age = np.random.default_rng(0).integers(5, 60, 40_000).astype(float)
    seen = model.simulate(age, horizon=39.0, seed=11)
    asked = {"frequency": seen.frequency, "recency": seen.recency, "T": seen.T}
    noise = 4 * seen.future.std() / np.sqrt(len(age))
    assert model.expected_purchases(39.0, **asked).mean() == pytest.approx(seen.future.mean(), abs=noise)
    assert model.probability_alive(**asked).mean() == pytest.approx(seen.alive.mean(), abs=0.01)
    assert model.probability_none(39.0, **asked).mean() == pytest.approx((seen.future == 0).mean(), abs=0.01)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_intervals_of_a_fitted_model_cover_simulated_futures(model):
    """Numbers are discrete, so the coverage lies somewhat above the level; it must not lie below."""
    age = np.random.default_rng(1).integers(10, 60, 3000).astype(float)
    seen = model.simulate(age, horizon=39.0, seed=12)
    fitted = type(model)().fit(seen.frequency, seen.recency, seen.T)
    for level, highest in ((0.8, 0.92), (0.9, 0.95)):
        low, high = fitted.predictive_interval(39.0, level)
        covered = (seen.future >= low) & (seen.future <= high)
        assert level - 0.03 < covered.mean() < highest
        assert covered[seen.frequency >= 3].mean() > level - 0.05


def test_intervals_without_the_customers_own_chance_would_be_caught():
    """The control: the spread of the expectation over the parameters alone covers next to nobody who buys."""
    model = MODELS[2]
    seen = model.simulate(np.full(2000, 30.0), horizon=39.0, seed=13)
    fitted = BetaGeo().fit(seen.frequency, seen.recency, seen.T)
    customers = customers_of(seen.frequency, seen.recency, seen.T)
    spread = [
        (fitted._alive(theta, customers) * fitted._moments_of_rows(theta, customers, 39.0)[0])[customers.inverse]
        for theta in fitted.estimate.resample(32)
    ]
    low, high = np.quantile(spread, [0.05, 0.95], axis=0)
    assert ((seen.future >= low) & (seen.future <= high)).mean() < 0.5


def test_other_customers_are_answered_as_the_fitted_ones(cdnow):
    fitted = ParetoNBD().fit(cdnow.frequency, cdnow.recency, cdnow.T)
    some = {"frequency": cdnow.frequency[:50], "recency": cdnow.recency[:50], "T": cdnow.T[:50]}
    assert fitted.expected_purchases(39.0, **some) == pytest.approx(fitted.expected_purchases(39.0)[:50], rel=1e-6)
    assert fitted.probability_none(39.0, **some) == pytest.approx(fitted.probability_none(39.0)[:50], abs=1e-6)


def test_intervals_on_the_holdout_of_cdnow_cover(cdnow):
    fitted = BetaGeo().fit(cdnow.frequency, cdnow.recency, cdnow.T)
    low, high = fitted.predictive_interval(39.0, 0.9)
    assert 0.87 < ((cdnow.holdout >= low) & (cdnow.holdout <= high)).mean() < 0.95
