"""Rules are found by what a cart shows, and what is found so is what judging each of them finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.facts.language.moments import Clock
from regulars.loyalty.rules.compiling import Compiled
from regulars.loyalty.rules.conditions import ReadyCondition, Surroundings, read_condition
from regulars.loyalty.rules.contracts import Cart, CartDiscount, CartTender, Ordered
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given, Judge
from regulars.loyalty.rules.tests.programs import CATALOGUE, INES, PLACED_AT, VIENNA, cart, compiled, line, rule
from regulars.loyalty.rules.vocabulary import CART, LINE
from regulars.orders.contracts import TenderKind

CATEGORIES, PRODUCTS, CHANNELS = ("Coffee", "Food", "Home"), ("a", "b", "c"), ("app", "online", "till")
EVERYTHING = replace(CATALOGUE, facts={**CATALOGUE.facts, **{each.name: each for each in (*CART, *LINE)}})


def ready(text: str) -> ReadyCondition:
    return read_condition(
        text, Surroundings(catalogue=EVERYTHING, clock=Clock(PLACED_AT, VIENNA), currency="EUR", find_segment=segment)
    )


def segment(name: str) -> Any:
    from regulars.facts.language.parser import parse

    return parse("orders.count >= 2").tree if name == "regulars" else None


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ('cart.channel = "app"', {("cart.channel", "app")}),
        ('line.category in ("A", "B")', {("cart.categories", "A"), ("cart.categories", "B")}),
        ('cart.products contains "x" and cart.channel = "app"', {("cart.products", "x")}),
        (
            'cart.channel = "app" or cart.coupons contains "C"',
            {("cart.channel", "app"), ("cart.coupons", "C")},
        ),
        ('orders.count > 3 and (cart.channel = "app" and cart.total > 3)', {("cart.channel", "app")}),
        # Of these nothing must be seen.
        ('cart.channel = "app" or orders.count > 3', None),
        ('cart.channel != "app"', None),
        ('not cart.channel = "app"', None),
        ('cart.channel contains "app"', None),
        ('line.category starts with "A"', None),
        ("", None),
    ],
)
def test_what_a_cart_must_show_follows_from_the_condition(text, signs):
    found = ready(text).signs
    assert found == (None if signs is None else frozenset(signs))


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("orders.count > 3 and cart.total > 5", {"facts": {"orders.count"}}),
        ("orders.count(last: 90 days) > 3", {"occurrences": {"orders"}}),
        ('event("page.viewed") > 3', {"events": {"page.viewed"}}),
        ('sequence(event("a.b"), event("c.d"), within: 3 days)', {"events": {"a.b", "c.d"}}),
        ("anniversary(profile.birthday) in next 7 days", {"facts": {"profile.birthday"}}),
        ('segment("regulars") and line.quantity > 2', {"facts": {"orders.count"}}),
    ],
)
def test_what_is_to_be_known_of_the_member_is_listed(text, needs):
    found = ready(text).needs
    assert {
        name: value for name in ("facts", "occurrences", "events", "history") if (value := getattr(found, name))
    } == {name: frozenset(value) for name, value in needs.items()}


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("cart.total > 5 and orders.count > 3", False),
        ("orders.days_since_last > 5", False),
        ("orders.count(last: 90 days) > 3", True),
        ("orders.last > today - 3 days", True),
        ("orders.last in last 3 days", True),
        ('event("page.viewed")', True),
    ],
)
def test_only_what_moves_with_time_is_bound_anew(text, moves):
    assert ready(text).moves is moves


def test_a_condition_is_split_into_what_it_asks_of_the_whole_and_of_each_line():
    found = ready('cart.total > 5 and line.quantity > 2 and (line.total > 3 or cart.channel = "app")')
    halves = found.at(Clock(PLACED_AT, VIENNA))
    assert (str(halves.whole).count("Test("), str(halves.line).count("Test(")) == (1, 3)


# --- The index --------------------------------------------------------------------------------------------------------

ASKED = st.one_of(
    st.sampled_from(CHANNELS).map('cart.channel = "{}"'.format),
    st.sampled_from(CHANNELS).map('cart.channel != "{}"'.format),
    st.sampled_from(CATEGORIES).map('cart.categories contains "{}"'.format),
    st.sampled_from(CATEGORIES).map('line.category = "{}"'.format),
    st.sampled_from(PRODUCTS).map('line.product in ("{}", "z")'.format),
    st.sampled_from(PRODUCTS).map('cart.products contains "{}"'.format),
    st.sampled_from(PRODUCTS).map('cart.coupons contains "{}"'.format),
    st.just('cart.paid_with contains "card"'),
    st.just('cart.currency in ("EUR", "USD")'),
    st.just("cart.total >= 12 EUR"),
    st.just("line.quantity >= 2"),
    st.just("orders.count(last: 30 days) >= 1"),
    st.just("orders.count >= 3"),
)
CONDITIONS = st.recursive(
    ASKED,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
    ),
    max_leaves=5,
)


@st.composite
def rules(draw: st.DrawFn, key: str) -> dict[str, Any]:
    return rule(
        key,
        on={"kind": "line"},
        condition=draw(CONDITIONS),
        grant=draw(
            st.sampled_from(
                [
                    {"kind": "fixed", "points": 5},
                    {"kind": "per_amount", "points": "1.5", "per": {"EUR": "1"}},
                    {"kind": "per_item", "points": "0.7"},
                    {"kind": "multiplier", "factor": "1.5"},
                ]
            )
        ),
        group=draw(st.sampled_from([None, None, "g"])),
        priority=draw(st.integers(0, 2)),
        caps=draw(st.sampled_from([[], [{"scope": "member", "points": 7}]])),
        round_per=draw(st.sampled_from(["order", "line"])),
    )


PROGRAMS = st.integers(1, 8).flatmap(lambda many: st.tuples(*(rules(f"r{number}") for number in range(many))))


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    lines = [
        line(
            draw(st.integers(0, 2_000)),
            number,
            quantity=draw(st.integers(1, 3)),
            category=draw(st.sampled_from(("", *CATEGORIES))),
            product=draw(st.sampled_from(PRODUCTS)),
            is_reward=draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    return cart(
        *lines,
        channel=draw(st.sampled_from(("", *CHANNELS))),
        currency=draw(st.sampled_from(["EUR", "USD"])),
        discounts=[CartDiscount(amount_minor=10, coupon=draw(st.sampled_from(("", *PRODUCTS))))],
        tenders=[CartTender(kind=draw(st.sampled_from([TenderKind.CARD, TenderKind.POINTS])), amount_minor=100)],
    )


def difference(program: Compiled, bought: Cart) -> list[tuple[Any, Any]]:
    """Return the outcomes that differ with and without the index."""
    pair = [
        evaluate(program, Ordered(cart=bought), Given(member=INES), uses_index=uses_index).outcomes
        for uses_index in (True, False)
    ]
    return [(one, other) for one, other in zip(*pair, strict=True) if one != other]


@given(PROGRAMS, carts())
def test_with_and_without_the_index_each_rule_comes_to_the_same(program, bought):
    assert difference(compiled(*program), bought) == []


def test_an_index_that_misses_a_rule_would_be_seen():
    program = compiled(rule(condition='cart.channel = "online"'))
    broken = replace(program.sets["order"], by_sign={})
    assert difference(replace(program, sets={"order": broken}), cart())


def test_a_cart_is_judged_by_the_rules_that_can_apply_to_it():
    many = [
        rule(f"r{number}", on={"kind": "line"}, condition=f'line.category = "Category {number}"')
        for number in range(900)
    ]
    program = compiled(*many, rule("all"))
    bought = Ordered(cart=cart(line(1_000, 1, category="Category 7"), line(1_000, 2)))
    signs = Judge(program, bought, Given(member=INES)).signs()
    assert program.sets["order"].candidates(signs) == {7, 900}
