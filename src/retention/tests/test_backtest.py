"""Prediction against what then happened."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pytest

from retention.backtest import read_backtest

from .cdnow import cdnow_sample

FIRST_ON = date(2024, 1, 1)


def orders_of(*rows: tuple[str, date, int] | tuple[str, date, int, date]):
    """Make a table of orders from (customer, day, amount[, day of the purchase that is refunded])."""
    return ibis.memtable(
        {
            "customer": [row[0] for row in rows],
            "order": [str(number) for number in range(len(rows))],
            "occurred_on": [row[1] for row in rows],
            "purchased_on": [row[3] if len(row) == 4 else row[1] for row in rows],
            "amount_minor": [row[2] for row in rows],
        }
    )


def day(number: int) -> date:
    return FIRST_ON + timedelta(days=number)


def test_the_published_holdout_of_cdnow_is_counted():
    test = read_backtest(cdnow_sample(), cut=date(1997, 9, 30), horizon_days=273, first_on=date(1997, 1, 1))
    assert len(test.ids) == 2_357
    assert test.holdout.purchases.sum() == 1_882
    assert test.weekly.sum() == 1_882
    assert len(test.weekly) == 39


def test_customers_acquired_after_the_cut_do_not_count():
    test = read_backtest(
        orders_of(("old", day(0), 100), ("old", day(40), 100), ("new", day(40), 100)),
        cut=day(30),
        horizon_days=20,
        first_on=FIRST_ON,
    )
    assert test.ids.to_pylist() == ["old"]
    assert test.holdout.purchases.tolist() == [1.0]


def test_a_refund_after_the_cut_is_unknown_to_training_and_known_to_the_holdout():
    orders = orders_of(
        ("ann", day(0), 100),
        ("ann", day(20), 100),
        ("ann", day(40), 100),
        ("ann", day(45), -100, day(20)),
        ("ann", day(45), -100, day(40)),
    )
    test = read_backtest(orders, cut=day(30), horizon_days=20, first_on=FIRST_ON)
    assert test.customers.frequency.tolist() == [1.0]
    assert test.holdout.purchases.tolist() == [0.0]


def test_naive_forecasts_are_what_their_names_say():
    orders = orders_of(
        ("ann", day(0), 100),
        ("ann", day(12), 100),
        ("ann", day(365), 100),
        ("ann", day(390), 100),
        ("bob", day(380), 100),
    )
    test = read_backtest(orders, cut=day(395), horizon_days=28, first_on=FIRST_ON, unit="day")
    forecasts = test.holdout.baselines
    assert test.ids.to_pylist() == ["ann", "bob"]
    assert forecasts["own_rate"] == pytest.approx([3 * 28 / 395, 0.0])
    # The window before the cut holds one repeat of Ann's (day 390); Bob's first purchase is no repeat.
    assert forecasts["last_period"].tolist() == [1.0, 0.0]
    # The same weeks a year before are days 32 to 59.
    assert forecasts["seasonal"].tolist() == [0.0, 0.0]


def test_the_seasonal_forecast_is_that_of_the_same_weekdays_a_year_before():
    orders = orders_of(("ann", day(0), 100), ("ann", day(40), 100), ("ann", day(60), 100))
    test = read_backtest(orders, cut=day(395), horizon_days=28, first_on=FIRST_ON)
    assert test.holdout.baselines["seasonal"].tolist() == [1.0]


def test_without_a_year_of_history_there_is_no_seasonal_forecast():
    orders = orders_of(("ann", day(0), 100), ("ann", day(40), 100))
    test = read_backtest(orders, cut=day(100), horizon_days=28, first_on=FIRST_ON)
    assert "seasonal" not in test.holdout.baselines


def test_weeks_of_the_horizon_begin_the_day_after_the_cut():
    orders = orders_of(
        ("ann", day(0), 1), ("ann", day(31), 1), ("ann", day(37), 1), ("ann", day(38), 1), ("ann", day(50), 1)
    )
    test = read_backtest(orders, cut=day(30), horizon_days=20, first_on=FIRST_ON)
    assert test.weekly.tolist() == [2, 1, 1]


def test_a_unit_of_weeks_divides_days_by_seven():
    orders = orders_of(("ann", day(0), 1), ("ann", day(14), 1))
    by_week = read_backtest(orders, cut=day(28), horizon_days=14, first_on=FIRST_ON, unit="week")
    by_day = read_backtest(orders, cut=day(28), horizon_days=14, first_on=FIRST_ON, unit="day")
    assert pytest.approx(by_day.customers.T) == by_week.customers.T * 7
    assert by_week.holdout.horizon == 2.0
    assert np.array_equal(by_week.holdout.baselines["own_rate"], by_day.holdout.baselines["own_rate"])
