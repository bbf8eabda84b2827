from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import survival
from retention.reasons import InvalidInput, NotEnoughData

DAY = date(2024, 1, 1)

# 6-mercaptopurine arm of Freireich et al. (1963), weeks in remission; True where the remission ended.
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def state_of(days_by_customer: dict[str, list[int]]) -> Table:
    rows = [(customer, DAY + timedelta(days=day)) for customer, days in days_by_customer.items() for day in days]
    return ibis.memtable(
        {
            "customer": [customer for customer, _ in rows],
            "day": [day for _, day in rows],
            "orders": [1] * len(rows),
            "gross_minor": [100] * len(rows),
            "refunded_minor": [0] * len(rows),
        }
    )


def test_the_remission_times_of_freireich_are_reproduced() -> None:
    """The bounds are those that textbooks print for the log-log scale (Kleinbaum & Klein, Survival Analysis)."""
    curve = survival.kaplan_meier(REMISSION, np.array(ENDED, dtype=bool))
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.low.round(4).tolist() == [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert curve.high.round(4).tolist() == [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]
    assert curve.median == 23
    assert (curve.observations, curve.censored) == (21, 12)


def test_the_curve_is_one_before_and_unknown_after_the_data() -> None:
    curve = survival.kaplan_meier([2, 4], [True, False])
    assert curve.at([0, 1.9, 2, 4]).tolist() == [1, 1, 0.5, 0.5]
    assert np.isnan(curve.at(4.1))


def test_a_quantile_that_is_never_reached_is_nan() -> None:
    assert np.isnan(survival.kaplan_meier([1, 2, 2], [True, False, False]).median)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1).filter(lambda rows: any(e for _, e in rows)))
def test_the_estimate_is_the_product_of_its_steps(rows: list[tuple[int, bool]]) -> None:
    curve = survival.kaplan_meier([time for time, _ in rows], [ended for _, ended in rows])
    share = 1.0
    for place, time in enumerate(sorted({time for time, ended in rows if ended})):
        at_risk = sum(other >= time for other, _ in rows)
        ends = sum(other == time and ended for other, ended in rows)
        share *= 1 - ends / at_risk
        assert curve.survival[place] == pytest.approx(share, abs=1e-12)
        if share > 1e-9:
            assert 0 <= curve.low[place] <= curve.survival[place] + 1e-12 <= curve.high[place] + 2e-12 <= 1 + 3e-12


def test_the_second_purchase_is_waited_for_from_the_first() -> None:
    state = state_of({"a": [0, 10, 12], "b": [5], "c": [0, 20]})
    curve = survival.time_to_purchase(state, as_of=DAY + timedelta(days=30))
    assert curve.times.tolist() == [10, 20]
    assert curve.survival.round(4).tolist() == [0.6667, 0.3333]
    assert (curve.observations, curve.censored, curve.last_time) == (3, 1, 25)


def test_what_happens_after_the_last_known_day_is_not_known() -> None:
    state = state_of({"a": [0, 10], "b": [0, 40], "c": [35, 36]})
    curve = survival.time_to_purchase(state, as_of=DAY + timedelta(days=30))
    assert curve.times.tolist() == [10]
    assert (curve.observations, curve.censored, curve.last_time) == (2, 1, 30)


def test_the_third_purchase_is_waited_for_from_the_second() -> None:
    state = state_of({"a": [0, 10, 12], "b": [0, 20], "c": [0]})
    curve = survival.time_to_purchase(state, as_of=DAY + timedelta(days=30), purchase=3)
    assert (curve.times.tolist(), curve.observations, curve.censored) == ([2], 2, 1)


def test_a_refunded_day_stops_no_clock() -> None:
    state = state_of({"a": [0, 10, 25]}).mutate(
        refunded_minor=ibis.cases((ibis._.day == DAY + timedelta(days=10), 100), else_=0)
    )
    assert survival.time_to_purchase(state, as_of=DAY + timedelta(days=30)).times.tolist() == [25]


def test_every_purchase_starts_a_clock_between_purchases() -> None:
    state = state_of({"a": [0, 10, 12], "b": [5]})
    curve = survival.time_between_purchases(state, as_of=DAY + timedelta(days=30))
    assert (curve.times.tolist(), curve.observations, curve.censored) == ([2, 10], 4, 2)
    assert curve.survival.tolist() == pytest.approx([0.75, 0.5])


def test_the_clustered_variance_is_greenwoods_where_clocks_are_alone() -> None:
    rng = np.random.default_rng(1)
    durations, happened = rng.integers(1, 40, 200).astype(float), rng.random(200) < 0.7
    greenwood = survival._curve(survival._Clocks.of(durations, happened, None), 0.95)
    clustered = survival._curve(survival._Clocks.of(durations, happened, rng.permutation(200)), 0.95)
    known = greenwood.survival > 0
    np.testing.assert_allclose(clustered.low[known], greenwood.low[known], rtol=1e-9)
    np.testing.assert_allclose(clustered.high[known], greenwood.high[known], rtol=1e-9)


def test_the_bounds_cover_although_the_clocks_of_a_customer_depend_on_each_other() -> None:
    """Greenwood's bounds, which take every clock for a customer of its own, are the control: they miss too often."""
    rng = np.random.default_rng(2)
    truth = np.mean(np.exp(-20.0 / rng.gamma(1.0, 20.0, 400_000)))
    hits = {True: 0, False: 0}
    for _ in range(300):
        customers = np.repeat(np.arange(80), 8)
        durations = np.ceil(rng.exponential(np.repeat(rng.gamma(1.0, 20.0, 80), 8)))
        happened = durations <= 60
        for clustered in hits:
            clocks = survival._Clocks.of(np.minimum(durations, 60.0), happened, customers if clustered else None)
            curve = survival._curve(clocks, 0.95)
            place = np.searchsorted(curve.times, 20.0, side="right") - 1
            hits[clustered] += bool(curve.low[place] <= truth <= curve.high[place])
    assert hits[True] / 300 > 0.92
    assert hits[False] / 300 < 0.85


@pytest.mark.parametrize("durations", [[-1.0], [np.nan], [[1.0]]])
def test_a_duration_that_is_none_is_refused(durations: list[float]) -> None:
    with pytest.raises(InvalidInput, match="Durations"):
        survival.kaplan_meier(durations, [True])


def test_where_nothing_has_happened_there_is_no_curve() -> None:
    with pytest.raises(NotEnoughData, match="has not happened"):
        survival.kaplan_meier([1.0, 2.0], [False, False])
    with pytest.raises(NotEnoughData):
        survival.time_to_purchase(state_of({"a": [0], "b": [3]}), as_of=DAY + timedelta(days=30))
    with pytest.raises(NotEnoughData):
        survival.time_between_purchases(state_of({"a": [0]}).limit(0), as_of=DAY)


def test_the_first_purchase_cannot_be_waited_for() -> None:
    with pytest.raises(InvalidInput, match="number 1"):
        survival.time_to_purchase(state_of({"a": [0]}), as_of=DAY, purchase=1)
