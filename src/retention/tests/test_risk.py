"""Who will not order within the horizon: slices without a look ahead, and honest figures."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from retention.in_memory import read_rows
from retention.risk import FEATURES, Plan, assess, read_slice
from retention.risk.slices import of_some

from .cdnow import cdnow_sample
from .test_backtest import day, orders_of

FIRST_ON = date(2024, 1, 1)
BY_THE_MODEL = {"expected_purchases", "probability_none"}


def make_shop(customers: int = 1_500, days: int = 540, seed: int = 1):
    """Draw customers with steady and unsteady habits, half of whom leave at a random time."""
    random = np.random.default_rng(seed)
    joined = random.integers(0, days // 2, customers)
    gap = random.choice([8.0, 25.0, 60.0], customers)
    leaves = np.where(random.random(customers) < 0.5, joined + random.exponential(150, customers), days + 1)
    rows = []
    for customer in range(customers):
        at = float(joined[customer])
        while at <= min(days, leaves[customer]):
            rows.append((f"{customer:05d}", FIRST_ON + timedelta(days=int(at))))
            at += random.gamma(4.0, gap[customer] / 4.0) + 1
    frame = pd.DataFrame(rows, columns=["customer", "occurred_on"])
    frame["order"] = [str(number) for number in range(len(frame))]
    frame["purchased_on"] = frame["occurred_on"]
    frame["amount_minor"] = 1_000
    return ibis.duckdb.connect().create_table("orders", frame), FIRST_ON + timedelta(days=days)


@pytest.fixture(scope="module")
def shop():
    return make_shop()


@pytest.fixture(scope="module")
def assessed(shop):
    orders, until = shop
    plan = Plan(cut=until, known_until=until, first_on=FIRST_ON, horizon_days=60)
    return assess(orders, plan, "BG/NBD")


@pytest.fixture
def assessment(assessed):
    return assessed[0]


@pytest.fixture
def outcome(assessed):
    return assessed[1]


def test_the_classifier_ranks_better_than_recency_where_habits_differ(assessment, outcome):
    assert assessment.method == "classifier"
    assert outcome.trial.auc > outcome.trial.auc_recency + 0.01
    assert outcome.trial.auc > 0.9


def test_a_risk_of_so_much_means_so_much(outcome):
    for risk, share, customers in outcome.trial.calibration:
        # Three standard errors of the share, and the drift of one horizon.
        assert abs(risk - share) < 3 * np.sqrt(max(share * (1 - share), 0.01) / customers) + 0.05


def test_the_test_stands_one_horizon_before_the_end(outcome, shop):
    assert outcome.trial.cut == shop[1] - timedelta(days=60)
    assert 0 < outcome.trial.base_rate < 1
    assert outcome.trial.brier < outcome.trial.base_rate * (1 - outcome.trial.base_rate)


def test_every_customer_acquired_by_the_cut_has_a_risk(assessment, shop):
    known = shop[0].select("customer").distinct().order_by("customer").to_pyarrow()["customer"].to_pylist()
    assert assessment.customers.to_pylist() == known
    assert ((assessment.risk >= 0) & (assessment.risk <= 1)).all()


def test_drivers_are_features_and_the_strongest_comes_first(outcome):
    importance = [driver.importance for driver in outcome.drivers]
    assert importance == sorted(importance, reverse=True)
    assert {driver.name for driver in outcome.drivers} == set(FEATURES)
    assert importance[0] > 0.01


def test_nothing_after_the_end_of_knowledge_moves_the_scores(shop):
    """A look ahead would: the same cut with a shop that goes on must be scored alike, its test apart."""
    orders, until = shop
    cut = until - timedelta(days=60)
    plan = Plan(cut=cut, known_until=cut, first_on=FIRST_ON, horizon_days=60)
    with_future, tested_with = assess(orders, plan, "BG/NBD")
    without, tested_without = assess(orders.filter(orders.occurred_on <= cut), plan, "BG/NBD")
    assert np.array_equal(with_future.risk, without.risk)
    assert tested_with == tested_without


def test_a_slice_does_not_see_refunds_after_its_cut():
    orders = orders_of(("ann", day(0), 100), ("ann", day(20), 100), ("ann", day(45), -100, day(20)))
    plan = Plan(cut=day(30), known_until=day(60), first_on=FIRST_ON, horizon_days=10)
    early, late = read_slice(orders, plan, day(30), "BG/NBD"), read_slice(orders, plan, day(50), "BG/NBD")
    assert early.feature("purchases").tolist() == [2.0]
    assert early.feature("refunded_share").tolist() == [0.0]
    assert late.feature("purchases").tolist() == [1.0]


def test_customers_first_seen_after_the_cut_are_in_no_slice():
    orders = orders_of(("ann", day(0), 100), ("bob", day(35), 100))
    plan = Plan(cut=day(30), known_until=day(60), first_on=FIRST_ON, horizon_days=10)
    found = read_slice(orders, plan, day(30), "BG/NBD")
    assert found.customers.to_pylist() == ["ann"]
    assert found.gone.tolist() == [True]


def test_a_history_too_short_answers_with_the_models_probability_and_says_so():
    cut = date(1997, 9, 30)
    plan = Plan(cut=cut, known_until=date(1998, 6, 30), first_on=date(1997, 1, 1), horizon_days=273)
    found, tested = assess(cdnow_sample(), plan, "Pareto/NBD")
    assert (found.method, found.reason.code) == ("model", "history_too_short")
    assert tested.trial.cut == cut
    assert tested.trial.base_rate == pytest.approx(1 - 684 / 2_357, abs=1e-9)
    assert tested.drivers == ()


def test_too_few_customers_to_learn_from_is_said():
    orders, until = make_shop(customers=60)
    plan = Plan(cut=until, known_until=until, first_on=FIRST_ON, horizon_days=60)
    found, tested = assess(orders, plan, "BG/NBD")
    assert (found.method, found.reason.code) == ("model", "slice_too_small")
    assert tested.trial is not None


def test_on_online_retail_the_risk_beats_recency(shared_data):
    lines = ibis.duckdb.connect().read_csv(str(shared_data / "online_retail.csv.gz"), all_varchar=True)
    lines = lines.filter(
        lines.CustomerID.notnull(), lines.Quantity.cast("int64") > 0, lines.UnitPrice.cast("float64") > 0
    )
    on = lines.InvoiceDate.cast("timestamp").date()
    orders = lines.select(
        customer=lines.CustomerID,
        order=lines.InvoiceNo,
        occurred_on=on,
        purchased_on=on,
        amount_minor=(lines.Quantity.cast("int64") * lines.UnitPrice.cast("float64") * 100).round().cast("int64"),
    ).cache()
    until = date(2011, 12, 9)
    plan = Plan(cut=until, known_until=until, first_on=date(2010, 12, 1), horizon_days=60)
    found, tested = assess(orders, plan, "NBD")
    assert found.method == "classifier"
    assert tested.trial.auc > tested.trial.auc_recency + 0.02


def test_of_many_customers_some_are_read_with_all_that_they_bought_by_either_way(shop):
    orders, until = shop
    plan = Plan(cut=until, known_until=until, first_on=FIRST_ON, horizon_days=60)
    cut = until - plan.horizon
    everybody = read_slice(orders, plan, cut, "BG/NBD")
    ways = {"engine": orders, "memory": read_rows(orders).sorted()}
    slices = {
        name: read_slice(of_some(held, known_by=cut, most=300, seed=7), plan, cut, "BG/NBD")
        for name, held in ways.items()
    }
    drawn = slices["engine"].customers.to_pylist()
    assert len(set(drawn)) == 300 < len(everybody.customers)
    assert slices["memory"].customers.to_pylist() == drawn
    places = [everybody.customers.to_pylist().index(customer) for customer in drawn]
    # What is known of a customer alone does not depend on who else is read.
    alone = [place for place, name in enumerate(FEATURES) if not name.endswith("_rank") and name not in BY_THE_MODEL]
    for some in slices.values():
        assert np.array_equal(some.gone, everybody.gone[places])
        expected = everybody.features[np.ix_(places, alone)]
        assert np.allclose(some.features[:, alone], expected, rtol=1e-6, equal_nan=True)
    assert of_some(orders, known_by=cut, most=len(everybody.customers), seed=7) is orders
