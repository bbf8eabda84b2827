"""Orders in memory have the state of an engine on every day, whatever becomes known when."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention import cohorts, metrics, rfm, survival
from retention.in_memory import read_rows
from retention.reasons import InvalidInput, NotEnoughData

DAY = date(2024, 1, 29)
rows = st.tuples(
    st.sampled_from(["ann", "ben", "cat", "dan"]),
    st.integers(0, 40),
    st.integers(0, 30),
    st.integers(-900, 900),
)


def table_of(lines):
    return ibis.memtable(
        {
            "customer": [customer for customer, *_ in lines],
            "order": [str(number) for number in range(len(lines))],
            "occurred_on": [DAY + timedelta(days=day + later) for _, day, later, _ in lines],
            "purchased_on": [DAY + timedelta(days=day) for _, day, *_ in lines],
            "amount_minor": [amount for *_, amount in lines],
        }
    )


def listed(state, customers):
    days = state.days
    columns = (days.customer, days.day, days.orders, days.gross_minor, days.refunded_minor)
    return [
        (customers[customer].as_py(), date(1970, 1, 1) + timedelta(days=day), *sums)
        for customer, day, *sums in zip(*(column.tolist() for column in columns), strict=True)
    ]


@given(st.lists(rows, min_size=1, max_size=40), st.integers(0, 80), st.sampled_from(["day", "week"]))
def test_the_state_as_of_any_day_is_that_of_the_engine(lines, after, grain):
    orders, as_of = table_of(lines), DAY + timedelta(days=after)
    held = read_rows(orders).sorted(grain)
    by_engine = rfm.daily_state(orders, as_of=as_of, grain=grain, one_row_per_order=True)
    expected = [tuple(row.values()) for row in by_engine.order_by("customer", "day").to_pyarrow().to_pylist()]
    assert listed(held.state(as_of), held.customers) == expected
    cut = as_of - timedelta(days=9)
    assert listed(held.state(as_of, after=cut), held.customers) == [row for row in expected if row[1] > cut]
    # Without what became known later it is the same.
    assert listed(read_rows(orders).sorted(grain, until=as_of).state(as_of), held.customers) == expected


@given(st.lists(rows, min_size=1, max_size=40), st.integers(0, 80))
def test_shares_of_money_are_those_of_the_engine(lines, after):
    orders, as_of = table_of(lines), DAY + timedelta(days=after)
    states = (read_rows(orders).sorted().state(as_of), rfm.daily_state(orders, as_of=as_of, one_row_per_order=True))
    window = {"after": as_of - timedelta(days=20), "until": as_of}
    for measure in (metrics.refunded_share, partial(metrics.returning_share, **window)):
        ours, theirs = (measure(state) for state in states)
        bounds = [(each.value, each.low, each.high) for each in (ours, theirs)]
        assert bounds[0] == pytest.approx(bounds[1], nan_ok=True)


def test_a_refund_undoes_a_day_once_it_is_known():
    orders = table_of([("ann", 0, 0, 500), ("ann", 9, 0, 700), ("ann", 0, 20, -500)])
    held = read_rows(orders).sorted()
    before, after = (held.state(DAY + timedelta(days=days)) for days in (19, 20))
    assert (metrics.totals(before).purchases, metrics.totals(after).purchases) == (2, 1)
    assert metrics.totals(after).revenue_minor == 700
    assert survival.time_to_purchase(before, as_of=DAY + timedelta(days=19)).times.tolist() == [9.0]
    with pytest.raises(NotEnoughData):
        survival.time_to_purchase(after, as_of=DAY + timedelta(days=20))


def test_cohorts_by_an_attribute_need_a_table():
    state = read_rows(table_of([("ann", 0, 0, 500)])).sorted().state(DAY)
    attributes = ibis.memtable({"customer": ["ann"], "attribute": ["shop"]})
    with pytest.raises(InvalidInput, match="table"):
        cohorts.cohort_matrix(state, "month", as_of=DAY, attributes=attributes)
