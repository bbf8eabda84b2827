"""Refunds linked by windows against a plain Python stack, and the three parts of the rule one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.reasons import InvalidInput
from retention.refunds import link_refunds


@dataclass(frozen=True)
class Line:
    day: int
    quantity: float | None = 1.0
    order: str | None = None
    customer: str = "ann"
    product: str | None = "mug"
    price: int | None = 450

    @property
    def on(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.day)


def linked_days(lines: list[Line]) -> list[tuple[date, bool]]:
    """Return what `link_refunds` answers for each line, as (purchased_on, linked)."""
    table = pa.table(
        {
            "row": pa.array(range(len(lines)), pa.int64()),
            "customer": pa.array([line.customer for line in lines], pa.string()),
            "order": pa.array([line.order for line in lines], pa.string()),
            "product": pa.array([line.product for line in lines], pa.string()),
            "quantity": pa.array([line.quantity for line in lines], pa.float64()),
            "price_minor": pa.array([line.price for line in lines], pa.int64()),
            "amount_minor": pa.array([round((line.quantity or 0) * (line.price or 0)) for line in lines], pa.int64()),
            "occurred_at": pa.array([datetime(line.on.year, line.on.month, line.on.day) for line in lines]),  # noqa: DTZ001
            "occurred_on": pa.array([line.on for line in lines], pa.date32()),
        }
    )
    result = link_refunds(ibis.memtable(table)).order_by("row").to_pyarrow()
    assert result.column_names == [*table.column_names, "purchased_on", "linked"]
    return list(zip(result["purchased_on"].to_pylist(), result["linked"].to_pylist(), strict=True))


def stack_model(lines: list[Line]) -> list[tuple[date, bool]]:
    """Answer as the rule is told: by orders first, then by stacks of what has not been undone."""
    answers = [(line.on, False) for line in lines]
    order_days: dict[Hashable, date] = {}
    for line in lines:
        if line.order is not None and not is_refund(line):
            key = (line.customer, line.order)
            order_days[key] = min(line.on, order_days.get(key, line.on))
    in_time = sorted(range(len(lines)), key=lambda row: (lines[row].day, is_refund(lines[row]), row))
    undone: set[int] = set()
    _pop(lines, in_time, undone, answers=None, with_order=True)
    rest = []
    for row in in_time:
        line = lines[row]
        order_on = order_days.get((line.customer, line.order)) if is_refund(line) else None
        if order_on is not None and order_on <= line.on:
            answers[row] = (order_on, True)
        elif row not in undone:
            rest.append(row)
    _pop(lines, rest, undone, answers=answers, with_order=False)
    return answers


def is_refund(line: Line) -> bool:
    return line.quantity is not None and line.quantity < 0


def _pop(
    lines: list[Line], rows: list[int], undone: set[int], *, answers: list[tuple[date, bool]] | None, with_order: bool
) -> None:
    stacks: dict[Hashable, list[int]] = defaultdict(list)
    for row in rows:
        line = lines[row]
        if None in (line.product, line.quantity, line.price) or (with_order and line.order is None):
            continue
        key = (line.customer, line.product, abs(line.quantity or 0), line.price, line.order if with_order else None)
        if not is_refund(line):
            stacks[key].append(row)
        elif stacks[key]:
            bought = stacks[key].pop()
            undone.add(bought)
            if answers is not None:
                answers[row] = (lines[bought].on, True)


LINES = st.builds(
    Line,
    day=st.integers(0, 6),
    quantity=st.sampled_from([1.0, -1.0, 1.0, -1.0, 2.0, -2.0, 0.5, None]),
    order=st.sampled_from([None, "1", "2", "3", None, None]),
    customer=st.sampled_from(["ann", "ann", "bob"]),
    product=st.sampled_from(["mug", "mug", "tea", None]),
    price=st.sampled_from([450, 450, 500, None]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=40))
def test_windows_link_what_a_stack_links(lines: list[Line]) -> None:
    assert linked_days(lines) == stack_model(lines)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.builds(Line, day=st.integers(0, 9), quantity=st.sampled_from([1.0, -1.0])), min_size=1, max_size=60))
def test_one_long_run_of_purchases_and_refunds_links_what_a_stack_links(lines: list[Line]) -> None:
    assert linked_days(lines) == stack_model(lines)


def test_a_refund_undoes_the_latest_purchase_before_it() -> None:
    days = linked_days([Line(1), Line(5), Line(9), Line(7, -1.0)])
    assert days[3] == (Line(5).on, True)


def test_each_purchase_line_is_undone_at_most_once() -> None:
    days = linked_days([Line(1), Line(5), Line(7, -1.0), Line(8, -1.0), Line(9, -1.0)])
    assert days[2:] == [(Line(5).on, True), (Line(1).on, True), (Line(9).on, False)]


def test_a_refund_before_any_purchase_takes_nothing_from_a_later_one() -> None:
    days = linked_days([Line(0, -1.0), Line(1), Line(2, -1.0)])
    assert days == [(Line(0).on, False), (Line(1).on, False), (Line(1).on, True)]


def test_another_quantity_price_product_or_customer_is_no_match() -> None:
    others = [
        Line(2, -2.0),
        Line(2, -1.0, price=451),
        Line(2, -1.0, product="tea"),
        Line(2, -1.0, customer="bob"),
        Line(2, -1.0, product=None),
    ]
    days = linked_days([Line(1), *others])
    assert [linked for _, linked in days] == [False] * 6


def test_a_refund_that_names_its_order_belongs_to_that_orders_day() -> None:
    days = linked_days([Line(1, order="a"), Line(5, order="b"), Line(7, -1.0, order="a"), Line(8, -1.0)])
    assert days[2] == (Line(1).on, True)
    assert days[3] == (Line(5).on, True), "the line that order a took back must not be undone again"


def test_a_refund_on_the_day_of_its_purchase_links_in_whichever_order_the_file_has_them() -> None:
    assert linked_days([Line(3, -1.0), Line(3)]) == [(Line(3).on, True), (Line(3).on, False)]


def test_lines_that_lack_a_column_are_refused() -> None:
    with pytest.raises(InvalidInput, match="product, price_minor"):
        link_refunds(
            ibis.table(
                {
                    "customer": "string",
                    "order": "string",
                    "quantity": "float64",
                    "occurred_at": "timestamp",
                    "occurred_on": "date",
                    "row": "int64",
                    "amount_minor": "int64",
                }
            )
        )


def test_of_online_retail_three_cancellations_in_ten_take_back_a_whole_line_and_no_line_is_taken_back_twice(
    shared_data: Path,
) -> None:
    raw = ibis.duckdb.connect().read_csv(shared_data / "online_retail.csv.gz", all_varchar=True)
    names = {name.lower().replace(" ", ""): name for name in raw.columns}
    read = raw.select(
        customer=raw[names["customerid"]],
        order=raw[names["invoiceno"]],
        product=raw[names["stockcode"]],
        quantity=raw[names["quantity"]].cast("float64"),
        price=raw[names["unitprice"]].cast("decimal(18, 4)"),
        occurred_at=raw[names["invoicedate"]].cast("timestamp"),
        row=ibis.row_number().cast("int64"),
    ).filter(lambda line: line.customer.notnull())
    lines = read.mutate(
        amount_minor=(read.quantity.cast("decimal(18, 4)") * read.price * 100).round().cast("int64"),
        occurred_on=read.occurred_at.date(),
    )
    result = link_refunds(lines).cache()
    assert result.count().to_pyarrow().as_py() == lines.count().to_pyarrow().as_py()
    refunds = result.filter(result.quantity < 0)
    assert refunds.filter(refunds.purchased_on > refunds.occurred_on).count().to_pyarrow().as_py() == 0
    alike = result.group_by("customer", "product", "price", size=result.quantity.abs()).agg(
        undone=result.linked.sum(), bought=(result.quantity > 0).sum()
    )
    assert alike.filter(alike.undone > alike.bought).count().to_pyarrow().as_py() == 0
    assert refunds.linked.mean().to_pyarrow().as_py() == pytest.approx(0.313, abs=0.001)
