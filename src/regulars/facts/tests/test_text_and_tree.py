"""A condition's text and its tree are one: each leads to the other, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import event, given
from pydantic import ValidationError

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language import tree
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write, write_in_lines
from regulars.facts.language.reading_trees import read_tree, write_tree
from regulars.facts.tests.conditions import conditions, on_payload

CATALOGUE = declared_catalogue()
CLOCK = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))
SETTING = Setting(catalogue=CATALOGUE, clock=CLOCK, currency="EUR")


@given(conditions(CATALOGUE))
def test_the_text_of_a_tree_is_read_as_that_tree(condition: tree.Condition) -> None:
    assert parse(write(condition)).tree == condition
    assert parse(write_in_lines(condition)).tree == condition


@given(conditions(CATALOGUE))
def test_the_json_of_a_tree_is_read_as_that_tree(condition: tree.Condition) -> None:
    assert read_tree(write_tree(condition)) == condition


@pytest.mark.parametrize(
    "text",
    [
        'orders.count(last: 90 days) >= 3 and loyalty.tier in ("Gold", "Platinum")'
        ' and not event("Product Viewed", where: category = "shoes", last: 7 days)',
        "anniversary(profile.birthday) in next 7 days",
        'rfm.segment has been "champions" for 30 days',
        'rfm.segment has been in ("champions", "loyal") for 1 month',
        'rfm.segment(on: today - 28 days) = "loyal" and not rfm.segment(on: 2026-10-31) exists',
        'bucket("spring", of: 100) < 10',
        'sequence(event("cart.filled"), not event("order.placed", where: total > 5), within: 1 day, last: 30 days)',
        'segment("best") or orders.revenue >= 250.00 EUR',
        "orders.last between today - 90 days and today - 30 days",
        'profile.city not in ("Wien", "Graz") and profile.tags contains "vip"',
        'profile.city starts with "W" and profile.birthday exists and profile.has_email',
        'orders.revenue(where: channel = "web" and categories contains "Coffee", since: 2026-01-01) > 0',
        'event("page.viewed", where: property("utm source") = "x", last: 1 hour) >= 3',
        "(orders.count > 1 or orders.count < 0) and not (orders.count = 5 and orders.count != 6)",
        "orders.days_between <= 12.5 and traits.score > -3",
    ],
)
def test_what_people_write_is_written_back_as_it_was(text: str) -> None:
    assert write(parse(text).tree) == text


LEAF = tree.Exists(what=tree.FactOperand(fact="orders.first"))
LONG = tree.OneOf(what=tree.FactOperand(fact="profile.city"), values=("x" * 1_900,))
WRAPS: Mapping[str, Callable[[tree.Condition], tree.Condition]] = {
    "not": lambda inner: tree.Not(of=inner),
    "all": lambda inner: tree.All(of=(inner, LEAF)),
    "any": lambda inner: tree.AnyOf(of=(LEAF, inner)),
    "long": lambda inner: tree.All(of=(inner, LONG)),
    "not in": lambda inner: tree.AnyOf(of=(inner, tree.Not(of=LONG))),
}
wraps = st.lists(st.sampled_from(sorted(WRAPS)), max_size=45) | st.integers(15, 45).map(lambda n: ["not"] * n)
on_payload_deep = st.builds(
    lambda inner, names: tree.Holds(what=tree.EventOperand(event="a", where=wrapped(inner, names))),
    on_payload,
    st.integers(0, 25).map(lambda times: ["not"] * times),
)


def wrapped(inner: tree.Condition, names: Sequence[str]) -> tree.Condition:
    for name in names:
        inner = WRAPS[name](inner)
    return inner


def fault_of(ask: Callable[[], object]) -> str:
    """Return the code of the fault for which something is refused, or an empty text."""
    try:
        ask()
    except WrongCondition as error:
        return error.code
    return ""


@given(conditions(CATALOGUE) | on_payload_deep, wraps)
def test_whatever_binds_has_a_text_and_a_json_that_are_read_as_it(inner: tree.Condition, names: Sequence[str]) -> None:
    condition = wrapped(inner, names)
    fault = fault_of(lambda: bind(condition, SETTING))
    event(fault or f"{len(names) // 10}0 wraps")
    if not fault:
        assert parse(write(condition)).tree == condition
        assert read_tree(write_tree(condition)) == condition


@pytest.mark.parametrize("names", [["not"], ["any", "all"], ["not", "all"], ["all"], ["not", "any", "all"]])
def test_as_deep_as_a_text_may_be_a_tree_may_be(names: Sequence[str]) -> None:
    """And no deeper: of each shape the deepest that binds is the deepest that is read."""
    for repeated in range(25):
        condition = wrapped(LEAF, [*names] * repeated)
        faults = fault_of(partial(bind, condition, SETTING)), fault_of(partial(parse, write(condition)))
        assert faults in {("", ""), ("too_deep", "too_deep")}
        assert faults[0] or read_tree(write_tree(condition)) == condition
    assert faults[0]


@pytest.mark.parametrize(("number", "fault"), [(10, ""), (11, "too_long")])
def test_a_tree_whose_text_would_be_too_long_is_refused(number: int, fault: str) -> None:
    values = tuple(f"{each:02}" + "x" * 1_900 for each in range(number))
    condition = tree.OneOf(what=tree.FactOperand(fact="profile.city"), values=values)
    assert fault_of(lambda: bind(condition, SETTING)) == fault_of(lambda: parse(write(condition))) == fault


@given(st.floats(-1e15, 1e15), st.integers(-tree.LARGEST, tree.LARGEST))
def test_any_number_of_a_tree_is_read_from_its_text(broken: float, minor: int) -> None:
    of = tree.FactOperand(fact="churn.risk")
    for value in (broken, minor, tree.Money(minor=minor, currency="EUR"), tree.Money(minor=minor, currency="JPY")):
        try:
            condition = tree.Compare(what=of, operator=tree.Comparator.LESS, value=value)
        except ValidationError:
            continue
        assert parse(write(condition)).tree == condition


def test_one_part_in_all_is_that_part() -> None:
    part = {"kind": "exists", "what": {"fact": "orders.first"}}
    assert read_tree({"kind": "all", "of": [part]}) == read_tree(part)
