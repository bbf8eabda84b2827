"""The course of a base gives for any window what the measures give that read the window itself."""

from __future__ import annotations

import math
from datetime import date, timedelta

import ibis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import metrics
from retention.estimates import Interval
from retention.metrics.course import Course
from retention.purchases import purchases, within
from retention.reasons import InvalidInput
from retention.tests.states import day_state
from retention.tests.test_metrics import DAY, EMPTY, Row, state_of, states


def bounds(rate: Interval) -> tuple[float, float, float]:
    return rate.value, rate.low, rate.high


def of_earlier(state: Table, until: date, days: int) -> int:
    """Return a window's revenue of those who had bought before it, the slow way."""
    start = until - timedelta(days=days)
    earlier = set(within(purchases(state), until=start).customer.to_pyarrow().to_pylist())
    rows = within(state, after=start, until=until).to_pyarrow().to_pylist()
    return sum(row["gross_minor"] - row["refunded_minor"] for row in rows if row["customer"] in earlier)


def entries(went: Course) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return what a course holds, in any order."""
    stays = (went.bought, went.following, went.purchases, went.is_first, went.worth_minor)
    sums = (went.day, went.joined, went.orders, went.gross_minor, went.refunded_minor)
    told = [sorted(zip(*(each.tolist() for each in columns), strict=True)) for columns in (stays, sums)]
    return told[0], told[1]


@given(rows=states())
@settings(deadline=None)
def test_the_course_is_the_same_in_memory(rows: list[Row]) -> None:
    state = state_of(*rows)
    number = ibis.dense_rank().over(order_by="customer")
    went, held = metrics.course(state), metrics.course(day_state(state.mutate(customer=number)))
    assert entries(held) == entries(went)
    assert (held.first_on, held.last_on) == (went.first_on, went.last_on)


@given(rows=states(), end=st.integers(-5, 160), days=st.integers(1, 90))
@settings(deadline=None)
def test_each_window_is_as_if_it_had_been_read_alone(rows: list[Row], end: int, days: int) -> None:
    state, until = state_of(*rows), DAY + timedelta(days=end)
    went = metrics.course(state)
    window = within(state, after=until - timedelta(days=days), until=until)
    alone = metrics.totals(window)
    assert went.active(until, days) == alone.customers
    assert went.count_orders(until, days) == alone.orders
    assert went.count_purchases(until, days) == alone.purchases
    assert went.revenue_minor(until, days) == alone.revenue_minor
    assert went.revenue_of_earlier_minor(until, days) == of_earlier(state, until, days)
    retained = metrics.retention_rate(state, as_of=until, window_days=days)
    np.testing.assert_equal(bounds(went.retention_rate(until, days)), bounds(retained))
    average = metrics.average_purchase_value(window).value
    assert went.average_purchase_value(until, days) == (pytest.approx(average) if alone.purchases else None)
    frequency = metrics.purchase_frequency(window).value
    assert alone.customers == 0 or went.count_purchases(until, days) / went.active(until, days) == pytest.approx(
        frequency
    )
    refunded = metrics.refunded_share(window).value
    assert went.refunded_share(until, days) == (None if math.isnan(refunded) else pytest.approx(refunded))
    of_earlier_customers = metrics.returning_share(state, after=until - timedelta(days=days), until=until).value
    if alone.revenue_minor:
        expected = went.revenue_of_earlier_minor(until, days) / alone.revenue_minor
        assert of_earlier_customers == pytest.approx(expected)
    else:
        assert math.isnan(of_earlier_customers)
    repeated = metrics.repeat_purchase_rate(within(state, until=until))
    np.testing.assert_equal(bounds(went.repeat_purchase_rate(until)), bounds(repeated))


@given(rows=states(), end=st.integers(0, 160), days=st.integers(1, 90))
@settings(deadline=None)
def test_new_customers_are_those_whose_first_purchase_is_in_the_window(rows: list[Row], end: int, days: int) -> None:
    state, until = state_of(*rows), DAY + timedelta(days=end)
    firsts = purchases(state).group_by("customer").aggregate(first=ibis._.day.min())
    known = [row["first"] for row in firsts.to_pyarrow().to_pylist()]
    told = metrics.course(state).new(until, days)
    assert told == sum(until - timedelta(days=days) < first <= until for first in known)


def test_of_what_was_refunded_the_share_is_of_the_gross_and_none_where_there_was_no_gross() -> None:
    went = metrics.course(state_of(("a", 0, 1, 800, 200), ("b", 1, 1, 200, 0)))
    assert went.refunded_share(DAY + timedelta(days=1), 2) == 0.2
    assert went.refunded_share(DAY + timedelta(days=9), 2) is None


def test_where_nobody_bought_nothing_is_told() -> None:
    went = metrics.course(EMPTY)
    assert (went.first_on, went.last_on) == (None, None)
    assert went.active(DAY, 30) == went.new(DAY, 30) == went.revenue_minor(DAY, 30) == 0
    assert went.retention_rate(DAY, 30).reason is not None


def test_a_table_that_is_no_state_is_refused() -> None:
    with pytest.raises(InvalidInput):
        metrics.course(EMPTY.drop("orders"))


def test_a_course_is_small_however_many_bought() -> None:
    many = [(f"c{number}", number % 3, 1, 100, 0) for number in range(900)]
    went = metrics.course(state_of(*many))
    assert isinstance(went, Course)
    assert len(went.bought) == len(went.day) == 3
    assert went.active(DAY + timedelta(days=2), 3) == 900
