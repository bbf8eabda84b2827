"""Each alarm goes off where what it is for was planted, and is silent where nothing is wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from regulars.insights.alarms.drift import judge_drift, spread_of, stability_index
from regulars.insights.alarms.quality import Days, judge_orders
from regulars.insights.contracts import Alarm, Severity
from regulars.insights.kept import alarm_of, json_of_alarm
from regulars.insights.queries import get_run
from regulars.insights.tests.shop import MIRA, NOW, open_shop, run
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
