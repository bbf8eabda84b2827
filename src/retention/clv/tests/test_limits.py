"""Customers who are alike in one way: the model's own limit answers, and says so."""

from __future__ import annotations

import numpy as np
import pytest

from retention.clv import BetaGeo, BetaGeoBetaBinomial, GammaGamma, ParetoNBD
from retention.clv.customers import customers_of
from retention.clv.totals import total_purchases, total_value
from retention.reasons import InvalidInput, NotEnoughData


@pytest.mark.parametrize("seed", [0, 2])
def test_where_all_tend_alike_to_leave_forecasts_know_that_they_leave(seed):
    # Wherever the climb along the ridge stops, NBD (which would foretell some 20,000) must not answer.
    ages = np.random.default_rng(seed).uniform(30, 60, 6_000).round()
    truth = ParetoNBD(params={"r": 0.8, "alpha": 4.0, "s": 1e4, "beta": 1e4 / 0.06})
    people = truth.simulate(ages, horizon=50.0, seed=seed)
    model = ParetoNBD().fit(people.frequency, people.recency, ages)
    assert model.boundary.code in {"not_identified", "dropout_alike"}
    assert model.answering_model is model
    assert model.expected_purchases(50.0).sum() == pytest.approx(people.future.sum(), rel=0.1)


@pytest.mark.parametrize("seed", [3, 4])
def test_buyers_at_opportunities_who_are_alike_are_said_to_be(seed):
    truth = BetaGeoBetaBinomial(params={"alpha": 3_000.0, "beta": 7_000.0, "gamma": 0.7, "delta": 2.8})
    # Wherever the climb along the ridge stops, the model without dropout must not answer.
    frequency, recency, future = truth.simulate(np.full(4_000, 10), horizon=5, seed=seed)
    model = BetaGeoBetaBinomial().fit(frequency, recency, np.full(4_000, 10))
    assert model.boundary.code in {"not_identified", "rates_alike"}
    assert model.expected_purchases(5).sum() == pytest.approx(future.sum(), rel=0.1)


@pytest.mark.parametrize(("beta", "expected"), [(1e-2, -1.09911176865), (1e-3, -0.76051377401), (1e-4, -0.55065017361)])
def test_the_likelihood_holds_where_beta_is_tiny(beta, expected):
    """The figures are of the defining integral, by quadrature with 40 digits."""
    model = ParetoNBD(params={"r": 10.0, "alpha": 10.0, "s": 0.1, "beta": beta})
    [found] = model._log_likelihood_rows(model._theta, customers_of([0], [0], [700]))
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_total_of_counted_rows_is_that_of_the_rows_written_out():
    counts = [400, 100, 60, 40]
    rows = ([0, 1, 2, 5], [0, 10, 20, 25], [30] * 4)
    counted = total_purchases(BetaGeo().fit(*rows, counts=counts), 30.0)
    written_out = total_purchases(BetaGeo().fit(*(np.repeat(column, counts) for column in rows)), 30.0)
    assert counted.value == pytest.approx(written_out.value)
    assert (counted.low, counted.high) == pytest.approx((written_out.low, written_out.high))


def test_the_value_of_counted_rows_is_refused():
    model = BetaGeo().fit([0, 1, 2, 5], [0, 10, 20, 25], [30] * 4, counts=[400, 100, 60, 40])
    spend = GammaGamma(params={"p": 6.25, "q": 3.74, "gamma": 15.44})
    with pytest.raises(InvalidInput) as caught:
        total_value(model, spend, 30.0, [0.0, 30.0, 35.0, 40.0])
    assert caught.value.reason.code == "counts_given"


@pytest.mark.parametrize("ask", ["probability_alive", "expected_purchases", "probability_none", "predictive_interval"])
@pytest.mark.parametrize("model", [BetaGeo(params={"r": 0.2, "alpha": 4.0, "a": 0.8, "b": 2.4})])
def test_nothing_can_be_foretold_of_nobody(model, ask):
    time = () if ask == "probability_alive" else (10.0,)
    with pytest.raises(NotEnoughData) as caught:
        getattr(model, ask)(*time, frequency=[], recency=[], T=[])
    assert caught.value.reason.code == "no_customers"
