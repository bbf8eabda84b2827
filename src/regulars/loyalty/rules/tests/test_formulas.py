"""A formula reckons exactly, and what it cannot be is told at its place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.loyalty.rules.contracts import Happened, Reason
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.rules.kinds.formula.expression import WrongFormula, find_faults, read_formula
from regulars.loyalty.rules.tests.programs import (
    CATALOGUE,
    INES,
    PLACED_AT,
    cart,
    compiled,
    line,
    outcome,
    points,
    rule,
)
from regulars.loyalty.rules.vocabulary import formula_catalogue

KNOWN = formula_catalogue(CATALOGUE)


def value(text: str, **facts: Any) -> Fraction:
    known = {name.replace("__", "."): Fraction(each) for name, each in facts.items()}
    return read_formula(text, KNOWN).value(known.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        (" (1 + 2) * 3 ", 9),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("1 / 3 * 3", 1),
        ("-2 + +3", 1),
        ("min(3, 2, 5) + max(1, 2)", 4),
        ("floor(2.9) + ceil(2.1) + round(2.5) + round(-0.5)", 8),
        ("cart.total / 10", Fraction("1.25")),
    ],
)
def test_a_formula_is_exact(text, expected):
    assert value(text, cart__total="12.5") == expected


@pytest.mark.parametrize(
    ("text", "code", "wrong"),
    [
        ("cart.totl * 2", "no_such_fact", "cart.totl"),
        ("cart.total ** 2", "unexpected", "cart.total ** 2"),
        ("2 % 3", "unexpected", "2 % 3"),
        ("2 // 3", "unexpected", "2 // 3"),
        ("1 + 'x'", "unexpected", "'x'"),
        ("1 + True", "unexpected", "True"),
        ("1 + 2j", "unexpected", "2j"),
        ("1 + 1e9", "number_too_large", "1e9"),
        ("1 + 0x10", "number_too_large", "0x10"),
        ("1 + 1234567890123456", "number_too_large", "1234567890123456"),
        ("1 + pow(2, 3)", "unexpected", "pow(2, 3)"),
        ("1 + floor(1, 2)", "wrong_arguments", "floor(1, 2)"),
        ("1 + min(1)", "wrong_arguments", "min(1)"),
        ("max(*cart.total)", "wrong_arguments", "max("),
        ("1 + cart.channel", "not_a_number", "cart.channel"),
        ("[1, 2]", "unexpected", "[1, 2]"),
        ("1 if 2 else 3", "unexpected", "1 if"),
        ("(x := 3)", "unexpected", "x := 3"),
        ("lambda: 3", "unexpected", "lambda"),
        ("__import__('os')", "unexpected", "__import__"),
        ("1 < 2", "unexpected", "1 < 2"),
        ("1 + # 2", "unexpected", "# 2"),
        ("1 +\n2", "unexpected", "\n2"),
        ("'ä' + cart.totl", "unexpected", "'ä'"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text, code, wrong):
    first = find_faults(text, KNOWN)[0]
    assert (first.code, text[first.column :].startswith(wrong)) == (code, True)


def test_all_that_is_wrong_is_told():
    faults = find_faults("cart.totl + 'ä' + cart.chanel * 2", KNOWN)
    assert [(each.code, each.column) for each in faults] == [
        ("no_such_fact", 0),
        ("unexpected", 12),
        ("no_such_fact", 18),
    ]
    assert "cart.total" in faults[0].message


@pytest.mark.parametrize("text", ["", " ", "1 +", "(", "(" * 300 + "1" + ")" * 300, "-" * 400 + "1", "1+" * 200 + "1"])
def test_what_is_unfinished_or_too_large_is_refused(text):
    assert find_faults(text, KNOWN)


@given(st.text(alphabet="0123456789.+-*/()minaxfloceru, ct_=\"'[]{}:;#\\\n", max_size=60))
def test_whatever_is_written_is_a_formula_or_has_faults(text):
    faults = find_faults(text, KNOWN)
    assert all(0 <= each.column <= len(text) for each in faults)
    if faults:
        with pytest.raises(WrongFormula):
            read_formula(text, KNOWN)
    else:
        read_formula(text, KNOWN)


def formula(expression: str, **different: Any) -> dict[str, Any]:
    return rule("f", grant={"kind": "formula", "expression": expression}, **different)


def test_amounts_are_in_major_units():
    assert points([formula("cart.total * 2")], cart(line(1_250))) == {"f": 25}


def test_facts_of_the_member_count():
    assert points([formula("orders.count * 10 + orders.revenue / 100")]) == {"f": 32}


def test_of_lines_it_is_reckoned_for_each_and_added_up():
    bought = cart(line(1_000, 1, quantity=2), line(500, 2), line(300, 3, category="Food"))
    by_line = formula("line.quantity * 3 + line.total", on={"kind": "line"}, condition='line.category = "Home"')
    found = outcome([by_line], bought)
    assert (found.granted, found.shares) == (24, {1: 16, 2: 8})


def test_a_division_by_nought_counts_nothing():
    found = outcome([formula("10 / (orders.count - 3)")])
    assert found.reason is Reason.NOTHING_TO_COUNT


@pytest.mark.parametrize("expression", ["orders.average * 2", "line.total * 2", "event.rating * 2"])
def test_what_is_not_known_is_told(expression):
    found = outcome([formula(expression)])
    assert found.reason is Reason.FACT_UNKNOWN
    assert found.refusal.values == {"fact": expression.partition(" ")[0]}


def test_less_than_nothing_is_nothing_and_more_than_all_is_bounded():
    assert outcome([formula("1 - orders.count")]).reason is Reason.NOTHING_TO_COUNT
    assert outcome([formula("999999999999999 * 999999999999999")]).granted == 10**12


@pytest.mark.parametrize(("said", "expected"), [(5, 15), (4.5, 13), ("5", 0), (True, 0), (10**40, 0), (None, 0)])
def test_what_an_event_says_counts_where_it_is_a_number(said, expected):
    ready = compiled(formula("event.review.rating * 3", on={"kind": "event", "event": "review.written"}))
    happened = Happened(type="review.written", at=PLACED_AT, payload={"review": {"rating": said}})
    assert evaluate(ready, happened, Given(member=INES)).points("points") == expected
