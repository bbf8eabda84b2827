"""Who writes a rule is told what is wrong with its condition and its formula, and what could come next."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from regulars.facts.language.completion import complete
from regulars.facts.language.moments import Clock
from regulars.insights.facts import FACTS as INSIGHTS
from regulars.loyalty.definitions.contracts import Checks
from regulars.loyalty.definitions.document.rules import OnEnrolment, OnEvent, OnLine, OnOrder, Trigger
from regulars.loyalty.rules.checking import RuleChecks
from regulars.loyalty.rules.contracts import Ordered
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given, Judge
from regulars.loyalty.rules.kinds import KINDS
from regulars.loyalty.rules.tests.programs import CATALOGUE, INES, PLACED_AT, VIENNA, cart, compiled, line, rule
from regulars.loyalty.rules.vocabulary import CART, LINE, catalogue_for

CHECKS: Checks = RuleChecks(catalogue=CATALOGUE, clock=Clock(PLACED_AT, VIENNA), reporting="EUR")


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("cart.total >= 50 EUR and orders.count >= 2", "order"),
        ('line.category = "Coffee" and cart.is_first', "line"),
        ("event.rating >= 4", "event"),
        ("orders.count >= 2", "profile"),
        ("orders.count >= 2", "reward"),
        ('cart.categories contains "Coffee"', "voucher"),
    ],
)
def test_a_condition_asks_for_what_sets_its_rule_off(text, trigger):
    assert CHECKS.condition(text, trigger, None) == []


@pytest.mark.parametrize(
    ("text", "trigger", "code", "column"),
    [
        ('orders.count > 1 and line.category = "Coffee"', "order", "no_such_fact", 22),
        ("cart.total >= 5", "event", "no_such_fact", 1),
        ("cart.total >= 5", "reward", "no_such_fact", 1),
        ("event.rating >= 4", "order", "no_such_fact", 1),
        ("cart.total >= 5 USD", "order", "wrong_value", 15),
        ("cart.total(last: 3 days) >= 5", "order", "no_window", 1),
        ("cart.total >", "order", "unfinished", 13),
    ],
)
def test_what_is_wrong_with_a_condition_is_told_at_its_place(text, trigger, code, column):
    (fault,) = CHECKS.condition(text, trigger, None)
    assert (fault.code, fault.column) == (code, column)


def test_a_day_of_a_condition_is_one_of_the_zone_that_the_programme_names():
    """When it is the 18th in Vienna, it is yet the 17th in Pago Pago."""
    [segment] = [fact for fact in INSIGHTS if fact.name == "rfm.segment"]
    knowing = RuleChecks(
        catalogue=replace(CATALOGUE, facts={segment.name: segment}), clock=Clock(PLACED_AT, VIENNA), reporting="EUR"
    )
    asked = 'rfm.segment(on: 2026-11-18) = "champions"'
    assert knowing.condition(asked, "enrolment", None) == []
    (fault,) = knowing.condition(asked, "enrolment", ZoneInfo("Pacific/Pago_Pago"))
    assert fault.code == "not_yet"


def test_what_is_wrong_with_a_formula_is_told_at_its_place():
    assert CHECKS.formula("line.quantity * 2 + cart.total", "line") == []
    assert CHECKS.formula("event.rating * 2 + orders.count", "event") == []
    assert [(each.code, each.column) for each in CHECKS.formula("2 * cart.totl", "order")] == [("no_such_fact", 5)]


@pytest.mark.parametrize("trigger", ["event", "profile", "enrolment", "schedule", "anniversary"])
def test_a_formula_asks_for_no_cart_where_none_sets_its_rule_off(trigger):
    assert [each.code for each in CHECKS.formula("floor(cart.total / 10)", trigger)] == ["no_such_fact"]


def test_a_formula_of_an_order_asks_for_none_of_its_lines():
    assert [each.code for each in CHECKS.formula("line.quantity * 2", "order")] == ["no_such_fact"]


def test_what_a_rule_may_ask_for_is_completed():
    said = replace(CATALOGUE, events=lambda: {"review.written": ["rating"]})

    def offered(text: str, trigger: Trigger) -> set[str]:
        return {each.text for each in complete(text, catalogue_for(trigger, said))}

    assert {"cart.total", "cart.channel"} <= offered("cart.", OnOrder(kind="order"))
    assert offered("line.", OnOrder(kind="order")) == set()
    assert {"line.category"} <= offered("line.", OnLine(kind="line"))
    assert offered("event.", OnEvent(kind="event", event="review.written")) == {"event.rating"}
    assert offered("cart.", OnEnrolment(kind="enrolment")) == set()
    assert {'"paid"'} <= offered("cart.payment = ", OnOrder(kind="order"))


def test_each_fact_of_a_cart_and_a_line_is_known_of_a_full_one():
    full = cart(line(category="Home"), location="till-1", channel="till", tax_included=True)
    judge = Judge(compiled(rule()), Ordered(cart=full, is_first=True), Given(member=INES))
    known = judge.subject.facts.keys()
    assert {each.name for each in CART} <= known
    assert {each.name for each in LINE} <= judge._line(1).facts.keys()


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("cart.is_first", True),
        ("cart.items = 3", True),
        ("cart.lines = 2", True),
        ("cart.subtotal = 15 and cart.shipping = 4.90 and cart.total = 19.90", True),
        ('cart.products contains "p1" and cart.product_names contains "Product 2"', True),
        # Of what a reward gave, nothing is asked for.
        ('cart.products contains "p3"', False),
        ('cart.categories contains "Home"', True),
        ("cart.placed in last 1 days", True),
        ('cart.source = "shop"', True),
        ("cart.location exists", False),
    ],
)
def test_what_is_asked_of_a_cart_is_what_stands_in_it(condition, is_true):
    asked = compiled(rule(condition=condition, grant={"kind": "fixed", "points": 1}))
    bought = cart(line(1_000, 1, quantity=2), line(500, 2), line(0, 3, is_reward=True), shipping_minor=490)
    found = evaluate(asked, Ordered(cart=bought, is_first=True), Given(member=INES))
    assert bool(found.granted) is is_true


def test_each_kind_of_grant_of_the_document_is_known():
    from typing import get_args

    from regulars.loyalty.definitions.document.rules import Grant

    kinds = {each.model_fields["kind"].annotation for each in get_args(get_args(Grant)[0])}
    assert {get_args(each)[0] for each in kinds} == KINDS.keys()
