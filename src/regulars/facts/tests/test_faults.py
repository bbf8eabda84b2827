"""What is wrong with a condition is told at its place; and whatever is written, nothing else is raised."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language import tree
from regulars.facts.language.binding import MOST_COUNTED, Setting, bind
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.facts.language.printer import write
from regulars.facts.language.reading_trees import read_tree
from regulars.facts.language.tree import DEEPEST, LONGEST
from regulars.facts.tests.conditions import conditions

CATALOGUE = declared_catalogue()
CLOCK = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))


def setting(**segments: str) -> Setting:
    def find(name: str) -> tree.Condition | None:
        return parse(segments[name]).tree if name in segments else None

    return Setting(catalogue=CATALOGUE, clock=CLOCK, currency="EUR", find_segment=find)


def meant(text: str, **segments: str) -> Meaning:
    parsed = parse(text)
    return bind(parsed.tree, setting(**segments), parsed.places)


def fault_of(text: str, **segments: str) -> WrongCondition:
    with pytest.raises(WrongCondition) as caught:
        meant(text, **segments)
    return caught.value


def fault_or_none(ask: Callable[[], object]) -> WrongCondition | None:
    try:
        ask()
    except WrongCondition as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "code", "wrong"),
    [
        ("", "unfinished", ""),
        ("orders.count >=", "unfinished", ""),
        ("orders.count >= 3 and", "unfinished", ""),
        ("orders.count >= 3 orders.count", "unexpected", "orders.count"),
        ("orders.count % 3", "no_word", "%"),
        ('profile.city = "Wien', "open_text", '"Wien'),
        ("orders.count(last: 90) >= 3", "unexpected", ")"),
        ("orders.count(last: 90 moons) >= 3", "unexpected", "moons"),
        ("orders.first > 2026-02-30", "no_day", "2026-02-30"),
        ("orders.cuont >= 3", "no_such_fact", "orders.cuont"),
        ('orders.count >= 3 and orders.count = "x"', "wrong_value", '"x"'),
        ("orders.count between 1 and true", "wrong_value", "true"),
        ("orders.count >= 2.5", "wrong_value", "2.5"),
        ("orders.revenue >= 5 USD", "wrong_value", "5 USD"),
        ("orders.revenue >= 5.001 EUR", "wrong_amount", "5.001 EUR"),
        ('profile.city > "Wien"', "wrong_type", "profile.city"),
        ('profile.tags = "vip"', "wrong_type", "profile.tags"),
        ("profile.city", "wrong_type", "profile.city"),
        ('profile.city contains ""', "empty_text", '""'),
        ("profile.birthday in next 7 days", "ask_for_anniversary", "profile.birthday"),
        ("anniversary(orders.count) in next 7 days", "not_yearly", "anniversary(orders.count)"),
        ("anniversary(profile.birthday) in next 5 hours", "wrong_unit", "5 hours"),
        ('profile.country(last: 3 days) = "AT"', "no_window", "profile.country(last: 3 days)"),
        ('orders.count(where: colour = "red") > 1', "no_such_property", "colour"),
        ('orders.count(where: payment = "gold") > 1', "no_such_choice", '"gold"'),
        ("orders.count(last: 9999 years) > 1", "too_far", "last: 9999 years"),
        ("orders.days_since_last > 99999", "too_far", "99999"),
        ("orders.count has been 3 for 30 days", "no_history", "orders.count"),
        ('rfm.segment(on: 2026-01-01, last: 3 days) = "lost"', "unexpected", ","),
        ('rfm.segment(on: today - 3 hours) = "lost"', "wrong_value", "today - 3 hours"),
        ('rfm.segment(on: today + 1 day) = "lost"', "not_yet", "today + 1 day"),
        ('rfm.segment(on: 2026-11-29) = "lost"', "not_yet", "2026-11-29"),
        ("rfm.segment(on: today - 9999 years) exists", "too_far", "rfm.segment(on: today - 9999 years) exists"),
        ('rfm.segment(on: today) = "gold"', "no_such_choice", '"gold"'),
        ('rfm.segment(on: today) has been "lost" for 3 days', "wrong_day", "today"),
        ("orders.count(on: today - 30 days) > 1", "no_history", "orders.count(on: today - 30 days)"),
        ('sequence(not event("a"), event("b"), within: 1 day)', "absent_too_early", 'not event("a")'),
        ('sequence(event("a"), event("b"), within: 1 month)', "wrong_unit", "1 month"),
        ('segment("nobody")', "no_such_segment", 'segment("nobody")'),
        ('event("a", where: event = 3)', "unexpected", "event"),
        ('event("a", where: at < 2026-01-01)', "wrong_type", "at"),
        ("orders.count in (1, 2, )", "unexpected", ")"),
        ("orders.count > 99999999999999999999999", "out_of_bounds", "99999999999999999999999"),
        ("orders.count > -99999999999999999999999", "out_of_bounds", "-99999999999999999999999"),
        ("orders.count between 1 and 9223372036854775808", "out_of_bounds", "9223372036854775808"),
        ("orders.count in (1, 9223372036854775808, 3)", "out_of_bounds", "9223372036854775808"),
        ("orders.count in (1, true, 3)", "wrong_value", "true"),
        ('rfm.segment has been "gold" for 3 days', "no_such_choice", '"gold"'),
        ('rfm.segment has been in ("lost", "gold") for 3 days', "no_such_choice", '"gold"'),
        ("orders.revenue > 99999999999999999999 EUR", "out_of_bounds", "99999999999999999999 EUR"),
        (f'profile.city contains "{"x" * 2_001}"', "out_of_bounds", f'"{"x" * 2_001}"'),
        ('bucket("x", of: 1) = 0', "out_of_bounds", "1"),
        ('bucket("x", of: 99999999) = 0', "out_of_bounds", "99999999"),
        ("orders.count = 1" + " " * LONGEST, "too_long", " " * len("orders.count = 1")),
        ('profile.city = "C:\\dir"', "lone_backslash", "\\d"),
        ('profile.city = "C:\\\\a\\', "open_text", '"C:\\\\a\\'),
        ('profile.city = "C:\\"', "open_text", '"C:\\"'),
        ("Orders.count > 1", "no_such_fact", "Orders.count"),
        ("count > 1", "no_such_fact", "count"),
    ],
)
def test_a_fault_is_told_with_its_code_and_place(text: str, code: str, wrong: str):
    fault = fault_of(text)
    assert fault.code == code
    assert fault.place
    assert text[fault.place.start : fault.place.end] == wrong


MANY = "9" * 5_000


@pytest.mark.parametrize(
    "text",
    [
        "orders.count > {}",
        "orders.count > -{}",
        "orders.count > {}.5",
        "orders.count > 0.{}",
        "orders.count in (1, {})",
        "orders.count between {} and 3",
        "orders.revenue > {} EUR",
        "orders.revenue > 0.{} EUR",
        "orders.count(last: {} days) > 1",
        "orders.last in last {} days",
        "orders.last > today - {} days",
        "rfm.segment(on: today - {} days) exists",
        'rfm.segment has been "lost" for {} days',
        'event("a", last: {} days)',
        'event("a", where: price > {})',
        'sequence(event("a"), event("b"), within: {} days)',
        'bucket("a", of: {}) < 3',
        'bucket("a") < {}',
        "orders.last > {}",
        "{}",
    ],
)
def test_a_number_of_too_many_digits_is_refused_at_its_place(text: str):
    fault = fault_of(text.format(MANY))
    assert fault.code == "out_of_bounds"
    assert fault.place
    assert MANY in text.format(MANY)[fault.place.start : fault.place.end]
    assert fault.place.end - fault.place.start <= len(MANY) + 2


def test_a_day_of_too_many_digits_is_refused():
    assert fault_of(f"orders.last > {MANY}-01-01").code == "out_of_bounds"
    assert fault_of(f"orders.last > 2026-{MANY}-01").code == "out_of_bounds"


@pytest.mark.parametrize(
    "number",
    [10**5_000, -(10**5_000), 2**63, 1e300, float("inf"), float("nan"), 5e-324],
    ids=["huge", "less_than_all", "beyond_64_bits", "beyond_all_amounts", "endless", "none", "next_to_nought"],
)
@pytest.mark.parametrize(
    "tree_with",
    [
        lambda number: {"kind": "compare", "what": {"fact": "orders.count"}, "operator": ">", "value": number},
        lambda number: {"kind": "in", "what": {"fact": "orders.count"}, "values": [1, number]},
        lambda number: {"kind": "exists", "what": {"bucket": "a", "of": number}},
        lambda number: {"kind": "exists", "what": {"fact": number}},
        lambda number: {"kind": number},
        lambda number: number,
        lambda number: {"kind": "exists", "what": {"fact": "orders.count", "on": {"day": number}}},
        lambda number: {
            "kind": "within",
            "what": {"fact": "orders.last"},
            "direction": "last",
            "duration": {"amount": number, "unit": "days"},
        },
    ],
)
def test_a_tree_with_a_huge_number_is_refused(tree_with: Callable[[Any], Any], number: Any):
    assert fault_or_none(lambda: read_tree(tree_with(number)))


def test_a_huge_number_in_a_tree_is_told_by_its_pointer():
    values = {"kind": "in", "what": {"fact": "orders.count"}, "values": [1, 10**5_000]}
    fault = fault_or_none(lambda: read_tree(values))
    assert fault
    assert (fault.code, fault.pointer) == ("out_of_bounds", "/values/1")


def test_a_name_that_is_none_is_answered_with_the_one_that_was_likely_meant():
    for text in (
        "orders.cuont >= 3",
        "Orders.count >= 3",
        "ORDERS.COUNT >= 3",
        "anniversary(Orders.Count) in next 3 days",
    ):
        assert "Is orders.count meant?" in fault_of(text).message


def test_a_fact_is_either_as_it_was_on_a_day_or_counted_in_a_window():
    on, window = {"day": "2026-01-01"}, {"last": {"amount": 3, "unit": "days"}}
    fault = fault_or_none(lambda: read_tree({"kind": "exists", "what": {"fact": "a.b", "on": on, "window": window}}))
    assert fault
    assert fault.pointer.startswith("/what")
    assert read_tree({"kind": "exists", "what": {"fact": "a.b", "on": on}})


def test_the_fault_of_a_tree_is_told_by_its_pointer():
    part = {"kind": "compare", "what": {"fact": "orders.count"}, "operator": ">=", "value": 3}
    with pytest.raises(WrongCondition) as caught:
        read_tree({"kind": "all", "of": [part, part | {"operator": "=>"}]})
    assert caught.value.pointer == "/of/1/operator"
    with pytest.raises(WrongCondition) as caught:
        read_tree({"kind": "not", "of": {"kind": "compare", "what": {"fact": "orders.count"}, "operator": "="}})
    assert caught.value.pointer == "/of/value"
    with pytest.raises(WrongCondition) as caught:
        bind(read_tree({"kind": "any", "of": [part, part | {"value": "x"}]}), setting())
    assert caught.value.pointer == "/of/1/value"


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"kind": "compare", "what": {"fact": "orders.count"}, "operator": ">", "value": 1e300}, "/value"),
        ({"kind": "compare", "what": {"fact": "orders.count"}, "operator": ">", "value": 5e-324}, "/value"),
        ({"kind": "between", "what": {"fact": "orders.count"}, "low": 1, "high": "x" * 3_000}, "/high"),
        ({"kind": "in", "what": {"fact": "orders.count"}, "values": [1, None]}, "/values/1"),
        ({"kind": "exists", "what": {"fact": "not a name"}}, "/what/fact"),
        ({"kind": "exists", "what": {"fact": "orders.count", "more": 1}}, "/what/more"),
        ({"kind": "exists", "what": {"bucket": "a", "of": 1}}, "/what/of"),
        ({"kind": "segment", "segment": ""}, "/segment"),
        ({"kind": "segment"}, "/segment"),
    ],
)
def test_a_value_that_a_tree_cannot_have_is_told_by_its_pointer(condition: dict[str, Any], pointer: str):
    fault = fault_or_none(lambda: read_tree({"kind": "not", "of": condition}))
    assert fault
    assert fault.pointer == f"/of{pointer}"


def test_a_segment_within_itself_is_refused():
    assert fault_of('segment("a")', a='segment("b")', b='orders.count > 1 or segment("a")').code == "segment_in_itself"


def test_segments_within_each_other_are_refused_where_they_lead_too_deep():
    chain = {f"s{number}": f'segment("s{number + 1}")' for number in range(1_000)}
    assert fault_of('segment("s0")', **chain).code == "too_deep"
    last = {f"s{DEEPEST - 1}": "orders.count > 1"}
    assert meant('segment("s0")', **(chain | last)) == meant("orders.count > 1")


def test_a_segment_is_what_its_condition_is():
    parsed = parse('segment("a") and orders.count > 1')
    whole = parse("orders.count > 5 and orders.count > 1")
    assert bind(parsed.tree, setting(a="orders.count > 5")) == bind(whole.tree, setting())


def test_too_deep_and_too_large_conditions_are_refused():
    assert fault_of("(" * (DEEPEST + 1) + "orders.count > 1" + ")" * (DEEPEST + 1)).code == "too_deep"
    assert fault_of("not " * 100_000 + "orders.count > 1").code == "too_long"
    assert fault_of("not " * (DEEPEST + 1) + "orders.count > 1").code == "too_deep"
    many = " and ".join(["orders.count(last: 3 days) > 1"] * (MOST_COUNTED + 1))
    assert fault_of(many).code == "too_large"
    deep: dict[str, Any] = {"kind": "exists", "what": {"fact": "orders.first"}}
    for _ in range(5_000):
        deep = {"kind": "not", "of": deep}
    with pytest.raises(WrongCondition) as caught:
        read_tree(deep)
    assert caught.value.code == "too_deep"
    wide = " or ".join(f"({' and '.join(['orders.count > 1'] * 90)})" for _ in range(6))
    assert fault_of(wide).code == "too_large"


def is_read_or_refused(text: str) -> bool:
    """Tell whether a text means something, or is refused with words and a place in it."""
    fault = fault_or_none(lambda: meant(text))
    if fault is None:
        return True
    return bool(fault.message and fault.place and 0 <= fault.place.start <= fault.place.end <= max(len(text), 1))


runs_of_digits = st.builds(str.__mul__, st.sampled_from("0123456789٣"), st.integers(1, 5_000))
pieces = st.sampled_from(["orders.count > ", "bucket(", "last: ", " days", " EUR", ".", "-", "(", '"', ", of: ", "e"])
texts = st.text(max_size=60) | st.lists(st.text(max_size=5) | pieces | runs_of_digits, max_size=8).map("".join)


@given(texts)
def test_any_text_is_read_or_refused(text: str):
    assert is_read_or_refused(text)


@given(conditions(CATALOGUE), st.randoms(use_true_random=False))
def test_any_mistake_in_a_condition_is_refused_or_means_something(condition: tree.Condition, chance: random.Random):
    text = write(condition)
    for _ in range(5):
        at, length = chance.randrange(len(text) + 1), chance.randrange(8)
        put = chance.choice(
            ["", "(", ")", '"', ",", " and ", "not", "9", "9" * 5_000, ".", "-", " in ", "today", "\\", "\0", "\ud800"]
        )
        assert is_read_or_refused(text[:at] + put + text[at + length :])


huge = st.integers(1_000, 6_000).map(lambda digits: 10**digits)
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | huge
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["all", "compare"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "of", "what", "value"]), inner)
    ),
    max_leaves=12,
)


@given(json)
def test_any_json_is_read_or_refused(data: Any):
    fault = fault_or_none(lambda: bind(read_tree(data), setting()))
    assert fault is None or fault.message
