"""On which day the report stands, and where it is tested."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pytest

from regulars.intake.contracts import DataQuality, Intake
from regulars.report.contracts import Options
from regulars.report.plan import NothingByThen, NothingToTest, make_plan

FIRST_ON = date(2024, 1, 1)


def intake(days: int) -> Intake:
    nothing = ibis.memtable({"customer": ["ann"]})
    quality = DataQuality(rows=1, used=1, refused=(), treated=(), layouts=())
    return Intake(
        orders=nothing,
        refused=nothing,
        quality=quality,
        currency=None,
        first_on=FIRST_ON,
        last_on=FIRST_ON + timedelta(days=days),
    )


def test_a_report_stands_on_the_last_day_and_is_tested_one_horizon_earlier():
    plan = make_plan(intake(730), Options())
    assert plan.cut == FIRST_ON + timedelta(days=730)
    assert plan.horizon_days == 91
    assert plan.backtest_cut == plan.cut - timedelta(days=91)
    assert plan.findings == ()


def test_training_until_a_day_is_tested_on_all_that_followed():
    plan = make_plan(intake(545), Options(train_until=FIRST_ON + timedelta(days=272)))
    assert (plan.cut, plan.backtest_cut) == (FIRST_ON + timedelta(days=272),) * 2
    assert plan.horizon_days == plan.backtest_days == 273


def test_a_horizon_longer_than_what_is_known_is_tested_on_what_is_known_and_says_so():
    plan = make_plan(intake(300), Options(train_until=FIRST_ON + timedelta(days=250), horizon_days=100))
    assert (plan.horizon_days, plan.backtest_days) == (100, 50)
    assert [reason.code for reason in plan.findings] == ["short_backtest"]


def test_a_history_shorter_than_two_horizons_is_not_tested_and_says_so():
    plan = make_plan(intake(100), Options(horizon_days=60))
    assert plan.backtest_cut is None
    assert [reason.code for reason in plan.findings] == ["no_backtest"]


@pytest.mark.parametrize(("days", "horizon"), [(0, 7), (20, 7), (60, 14), (200, 49), (400, 91)])
def test_a_short_history_gets_a_short_horizon(days, horizon):
    assert make_plan(intake(days), Options()).horizon_days == horizon


def test_a_report_cannot_stand_before_the_first_order():
    with pytest.raises(NothingByThen, match="first order"):
        make_plan(intake(10), Options(as_of=FIRST_ON - timedelta(days=1)))


def test_a_day_long_after_the_last_order_lets_time_pass_and_says_so():
    plan = make_plan(intake(100), Options(as_of=FIRST_ON + timedelta(days=200)))
    assert plan.cut == FIRST_ON + timedelta(days=200)
    assert [reason.code for reason in plan.findings] == ["silent_before_the_report"]


def test_training_cannot_go_on_until_the_end():
    with pytest.raises(NothingToTest, match="files end"):
        make_plan(intake(100), Options(train_until=FIRST_ON + timedelta(days=100)))
