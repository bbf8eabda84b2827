"""What rules grant, and why they do not: worked examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from regulars.facts.interpreters.memory import Subject
from regulars.loyalty.definitions.document.common import Rounding
from regulars.loyalty.rules.contracts import (
    SHIPPING,
    BecameKnown,
    DayCame,
    Enrolled,
    Happened,
    RateUsed,
    Reason,
)
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.rules.rounding import round_points
from regulars.loyalty.rules.tests.programs import (
    INES,
    PLACED_AT,
    cart,
    compiled,
    evaluated,
    line,
    outcome,
    points,
    rule,
)


def fixed(number: int = 50) -> dict[str, Any]:
    return {"kind": "fixed", "points": number}


def per(points: str = "1", **amounts: str) -> dict[str, Any]:
    return {"kind": "per_amount", "points": points, "per": amounts or {"EUR": "1"}}


def times(factor: str, *of: str) -> dict[str, Any]:
    return {"kind": "multiplier", "factor": factor, "of": of}


ON_LINES = {"kind": "line"}

# --- Kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "total_minor", "grant", "expected"),
    [
        ("EUR", 1_999, per("1", EUR="1"), 19),
        ("EUR", 1_999, per("1", EUR="0.01"), 1_999),
        # A yen has no smaller unit, a Kuwaiti dinar has a thousand.
        ("JPY", 1_999, per("1", JPY="100"), 19),
        ("KWD", 1_999, per("10", KWD="1"), 19),
        ("EUR", 1_000, {"kind": "percentage", "percent": "5", "value": {"EUR": "0.01"}}, 50),
        ("JPY", 1_000, {"kind": "percentage", "percent": "5", "value": {"JPY": "1"}}, 50),
    ],
)
def test_money_counts_by_the_exponent_of_its_currency(currency, total_minor, grant, expected):
    bought = cart(line(total_minor), currency=currency)
    assert outcome([rule(grant=grant)], bought).granted == expected


def test_thirds_of_a_point_add_up_to_whole_ones():
    bought = cart(*(line(100, number) for number in (1, 2, 3)))
    assert outcome([rule(grant=per("1", EUR="3"))], bought).granted == 1


def test_an_order_in_a_currency_without_a_rate_earns_nothing():
    found = outcome([rule()], cart(currency="USD"), rates={"USD": Decimal("0.9")})
    assert found.reason is Reason.CURRENCY_NOT_COVERED
    assert found.refusal.values == {"currency": "USD", "covered": ["EUR"]}


def test_an_order_in_another_currency_is_converted_by_a_rate_that_is_told():
    converting = rule(grant=per("1", EUR="1", CHF="1") | {"other_currencies": "convert"})
    found = outcome([converting], cart(line(10_000), currency="JPY"), rates={"JPY": Decimal("0.006")})
    assert (found.granted, found.rate) == (60, RateUsed("JPY", "EUR", Decimal("0.006")))
    assert outcome([converting], cart(currency="CHF")).rate is None
    assert outcome([converting], cart(currency="JPY")).reason is Reason.CURRENCY_NOT_COVERED


def test_the_rate_into_a_currency_that_is_not_the_reporting_one_goes_by_way_of_it():
    converting = rule(grant=per("1", CHF="1") | {"other_currencies": "convert"})
    rates = {"USD": Decimal("0.8"), "CHF": Decimal("1.6")}
    found = outcome([converting], cart(line(10_000), currency="USD"), rates=rates)
    assert (found.granted, found.rate) == (50, RateUsed("USD", "CHF", Decimal("0.5")))


def test_each_piece_of_the_lines_that_count_earns():
    pieces = rule(grant={"kind": "per_item", "points": "2.5"}, on=ON_LINES, condition='line.category = "Coffee"')
    bought = cart(line(900, 1, quantity=3, category="Coffee"), line(900, 2), line(500, 3, "0.6", category="Coffee"))
    found = outcome([pieces], bought)
    assert (found.granted, found.unrounded, found.shares) == (9, Decimal(9), {1: 8, 3: 1})


def test_a_fixed_bonus_is_once_for_the_order_and_belongs_to_its_lines():
    found = outcome([rule(grant=fixed(10))], cart(line(2_000, 1), line(1_000, 2), line(0, 3)))
    assert (found.granted, found.shares) == (10, {1: 7, 2: 3})
    assert outcome([rule(grant=fixed(10))], cart(line(0))).shares == {1: 10}


def test_a_rule_of_lines_looks_at_no_shipping_and_at_no_other_lines():
    base = {"base": {"shipping": True}}
    bought = cart(line(1_000, 1), line(500, 2, category="Food"), shipping_minor=300)
    assert outcome([rule(grant=per() | base)], bought).shares == {1: 10, 2: 5, SHIPPING: 3}
    only_food = rule(grant=per() | base, on=ON_LINES, condition='line.category = "Food"')
    assert outcome([only_food], bought).shares == {2: 5}


# --- Rounding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("down", [0, 0, 1, 1, 2]), ("up", [1, 1, 2, 2, 3]), ("half_up", [0, 1, 1, 2, 3]), ("half_even", [0, 0, 1, 2, 2])],
)
def test_fractions_are_rounded_as_declared(rounding, expected):
    quarters = [Fraction(number, 4) for number in (1, 2, 5, 6, 10)]
    assert [round_points(each, Rounding(rounding)) for each in quarters] == expected


def test_a_fraction_is_rounded_once_for_the_order_or_for_each_line():
    bought = cart(*(line(150, number) for number in (1, 2, 3)))
    once = outcome([rule()], bought)
    assert (once.granted, once.shares, once.unrounded) == (4, {1: 2, 2: 1, 3: 1}, Decimal("4.5"))
    each = outcome([rule(round_per="line")], bought)
    assert (each.granted, each.shares) == (3, {1: 1, 2: 1, 3: 1})
    assert outcome([rule(round_per="line", rounding="up")], bought).granted == 6


def test_the_rounding_of_the_currency_holds_where_the_rule_says_none():
    up = [{"key": "points", "name": "Points", "rounding": "up"}]
    assert outcome([rule()], cart(line(101)), currencies=up).granted == 2
    assert outcome([rule(rounding="down")], cart(line(101)), currencies=up).granted == 1


def test_what_rounds_to_nothing_says_so():
    found = outcome([rule()], cart(line(99)))
    assert (found.reason, found.refusal.values) == (Reason.ROUNDS_TO_NOTHING, {"unrounded": "0.990000"})


# --- Reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("different", "given", "reason"),
    [
        ({"dates": {"start": "2026-11-19"}}, {}, Reason.NOT_STARTED),
        ({"dates": {"end": "2026-11-17"}}, {}, Reason.ENDED),
        ({"hours": {"rrule": "FREQ=DAILY;BYHOUR=17", "minutes": 60}}, {}, Reason.OUTSIDE_HOURS),
        ({}, {"member": None}, Reason.MEMBER_UNKNOWN),
        ({"beneficiary": "attribute:seller"}, {}, Reason.BENEFICIARY_UNKNOWN),
        ({"opt_in": True}, {"opted_in": {"another"}}, Reason.NOT_OPTED_IN),
        ({"condition": "orders.count > 3"}, {}, Reason.CONDITION_FALSE),
        ({"condition": 'line.category = "Food"', "on": ON_LINES}, {}, Reason.CONDITION_FALSE),
        ({"grant": times("2")}, {}, Reason.NOTHING_TO_MULTIPLY),
    ],
)
def test_a_rule_that_does_not_apply_says_why(different, given, reason):
    found = outcome([rule(**different)], **given)
    assert (found.granted, found.reason) == (0, reason)


def test_a_rule_that_applies_gives_no_reason():
    wanted = rule(
        dates={"start": "2026-11-18", "end": "2026-11-18"},
        hours={"rrule": "FREQ=DAILY;BYHOUR=10", "minutes": 60},
        opt_in=True,
        condition='orders.count = 3 and cart.total >= 10 EUR and cart.products contains "p1"',
    )
    found = outcome([wanted], opted_in={"spend"})
    assert (found.granted, found.reason) == (10, None)


def test_nothing_counts_where_points_paid_for_all():
    from regulars.loyalty.rules.contracts import CartTender
    from regulars.orders.contracts import TenderKind

    paid = cart(line(1_000), tenders=[CartTender(kind=TenderKind.POINTS, amount_minor=1_000)])
    assert outcome([rule()], paid).reason is Reason.NOTHING_TO_COUNT


def test_another_is_granted_whose_number_stands_in_the_order():
    sold = cart(attributes={"seller": "S-17"})
    found = outcome([rule(beneficiary="attribute:seller")], sold, member=None)
    assert (found.granted, found.beneficiary) == (10, "S-17")


def test_a_condition_on_money_is_in_the_reporting_currency():
    big = rule(condition="cart.total >= 10 EUR", grant=fixed())
    dollars = cart(line(1_200), currency="USD")
    assert outcome([big], dollars, rates={"USD": Decimal("0.9")}).granted == 50
    assert outcome([big], dollars, rates={"USD": Decimal("0.8")}).reason is Reason.CONDITION_FALSE
    assert outcome([big], dollars).reason is Reason.CONDITION_FALSE


def test_what_moves_with_time_is_asked_at_the_time_of_the_order():
    recent = compiled(rule(condition="orders.last in last 30 days", grant=fixed()))
    ines = replace(INES, facts={"orders.last": datetime(2026, 10, 25, tzinfo=UTC)})
    granted = []
    for day in (20, 30):
        from regulars.loyalty.rules.contracts import Ordered

        placed = Ordered(cart=cart(placed_at=datetime(2026, 11, day, tzinfo=UTC)))
        granted.append(evaluate(recent, placed, Given(member=ines)).points("points"))
    assert granted == [50, 0]


# --- Stacking ---------------------------------------------------------------------------------------------------------


def test_of_an_exclusive_group_the_highest_priority_counts():
    low = rule("low", grant=fixed(1), group="g", priority=1)
    high = rule("high", grant=fixed(2), group="g", priority=5)
    found = evaluated([low, high, rule("other", grant=fixed(4))])
    assert [each.granted for each in found.outcomes] == [0, 2, 4]
    assert found.outcomes[0].refusal.values == {"by": "high", "group": "g"}


def test_of_equal_priorities_the_first_in_the_document_counts():
    assert points([rule(key, grant=fixed(), group="g") for key in ("a", "b")]) == {"a": 50}


def test_a_rule_that_does_not_apply_or_has_nothing_to_count_leaves_its_group_to_others():
    false = rule("false", grant=fixed(), group="g", priority=9, condition="orders.count > 9")
    dollars = rule("dollars", grant=per(USD="1"), group="g", priority=8)
    assert points([false, dollars, rule("kept", grant=fixed(), group="g")]) == {"kept": 50}


def test_a_rule_whose_cap_is_reached_still_holds_its_group():
    full = rule("full", grant=fixed(), group="g", priority=9, caps=[{"scope": "member", "points": 50}])
    assert points([full, rule("kept", grant=fixed(), group="g")], headroom={"full/cap/0": 0}) == {}


# --- Multipliers ------------------------------------------------------------------------------------------------------


def test_a_multiplier_is_its_own_grant_of_the_unrounded_base():
    # 4.50 of the base; twice more is 9, half more 2.25.
    bought = cart(line(450))
    found = points([rule(), rule("triple", grant=times("3")), rule("half", grant=times("1.5"), rounding="up")], bought)
    assert found == {"spend": 4, "triple": 9, "half": 3}


def test_multipliers_add_unless_they_compound():
    rules = [rule(), rule("double", grant=times("2")), rule("triple", grant=times("3"))]
    assert points(rules, cart(line(1_000))) == {"spend": 10, "double": 10, "triple": 20}
    assert points(rules, cart(line(1_000)), multipliers="compound") == {"spend": 10, "double": 10, "triple": 40}


def test_fixed_bonuses_are_never_multiplied():
    assert points([rule("bonus", grant=fixed()), rule("double", grant=times("2"))]) == {"bonus": 50}
    assert points([rule("bonus", grant=fixed()), rule("double", grant=times("2", "bonus"))]) == {"bonus": 50}


def test_a_multiplier_of_lines_multiplies_what_these_earn():
    coffee = rule("double", grant=times("2"), on=ON_LINES, condition='line.category = "Coffee"')
    bought = cart(line(1_000, 1), line(700, 2, category="Coffee"))
    found = evaluated([rule(), coffee], bought)
    assert [each.granted for each in found.outcomes] == [17, 7]
    assert found.outcomes[1].shares == {2: 7}


def test_a_multiplier_that_names_rules_multiplies_only_these_and_formulas_too():
    rules = [
        rule("a"),
        rule("b"),
        rule("f", grant={"kind": "formula", "expression": "5"}),
        rule("m", grant=times("2", "b", "f")),
        rule("n", grant=times("3")),
    ]
    assert points(rules) == {"a": 10, "b": 10, "f": 5, "m": 15, "n": 40}


def test_a_multiplier_counts_its_own_currency_and_whom_it_is_for():
    currencies = [{"key": "points", "name": "Points"}, {"key": "stars", "name": "Stars", "kind": "status"}]
    rules = [
        rule("mine"),
        rule("sellers", beneficiary="attribute:seller"),
        rule("stars", currency="stars"),
        rule("double", grant=times("2")),
    ]
    sold = cart(attributes={"seller": "S-17"})
    assert points(rules, sold, currencies=currencies) == {"mine": 10, "sellers": 10, "stars": 10, "double": 10}


def test_an_excluded_rule_is_not_multiplied_and_one_that_is_capped_is():
    capped = rule("a", caps=[{"scope": "transaction", "points": 4}], group="g", priority=1)
    assert points([capped, rule("b", group="g"), rule("double", grant=times("2"))]) == {"a": 4, "double": 10}


TIERS = {
    "tier_sets": [
        {
            "key": "status",
            "name": "Status",
            "basis": {"kind": "orders"},
            "period": {"kind": "calendar"},
            "tiers": [
                {"key": "basic", "name": "Basic"},
                {"key": "gold", "name": "Gold", "threshold": 5, "benefits": {"multipliers": {"points": "1.25"}}},
            ],
        }
    ]
}


def test_the_tier_before_the_order_multiplies_as_a_rule_does():
    rules = [rule(), rule("bonus", grant=fixed())]
    assert points(rules, tiers={"status": "basic"}, **TIERS) == {"spend": 10, "bonus": 50}
    found = evaluated(rules, cart(line(3_000)), tiers={"status": "gold"}, **TIERS)
    last = found.outcomes[-1]
    assert (last.rule, last.granted, last.unrounded) == ("tier:status.gold", 7, Decimal("7.5"))


# --- Caps and budgets -------------------------------------------------------------------------------------------------


def test_a_cap_cuts_and_its_use_is_told():
    found = outcome([rule(caps=[{"scope": "member", "period": "month", "points": 100}])], headroom={"spend/cap/0": 7})
    (use,) = found.uses
    assert (found.wanted, found.granted, found.reason) == (10, 7, None)
    assert (use.bound, use.left, use.used, use.cut_points) == ("spend/cap/0", 7, 7, 3)
    assert found.shares == {1: 7}


def test_a_cap_can_refuse_the_whole():
    found = outcome([rule(caps=[{"scope": "member", "points": 9, "over": "refuse"}])])
    assert (found.granted, found.reason) == (0, Reason.CAP_REACHED)
    assert found.refusal.values == {"bound": "spend/cap/0", "left": "9", "wanted": 10, "over": "refuse"}


def test_a_cap_in_money_counts_the_cost_of_points():
    found = outcome([rule(caps=[{"scope": "rule", "money": "0.075"}])])
    assert (found.granted, found.uses[0].used) == (7, Decimal("0.07"))


def test_the_narrowest_scope_cuts_first_and_each_bound_is_charged_what_is_granted():
    capped = rule(
        caps=[{"scope": "rule", "points": 5}, {"scope": "transaction", "points": 8}],
        budgets=["all"],
    )
    budgets = [{"key": "all", "name": "All", "points": 3}]
    found = outcome([capped], budgets=budgets)
    assert [(use.bound, use.used, use.cut_points) for use in found.uses] == [
        ("spend/cap/1", 3, 2),
        ("spend/cap/0", 3, 3),
        ("budget/all", 3, 2),
    ]


def test_rules_share_a_budget_in_the_order_of_the_document():
    rules = [rule(key, budgets=["all"]) for key in ("a", "b", "c")]
    found = evaluated(rules, budgets=[{"key": "all", "name": "All", "points": 15}])
    assert [each.granted for each in found.outcomes] == [10, 5, 0]
    assert found.outcomes[2].reason is Reason.BUDGET_REACHED


def test_what_is_over_drawn_is_no_room():
    assert outcome([rule(caps=[{"scope": "member", "points": 9}])], headroom={"spend/cap/0": -4}).granted == 0


def test_the_bounds_of_an_occasion_are_listed_once():
    rules = [rule(key, budgets=["all"], caps=[{"scope": "member", "points": 9}]) for key in ("a", "b")]
    ready = compiled(*rules, budgets=[{"key": "all", "name": "All", "points": 15, "period": "year"}])
    assert [(each.key, each.period) for each in ready.sets["order"].bounds] == [
        ("a/cap/0", "ever"),
        ("budget/all", "year"),
        ("b/cap/0", "ever"),
    ]


# --- Other occasions --------------------------------------------------------------------------------------------------


def granted(ready: Any, occasion: Any, **given: Any) -> dict[str, int]:
    return {each.rule: each.granted for each in evaluate(ready, occasion, Given(**{"member": INES} | given)).granted}


def test_an_event_sets_off_its_rules_and_its_words_are_asked_for():
    on = {"kind": "event", "event": "review.written"}
    ready = compiled(
        rule("good", on=on, grant=fixed(), condition="event.rating >= 4 and orders.count >= 1"),
        rule("bad", on=on, grant=fixed(), condition="event.rating < 4"),
        rule("visit", on={"kind": "event", "event": "store.visited"}, grant=fixed()),
        rule(),
    )
    review = Happened(type="review.written", at=PLACED_AT, payload={"rating": 5})
    assert granted(ready, review) == {"good": 50}
    assert [each.rule for each in evaluate(ready, review, Given(member=INES)).outcomes] == ["good", "bad"]
    assert evaluate(ready, replace(review, type="page.viewed"), Given(member=INES)).outcomes == []


def test_a_field_and_an_enrolment_set_off_their_rules():
    ready = compiled(
        rule("birthday", on={"kind": "profile", "field": "birthday"}, grant=fixed(20)),
        rule("welcome", on={"kind": "enrolment"}, grant=fixed(100)),
    )
    assert granted(ready, BecameKnown(field="birthday", at=PLACED_AT)) == {"birthday": 20}
    assert granted(ready, Enrolled(at=PLACED_AT)) == {"welcome": 100}


def test_days_set_off_what_is_scheduled_for_them():
    on = {"kind": "schedule", "rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "start": "2026-01-01"}
    ready = compiled(rule("monthly", on=on, grant=fixed(), condition="orders.count >= 1"))
    assert granted(ready, DayCame(on=date(2026, 12, 1), at=PLACED_AT)) == {"monthly": 50}
    assert evaluate(ready, DayCame(on=date(2026, 12, 2), at=PLACED_AT), Given(member=INES)).outcomes == []


@pytest.mark.parametrize(
    ("born", "day", "is_it"),
    [
        (date(1990, 12, 1), date(2026, 12, 1), True),
        (date(1990, 12, 1), date(2026, 12, 2), False),
        (date(2000, 2, 29), date(2026, 2, 28), True),
        (date(2000, 2, 29), date(2028, 2, 28), False),
        (date(2000, 2, 29), date(2028, 2, 29), True),
        # A day is no anniversary of itself.
        (date(2026, 12, 1), date(2026, 12, 1), False),
        # It is the second in Vienna.
        (datetime(2025, 12, 1, 23, 30, tzinfo=UTC), date(2026, 12, 2), True),
        (None, date(2026, 12, 1), False),
    ],
)
def test_an_anniversary_comes_each_year(born, day, is_it):
    ready = compiled(rule("birthday", on={"kind": "anniversary", "of": "profile.birthday"}, grant=fixed()))
    ines = Subject(id=INES.id, facts={"profile.birthday": born})
    assert bool(granted(ready, DayCame(on=day, at=PLACED_AT), member=ines)) is is_it
    assert ready.sets["day"].needs.facts == {"profile.birthday"}
