"""Each alarm goes off where what it is for was planted, and is silent where nothing is wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from regulars.insights.alarms.drift import hold_against, judge_drift, spread_of, stability_index
from regulars.insights.alarms.quality import Days, judge_orders
from regulars.insights.contracts import Alarm, Severity
from regulars.insights.kept import alarm_of, json_of_alarm
from regulars.insights.models import Run
from regulars.insights.queries import find_spreads, get_run
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, open_shop, run
from regulars.orders import services as orders
from regulars.orders.tests.order_factory import line, order
from regulars.report.wording import say

WEEKS = 20


def usual(per_day: int = 40, seed: int = 1) -> Days:
    """Return some months of a shop that is closed on Sundays, and sells as chance has it; they end on a Saturday."""
    random = np.random.default_rng(seed)
    counts = random.poisson(per_day, 7 * WEEKS)
    counts[::7] = 0
    gross = counts * 2_500
    refunded = (gross * random.uniform(0.01, 0.03, len(counts))).astype(np.int64)
    return Days(orders=counts, gross_minor=gross, refunded_minor=refunded)


def judged(days: Days, *, without_rate: int = 0, without_customer: int = 0) -> dict[str, Alarm]:
    found = judge_orders(days, without_rate=without_rate, without_customer=without_customer)
    # A run keeps them as JSON, which has no word for what NumPy counts in.
    json.dumps([json_of_alarm(alarm) for alarm in found])
    return {alarm.code: alarm for alarm in found}


def with_last(days: Days, change: Callable[[Any], Any], last: int = 7) -> Days:
    """Return the days with the counts of the last ones changed."""
    counts = days.orders.copy()
    counts[-last:] = change(counts[-last:])
    return dataclasses.replace(days, orders=counts)


@pytest.mark.parametrize("seed", range(25))
def test_a_shop_as_it_always_was_raises_no_alarm(seed: int) -> None:
    assert judged(usual(seed=seed)) == {}
    # Nor does a small one, in which a week may well be half of another.
    assert judged(usual(per_day=1, seed=seed)) == {}


def test_orders_without_a_rate_are_told_and_many_of_them_warn() -> None:
    few, many = (judged(usual(), without_rate=count)["orders_without_rate"] for count in (3, 300))
    assert (few.severity, many.severity) == (Severity.NOTICE, Severity.WARNING)
    assert few.figures["orders"] == 3


def test_orders_without_a_customer_are_told_from_a_share_on() -> None:
    assert judged(usual(), without_customer=100) == {}
    assert judged(usual(), without_customer=600)["orders_without_customer"].severity is Severity.NOTICE
    assert judged(usual(), without_customer=6_000)["orders_without_customer"].severity is Severity.WARNING


def test_days_without_any_order_are_told_where_there_always_were_some() -> None:
    alarm = judged(with_last(usual(), lambda counts: np.where(np.arange(len(counts)) >= 5, 0, counts)))
    assert alarm["days_without_orders"].figures == {"days": 2}
    # Sundays, on which nothing is ever ordered, are none.
    assert "days_without_orders" not in judged(usual())


def test_a_fall_of_orders_warns() -> None:
    alarm = judged(with_last(usual(), lambda counts: counts // 2))["orders_fell"]
    assert alarm.severity is Severity.WARNING
    assert alarm.figures["orders"] < 0.6 * alarm.figures["usual"]
    assert say(alarm.reason).endswith("are some missing?")


def test_a_last_day_that_is_cut_short_warns_though_the_week_is_usual() -> None:
    alarm = judged(with_last(usual(per_day=60), lambda counts: counts // 3, last=1))["orders_fell"]
    assert "last day" in str(alarm.reason)


def test_a_jump_of_orders_is_told() -> None:
    assert judged(with_last(usual(), lambda counts: counts * 2))["orders_jumped"].severity is Severity.NOTICE


def two_years(growth: float, seed: int) -> Days:
    """Return more than a year of a shop, the older weeks smaller."""
    random = np.random.default_rng(seed)
    length = 7 * 70
    counts = random.poisson(40 * growth ** (np.arange(length) / length - 1))
    return Days(orders=counts, gross_minor=counts * 2_500, refunded_minor=counts * 0)


def in_week(days: Days, back: int, factor: float) -> Days:
    """Return the days with the counts of a week, so many weeks back, multiplied."""
    counts, end = days.orders.copy(), len(days.orders) - 7 * back
    counts[end - 7 : end] = counts[end - 7 : end] * factor
    return dataclasses.replace(days, orders=counts)


@pytest.mark.parametrize("year_weeks", [52, 53])
@pytest.mark.parametrize("growth", [1.0, 2.0])
@pytest.mark.parametrize(("factor", "code"), [(2.0, "orders_jumped"), (0.3, "orders_fell")])
def test_what_was_as_unusual_a_year_ago_is_the_season(year_weeks: int, growth: float, factor: float, code: str) -> None:
    now = in_week(two_years(growth, seed=3), 0, factor)
    assert code in judged(now)
    assert judged(in_week(now, year_weeks, factor)) == {}
    # It was another week, or it went the other way.
    assert code in judged(in_week(now, 40, factor))
    assert code in judged(in_week(now, year_weeks, 1 / factor))


def test_the_first_weeks_of_a_growing_shop_are_no_season() -> None:
    days = two_years(20.0, seed=4)
    young = Days(**{name: getattr(days, name)[-7 * 54 :] for name in ("orders", "gross_minor", "refunded_minor")})
    assert "orders_fell" in judged(in_week(young, 0, 0.3))


def test_a_shop_of_a_few_weeks_is_not_judged() -> None:
    days = usual()
    young = Days(**{name: getattr(days, name)[-35:] for name in ("orders", "gross_minor", "refunded_minor")})
    assert judged(with_last(young, lambda counts: counts * 0)) == {}


def test_more_refunds_than_usual_warn() -> None:
    days = usual()
    refunded = days.refunded_minor.copy()
    refunded[-28:] *= 4
    alarm = judged(dataclasses.replace(days, refunded_minor=refunded))["refunds_high"]
    assert alarm.figures["share"] > 3 * alarm.figures["usual"]


def values(seed: int, shift: float = 0.0, customers: int = 4_000) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    risk = random.beta(2 + 8 * shift, 3, customers)
    risk[:20] = np.nan
    return {
        "risk": risk,
        "clv": random.lognormal(8 + shift, 1, customers),
        "recency": np.floor(random.exponential(60 * (1 + 2 * shift), customers)),
        "frequency": random.poisson(1.5 + 2 * shift, customers).astype(float),
        "monetary": random.lognormal(9 + shift, 1, customers),
    }


BOUNDARIES = {"recency": [13, 30, 55, 96], "frequency": [0, 1, 1, 2], "monetary": [3_000, 6_000, 10_000, 19_000]}


@pytest.mark.parametrize("seed", range(2, 22))
def test_the_same_customers_on_another_day_have_not_drifted(seed: int) -> None:
    before = spread_of(values(1), BOUNDARIES, 0.5)
    assert judge_drift(values(seed), 0.55, before=before) == []
    # Few differ more by chance, and are left in peace.
    few = spread_of(values(1, customers=60), BOUNDARIES, None)
    assert judge_drift(values(seed, customers=60), None, before=few) == []


@pytest.mark.parametrize("name", ["risk", "clv", "recency", "frequency", "monetary"])
def test_what_has_shifted_is_told_and_only_that(name: str) -> None:
    before = spread_of(values(1), BOUNDARIES, None)
    moved = values(2) | {name: values(2, shift=0.9)[name]}
    [alarm] = judge_drift(moved, None, before=before)
    assert (alarm.code, alarm.severity) == (f"{name}_drifted", Severity.WARNING)
    assert alarm.figures["index"] > 0.25


def test_the_stability_index_is_the_sum_worked_by_hand() -> None:
    # (0.6 − 0.5) ln(0.6 / 0.5) + (0.4 − 0.5) ln(0.4 / 0.5)
    assert stability_index(np.array([0.6, 0.4]), np.array([0.5, 0.5])) == pytest.approx(
        0.1 * np.log(1.2) - 0.1 * np.log(0.8)
    )
    assert stability_index(np.array([0.3, 0.7]), np.array([0.3, 0.7])) == 0


def test_a_backtest_that_errs_more_than_the_last_is_told() -> None:
    before = spread_of({}, {}, 0.4)
    assert judge_drift({}, 0.45, before=before) == []
    assert judge_drift({}, 0.55, before=before)[0].severity is Severity.NOTICE
    [alarm] = judge_drift({}, 0.7, before=before)
    assert (alarm.code, alarm.severity) == ("backtest_error_grew", Severity.WARNING)
    assert judge_drift({}, None, before=before) == []


def drifting(night: int) -> dict[str, Any]:
    """Return the risks of a night: of the same customers, each night a little higher."""
    return {"risk": np.random.default_rng(1).beta(2 + 0.06 * night, 3, 4_000)}


def test_a_drift_of_small_steps_is_told_by_the_run_of_four_weeks_ago() -> None:
    spreads = [spread_of(drifting(night), {}, 0.4 * 1.01**night) for night in range(29)]
    for night in range(1, 29):
        found = judge_drift(drifting(night), 0.4 * 1.01**night, before=spreads[night - 1])
        assert found == [], night
    before = {"last": spreads[27], "earlier": {**spreads[0], "as_of": "2026-10-22"}}
    risk, error = hold_against(drifting(28), 0.4 * 1.01**28, before=before)
    assert (risk.code, risk.severity) == ("risk_drifted", Severity.WARNING)
    assert say(risk.reason).startswith("The risk is spread otherwise than at the run of 22 Oct 2026")
    assert error.code == "backtest_error_grew"
    assert "at the run of 22 Oct 2026 by 0.400" in say(error.reason)
    assert [alarm_of(json.loads(json.dumps(json_of_alarm(each)))) for each in (risk, error)] == [risk, error]


def test_what_differs_from_both_runs_is_told_once_as_the_graver_one_has_it() -> None:
    last, earlier = spread_of({}, {}, 0.5), {**spread_of({}, {}, 0.4), "as_of": "2026-10-22"}
    [alike] = hold_against({}, 0.9, before={"last": last, "earlier": earlier})
    assert "last time by 0.500" in say(alike.reason)
    [graver] = hold_against({}, 0.7, before={"last": last, "earlier": earlier})
    assert (graver.severity, graver.figures["error_before"]) == (Severity.WARNING, 0.4)
    assert hold_against({}, 0.7, before={}) == []


def test_an_alarm_is_kept_in_no_language() -> None:
    [alarm] = judge_drift({}, 0.7, before=spread_of({}, {}, 0.4))
    kept = alarm_of(json_of_alarm(alarm))
    assert kept == alarm
    assert say(kept.reason).startswith("In its backtest the purchase model errs by 0.700")


def test_a_run_keeps_its_alarms_and_is_held_against_the_one_before(fresh_database: str) -> None:
    open_shop(120)
    first = run()
    assert first.alarms == ()
    orders.put_orders(
        orders=[order(f"usd-{number}", currency="THB", lines=[line()], total_minor=2_500) for number in range(40)],
        now=NOW,
        actor=MIRA,
    )
    second = run(NOW.replace(hour=4))
    [alarm] = get_run(second.id).alarms
    assert (alarm.code, alarm.figures["orders"]) == ("orders_without_rate", 40)


def test_a_run_is_held_against_the_one_nearest_to_four_weeks_before(fresh_database: str) -> None:
    open_shop(120)
    for days in (40, 30, 22):
        run(NOW - timedelta(days=days))
    last = run(NOW - timedelta(days=1))
    told = find_spreads(UNTIL)
    assert told["earlier"]["as_of"] == (UNTIL - timedelta(days=30)).isoformat()
    assert told["last"] == Run.objects.get(id=last.id).spread
    assert find_spreads(UNTIL - timedelta(days=60))["earlier"] == {}
    # What is foretold of a few customers is spread otherwise by chance, which is no alarm.
    assert run().alarms == ()
