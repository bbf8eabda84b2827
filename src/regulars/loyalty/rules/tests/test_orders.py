"""From an order's state to points, and what is left of them after returns: properties of any order and any rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.contracts import Cart, CartDiscount, Evaluation, Ordered, Reason
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.rules.tests.programs import INES, cart, compiled, evaluated, line, points, rule
from regulars.orders.contracts import (
    DiscountState,
    LineState,
    OrderState,
    PaymentState,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)

RETURNED_AT = datetime(2026, 11, 20, tzinfo=UTC)


def order(*returns: ReturnState, **different: Any) -> OrderState:
    """Return an order of two bowls for 40 and a cup for 10, 5 off the whole, 10 paid with points."""
    bowls = LineState(
        product=ProductState(external_id="bowl", name="Bowl", category="Home"),
        quantity=Decimal(2),
        unit_price_minor=2_000,
        total_minor=4_000,
    )
    cup = LineState(
        product=ProductState(external_id="cup", name="Cup"),
        quantity=Decimal(1),
        unit_price_minor=1_000,
        total_minor=1_000,
    )
    plain: dict[str, Any] = {
        "source": "shop",
        "external_id": "1",
        "placed_at": datetime(2026, 11, 18, 9, 30, tzinfo=UTC),
        "currency": "EUR",
        "lines": [bowls, cup],
        "discounts": [DiscountState(coupon="FIVE", amount_minor=500)],
        "tenders": [
            TenderState(kind=TenderKind.POINTS, amount_minor=1_000),
            TenderState(kind=TenderKind.CARD, amount_minor=3_500),
        ],
        "total_minor": 4_500,
        "returns": returns,
    }
    return OrderState(**plain | different)


def came_back(number: int, quantity: int, amount_minor: int) -> ReturnState:
    lines = [ReturnedLine(line=number, quantity=Decimal(quantity), amount_minor=amount_minor)]
    return ReturnState(external_id=f"r{number}", returned_at=RETURNED_AT, lines=lines)


THRESHOLD = rule("bonus", grant={"kind": "fixed", "points": 50}, condition="cart.total >= 40 EUR")


def test_an_order_earns_for_what_was_not_paid_with_points():
    # 36 and 9 after the discount, of which points paid 8 and 2.
    found = evaluated([rule(), THRESHOLD], cart_of(order()))
    assert [each.granted for each in found.outcomes] == [35, 50]
    assert found.outcomes[0].shares == {1: 28, 2: 7}
    assert (found.spread.discounts, found.spread.points) == ({1: 400, 2: 100}, {1: 800, 2: 200})


def test_after_a_return_a_bonus_no_longer_earned_goes_and_what_is_still_earned_stays():
    found = evaluated([rule(), THRESHOLD], cart_of(order(came_back(1, 1, 1_800))))
    assert [each.granted for each in found.outcomes] == [21, 0]
    assert found.outcomes[1].reason is Reason.CONDITION_FALSE
    assert found.spread.points_back == {1: 400}


def test_several_returns_add_up():
    back = came_back(1, 1, 1_800)
    assert points([rule()], cart_of(order(back, back))) == {"spend": 7}


def test_lines_that_a_reward_gave_do_not_earn():
    assert points([rule()], cart_of(order(), reward_lines={1})) == {"spend": 7}


@pytest.mark.parametrize(
    "different",
    [
        {"cancelled_at": RETURNED_AT},
        {"payment_state": PaymentState.REFUNDED},
        {"returns": [came_back(1, 2, 3_600), came_back(2, 1, 900)]},
    ],
)
def test_of_an_order_that_is_gone_nothing_is_earned(different):
    found = evaluated([rule(), rule("bonus", grant={"kind": "fixed", "points": 50})], cart_of(order(**different)))
    assert [each.reason for each in found.outcomes] == [Reason.NOTHING_TO_COUNT] * 2
    assert found.spread.points_back == found.spread.points


# --- Properties -------------------------------------------------------------------------------------------------------

GRANTS = st.one_of(
    st.builds(lambda points: {"kind": "fixed", "points": points}, st.integers(1, 500)),
    st.builds(
        lambda points, per, base: {"kind": "per_amount", "points": points, "per": {"EUR": per}, "base": base},
        st.sampled_from(["1", "0.3", "7.25"]),
        st.sampled_from(["1", "0.07", "3"]),
        st.fixed_dictionaries(
            {"tax": st.booleans(), "shipping": st.booleans(), "discounts": st.sampled_from(["before", "after"])}
        ),
    ),
    st.builds(lambda points: {"kind": "per_item", "points": points}, st.sampled_from(["1", "0.3"])),
    st.just({"kind": "percentage", "percent": "7", "value": {"EUR": "0.03"}}),
    st.just({"kind": "formula", "expression": "cart.total / 3 - 5"}),
    st.sampled_from([{"kind": "multiplier", "factor": "1.5"}, {"kind": "multiplier", "factor": "3"}]),
)


@st.composite
def rules(draw: st.DrawFn, key: str) -> dict[str, Any]:
    return rule(
        key,
        on={"kind": draw(st.sampled_from(["order", "line"]))},
        grant=draw(GRANTS),
        rounding=draw(st.sampled_from(["down", "up", "half_up", "half_even"])),
        round_per=draw(st.sampled_from(["order", "line"])),
        caps=draw(
            st.sampled_from([[], [{"scope": "transaction", "points": 9}], [{"scope": "member", "money": "0.05"}]])
        ),
        budgets=draw(st.sampled_from([[], ["all"]])),
    )


BUDGETS = [{"key": "all", "name": "All", "points": 40}]
PROGRAMS = st.integers(1, 5).flatmap(lambda many: st.tuples(*(rules(f"r{number}") for number in range(many))))
LINES = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=5)


def bought(lines: Any, **different: Any) -> Cart:
    made = [
        line(total, number, quantity=pieces, returned_quantity=Decimal(min(back, pieces)))
        for number, (total, pieces, back) in enumerate(lines, start=1)
    ]
    return cart(*made, shipping_minor=490, **different)


def given_for(program: Any, of: Cart, **different: Any) -> Evaluation:
    ready = compiled(*program, budgets=BUDGETS, **different)
    return evaluate(ready, Ordered(cart=of), Given(member=INES))


@given(PROGRAMS, LINES, st.sampled_from(["add", "compound"]))
def test_shares_add_up_to_what_is_granted_and_nothing_is_below_nought(program, lines, multipliers):
    used = Counter[str]()
    for each in given_for(program, bought(lines), multipliers=multipliers).outcomes:
        assert 0 <= each.granted <= each.wanted
        assert sum(each.shares.values()) == each.granted
        assert all(share > 0 for share in each.shares.values())
        assert (each.granted == 0) == (each.reason is not None)
        assert all(0 <= use.used <= use.left for use in each.uses)
        used["all"] += sum(int(use.used) for use in each.uses if use.bound == "budget/all")
    assert used["all"] <= 40


@given(PROGRAMS, LINES)
def test_a_return_never_makes_more_points(program, lines):
    # Of rules without shared state; where they share a budget, what one leaves another takes.
    alone = [each | {"budgets": []} for each in program]
    kept = given_for(alone, bought([(total, pieces, 0) for total, pieces, _ in lines]))
    left = given_for(alone, bought(lines))
    assert all(now.granted <= before.granted for now, before in zip(left.outcomes, kept.outcomes, strict=True))


@given(PROGRAMS, LINES)
def test_where_all_came_back_it_is_as_if_nothing_had_been_bought(program, lines):
    everything = bought([(total, pieces, pieces) for total, pieces, _ in lines])
    nothing = replace(everything, lines=[], shipping_minor=0, total_minor=0)
    found = [given_for(program, each).outcomes for each in (everything, nothing)]
    assert found[0] == found[1]
    assert not any(each.granted for each in found[0])


@given(LINES, st.integers(0, 5_000), st.integers(0, 3_000), st.sampled_from(["1", "0.3"]))
def test_another_line_never_lowers_what_an_amount_rule_gives(lines, more, discount, per):
    amount = [rule(grant={"kind": "per_amount", "points": "1", "per": {"EUR": per}})]
    discounts = [CartDiscount(amount_minor=discount)]
    before = given_for(amount, bought(lines, discounts=discounts)).points("points")
    after = given_for(amount, bought([*lines, (more, 1, 0)], discounts=discounts)).points("points")
    assert any(back for *_, back in lines) or before <= after


@given(PROGRAMS, LINES)
def test_what_was_once_the_headroom_gives_the_same_again(program, lines):
    first = given_for(program, bought(lines))
    stored = {use.bound: use.left for each in reversed(first.outcomes) for use in each.uses}
    ready = compiled(*program, budgets=BUDGETS)
    again = evaluate(ready, Ordered(cart=bought(lines)), Given(member=INES, headroom=stored))
    assert [each.granted for each in again.outcomes] == [each.granted for each in first.outcomes]
