"""From orders to state and summary, against a plain Python model and rule by rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from retention import rfm
from retention.calendar import start_of
from retention.reasons import InvalidInput
from retention.rfm.state import Grain
from retention.rfm.summary import Unit

START = date(2024, 1, 1)


@dataclass(frozen=True)
class Row:
    """An order line, or with `late` > 0 a refund that comes so many days after its purchase."""

    day: int
    amount: int
    customer: str = "ann"
    order: str = "1"
    late: int = 0

    @property
    def purchased_on(self) -> date:
        return START + timedelta(days=self.day)

    @property
    def occurred_on(self) -> date:
        return self.purchased_on + timedelta(days=self.late)


def orders_of(rows: list[Row]) -> Table:
    return ibis.memtable(
        pa.table(
            {
                "customer": pa.array([row.customer for row in rows], pa.string()),
                "order": pa.array([row.order for row in rows], pa.string()),
                "occurred_on": pa.array([row.occurred_on for row in rows], pa.date32()),
                "purchased_on": pa.array([row.purchased_on for row in rows], pa.date32()),
                "amount_minor": pa.array([row.amount for row in rows], pa.int64()),
            }
        )
    )


def model(rows: list[Row], as_of: date, grain: Grain, unit: Unit) -> dict[str, dict[str, Any]]:
    """Summarise as the definitions are told, without any engine."""
    clock = as_of if grain == "day" else start_of(as_of, "week")
    by_customer: dict[str, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.occurred_on <= as_of:
            day = row.purchased_on if grain == "day" else start_of(row.purchased_on, "week")
            by_customer[row.customer][day].append(row)
    per_unit = 1 if unit == "day" else 7
    answer = {}
    for customer, days in by_customer.items():
        nets = {day: sum(row.amount for row in rows) for day, rows in sorted(days.items())}
        bought = [
            day
            for day in nets
            if any(row.amount >= 0 for row in days[day])
            and (nets[day] > 0 or all(row.amount >= 0 for row in days[day]))
        ]
        if not bought:
            continue
        everything = [row for rows in days.values() for row in rows]
        answer[customer] = {
            "first_on": bought[0],
            "last_on": bought[-1],
            "frequency": len(bought) - 1,
            "recency": (bought[-1] - bought[0]).days / per_unit,
            "T": (clock - bought[0]).days / per_unit,
            "days_since_last": (clock - bought[-1]).days,
            "monetary_value_minor": sum(nets[day] for day in bought[1:]) / (len(bought) - 1) if bought[1:] else None,
            "orders": sum(len({row.order for row in rows if row.amount >= 0}) for rows in days.values()),
            "revenue_minor": sum(nets.values()),
            "refunded_minor": -sum(row.amount for row in everything if row.amount < 0),
        }
    return answer


def summary_of(table: Table) -> dict[str, dict[str, Any]]:
    return {row.pop("customer"): row for row in table.to_pyarrow().to_pylist()}


PURCHASES = st.builds(
    Row,
    day=st.integers(0, 30),
    amount=st.integers(0, 3).map(lambda units: units * 100),
    customer=st.sampled_from("abc"),
    order=st.sampled_from("1234"),
)
REFUNDS = st.builds(
    Row,
    day=st.integers(0, 30),
    amount=st.integers(1, 3).map(lambda units: units * -100),
    customer=st.sampled_from("abc"),
    order=st.just("R"),
    late=st.integers(0, 20),
)
ROWS = st.lists(st.one_of(PURCHASES, PURCHASES, REFUNDS), min_size=1, max_size=40)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.integers(0, 50), st.sampled_from(["day", "week"]), st.sampled_from(["day", "week"]))
def test_any_orders_are_summarised_as_the_definitions_say(rows: list[Row], age: int, grain: Grain, unit: Unit) -> None:
    as_of = START + timedelta(days=age)
    expected = model(rows, as_of, grain, unit)
    orders = orders_of(rows)
    assert summary_of(rfm.summarise(orders, as_of=as_of, grain=grain, unit=unit)) == expected
    state = rfm.daily_state(orders, as_of=as_of, grain=grain)
    assert summary_of(rfm.summarise_state(state, as_of=as_of, grain=grain, unit=unit)) == expected


@settings(max_examples=12, deadline=None)
@given(ROWS, st.integers(0, 30), st.integers(1, 25))
def test_the_split_knows_nothing_of_the_holdout_and_the_holdout_only_the_acquired(
    rows: list[Row], cut: int, length: int
) -> None:
    train_until = START + timedelta(days=cut)
    until = train_until + timedelta(days=length)
    parts = summary_of(rfm.split(orders_of(rows), train_until, until))
    expected = model(rows, train_until, "day", "day")
    later = model([row for row in rows if row.purchased_on > train_until], until, "day", "day")
    assert parts.keys() == expected.keys()
    for customer, row in parts.items():
        bought = later.get(customer)
        assert row.pop("holdout_purchases") == (bought["frequency"] + 1 if bought else 0)
        row.pop("holdout_revenue_minor")
        assert row == expected[customer]


@settings(max_examples=12, deadline=None)
@given(ROWS, st.data())
def test_states_of_complete_orders_merge_into_the_state_of_all(rows: list[Row], data: st.DataObject) -> None:
    batch = {
        (row.customer, row.order, row.day): data.draw(st.booleans(), label=f"{row.customer}{row.order}{row.day}")
        for row in rows
    }
    first, second = ([row for row in rows if batch[row.customer, row.order, row.day] is side] for side in (True, False))
    merged = rfm.merge_states(rfm.daily_state(orders_of(first)), rfm.daily_state(orders_of(second)))
    assert in_order(merged) == in_order(rfm.daily_state(orders_of(rows)))


@settings(max_examples=12, deadline=None)
@given(ROWS, st.integers(0, 40))
def test_states_of_orders_cut_anywhere_merge_when_the_counted_orders_are_told(rows: list[Row], at: int) -> None:
    first, second = orders_of(rows[:at]), orders_of(rows[at:])
    known = first.filter(first.amount_minor >= 0)
    merged = rfm.merge_states(rfm.daily_state(first), rfm.daily_state(second, known=known))
    assert in_order(merged) == in_order(rfm.daily_state(orders_of(rows)))


def in_order(state: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = state.order_by("customer", "day").to_pyarrow().to_pylist()
    return rows


def test_a_late_line_of_a_counted_order_would_count_it_twice_if_nobody_told() -> None:
    line = orders_of([Row(1, 100)])
    assert in_order(rfm.merge_states(rfm.daily_state(line), rfm.daily_state(line)))[0]["orders"] == 2
    told = rfm.daily_state(line, known=line)
    assert in_order(rfm.merge_states(rfm.daily_state(line), told))[0]["orders"] == 1


def test_a_refund_after_the_cut_is_unknown_to_training() -> None:
    orders = orders_of([Row(0, 500), Row(5, 300), Row(5, -300, late=10)])
    before, after = (rfm.summarise(orders, as_of=START + timedelta(days=days)) for days in (14, 15))
    assert [row["frequency"] for row in (*summary_of(before).values(), *summary_of(after).values())] == [1, 0]


def test_a_customer_with_everything_refunded_has_no_row() -> None:
    assert summary_of(rfm.summarise(orders_of([Row(0, 500), Row(0, -500, late=3)]))) == {}


def test_a_partly_refunded_day_stays_a_purchase_at_its_net_value() -> None:
    [ann] = summary_of(rfm.summarise(orders_of([Row(0, 500), Row(5, 300), Row(5, -100, late=3)]))).values()
    assert (ann["frequency"], ann["monetary_value_minor"], ann["revenue_minor"]) == (1, 200.0, 700)


def test_a_free_order_is_a_purchase() -> None:
    [ann] = summary_of(rfm.summarise(orders_of([Row(0, 500), Row(5, 0)]))).values()
    assert (ann["frequency"], ann["monetary_value_minor"]) == (1, 0.0)


def test_without_an_as_of_the_clock_stands_at_the_last_day_on_which_anything_occurred() -> None:
    [ann] = summary_of(rfm.summarise(orders_of([Row(0, 500), Row(0, -100, late=9)]))).values()
    assert ann["T"] == 9


def test_two_days_of_one_week_are_one_purchase_by_the_week() -> None:
    orders = orders_of([Row(0, 500), Row(6, 300, order="2"), Row(7, 100, order="3")])
    [ann] = summary_of(rfm.summarise(orders, grain="week", unit="week")).values()
    assert (ann["frequency"], ann["recency"], ann["orders"], ann["monetary_value_minor"]) == (1, 1.0, 3, 100.0)


def test_promised_single_rows_are_counted_without_reading_names() -> None:
    orders = orders_of([Row(0, 500, order="1"), Row(0, 300, order="2"), Row(0, -100, order="R")])
    assert in_order(rfm.daily_state(orders, one_row_per_order=True)) == in_order(rfm.daily_state(orders))


def test_no_orders_have_no_summary() -> None:
    assert summary_of(rfm.summarise(orders_of([]))) == {}


@pytest.mark.parametrize(
    ("code", "request_of"),
    [
        ("unknown_grain", lambda orders: rfm.summarise(orders, grain="month")),  # type: ignore[arg-type]
        ("unknown_unit", lambda orders: rfm.summarise(orders, unit="month")),  # type: ignore[arg-type]
        ("missing_columns", lambda orders: rfm.summarise(orders.drop("order", "purchased_on"))),
        ("empty_holdout", lambda orders: rfm.split(orders, START, START)),
        ("known_needs_order_names", lambda orders: rfm.daily_state(orders, known=orders, one_row_per_order=True)),
    ],
)
def test_bad_requests_are_refused(code: str, request_of: Callable[[Table], Table]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        request_of(orders_of([Row(0, 500)]))
    assert refusal.value.reason.code == code


def test_an_order_split_within_a_week_counts_once_in_its_week():
    def line(day: date) -> Table:
        rows = {"customer": ["ann"], "order": ["1"], "amount_minor": [500]}
        table = ibis.memtable(rows | {"occurred_on": [day], "purchased_on": [day]})
        return table.mutate(occurred_on=table.occurred_on.cast("date"), purchased_on=table.purchased_on.cast("date"))

    monday, tuesday = line(date(2024, 1, 1)), line(date(2024, 1, 2))
    later = rfm.daily_state(tuesday, grain="week", known=monday)
    merged = rfm.merge_states(rfm.daily_state(monday, grain="week"), later)
    assert merged.select("orders", "gross_minor").to_pyarrow().to_pylist() == [{"orders": 1, "gross_minor": 1_000}]
