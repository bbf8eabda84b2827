"""Which model is chosen, and what is said of it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from retention.backtest import read_backtest
from retention.choose import CANDIDATES, Holdout, choose, errors
from retention.clv import NBD, BetaGeo
from retention.clv.customers import customers_of
from retention.reasons import NotEnoughData

from .cdnow import cdnow_sample


@pytest.fixture(scope="module")
def cdnow_choice():
    test = read_backtest(cdnow_sample(), cut=date(1997, 9, 30), horizon_days=273, first_on=date(1997, 1, 1))
    return choose(test.customers, test.holdout)


def test_within_two_points_of_aic_the_smaller_backtest_error_decides(cdnow_choice):
    by_name = {candidate.name: candidate for candidate in cdnow_choice.candidates}
    lead = by_name["BG/NBD"].model.aic - by_name["MBG/NBD"].model.aic
    assert lead == pytest.approx(0.6, abs=0.05)
    assert cdnow_choice.chosen == "MBG/NBD"
    assert by_name["MBG/NBD"].errors.mae < by_name["BG/NBD"].errors.mae
    assert cdnow_choice.why[0].code == "smaller_backtest_error"


def test_a_better_error_decides_only_among_the_ties(cdnow_choice):
    by_name = {candidate.name: candidate for candidate in cdnow_choice.candidates}
    assert by_name["Pareto/NBD"].errors.mae < by_name["MBG/NBD"].errors.mae
    assert by_name["Pareto/NBD"].model.aic > by_name["MBG/NBD"].model.aic + 2


def test_the_published_holdout_correlations_are_met(cdnow_choice):
    correlation = {candidate.name: candidate.errors.correlation for candidate in cdnow_choice.candidates}
    assert correlation["BG/NBD"] == pytest.approx(0.626, abs=5e-4)
    assert correlation["Pareto/NBD"] == pytest.approx(0.630, abs=5e-4)


def test_the_second_sentence_compares_with_the_best_naive_forecast(cdnow_choice):
    why = cdnow_choice.why[1]
    best = min(cdnow_choice.baselines.values(), key=lambda naive: naive.mae)
    assert why.code == "beats_naive"
    assert why.values["naive_mae"] == best.mae
    assert "1882" in str(why)


def test_where_nobody_leaves_the_simple_model_is_chosen():
    people = NBD(params={"r": 0.9, "alpha": 8.0}).simulate(np.full(3_000, 52.0), seed=3)
    choice = choose(customers_of(people.frequency, people.recency, np.full(3_000, 52.0)))
    assert choice.chosen == "NBD"
    assert choice.why[1].code == "no_backtest"


def test_a_candidate_that_a_simpler_model_answers_for_is_never_chosen():
    people = NBD(params={"r": 0.9, "alpha": 8.0}).simulate(np.full(3_000, 52.0), seed=3)
    choice = choose(customers_of(people.frequency, people.recency, np.full(3_000, 52.0)))
    answered_for = {candidate.name for candidate in choice.candidates if not candidate.stands}
    assert answered_for == {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
    assert choice.chosen not in answered_for


def test_customers_of_one_pace_of_whom_some_stopped_have_a_model_of_dropout():
    # Everybody buys each 30 days; a third stopped at some time. One pace is a limit, not a lack of dropout.
    frequency = np.r_[np.full(40, 23.0), np.full(10, 20.0), np.arange(8.0, 13.0), np.arange(8.0, 13.0)]
    ages = np.full(60, 720.0) + np.arange(60) % 29
    choice = choose(customers_of(frequency, 30 * frequency, ages))
    assert choice.chosen != "NBD"
    assert choice.model.boundary.code == "rates_alike"
    alive = choice.model.probability_alive()
    assert alive[:40].min() > 0.5
    assert alive[50:].max() < 0.05


def test_where_naive_is_closer_it_is_said():
    params = {"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.0}
    ages = np.full(2_000, 40.0)
    people = BetaGeo(params=params).simulate(ages, horizon=20.0, seed=5)
    future = people.future.astype(float)
    oracle = Holdout(20.0, future, {"own_rate": future, "last_period": future + 5})
    choice = choose(customers_of(people.frequency, people.recency, ages), oracle)
    assert choice.why[1].code == "naive_is_closer"


def test_the_models_are_fitted_anew_on_all_customers_after_the_test():
    ages = np.full(2_000, 40.0)
    people = BetaGeo(params={"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 2.0}).simulate(ages, seed=5)
    whole = customers_of(people.frequency, people.recency, ages)
    half = customers_of(people.frequency[:1_000], people.recency[:1_000], ages[:1_000])
    holdout = Holdout(20.0, np.ones(1_000), {"own_rate": np.ones(1_000)})
    candidate = choose(whole, holdout, earlier=half).candidate
    assert candidate.model.params == CANDIDATES[candidate.name]().fit_customers(whole).params
    assert candidate.tested.params == CANDIDATES[candidate.name]().fit_customers(half).params


def test_without_repeat_buyers_there_is_no_model_but_a_reason():
    with pytest.raises(NotEnoughData) as caught:
        choose(customers_of(np.zeros(50), np.zeros(50), np.arange(50.0)))
    assert caught.value.reason.code == "no_repeat_purchases"


def test_errors_of_a_perfect_forecast_are_none():
    found = errors(np.array([0.0, 2.0, 1.0]), np.array([0.0, 2.0, 1.0]))
    assert (found.mae, found.predicted, found.actual) == (0.0, 3.0, 3.0)
    assert found.correlation == pytest.approx(1.0)


def test_a_forecast_that_does_not_vary_has_no_correlation():
    assert np.isnan(errors(np.ones(3), np.array([0.0, 2.0, 1.0])).correlation)
