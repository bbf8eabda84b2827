"""Which part of an order counts, worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from regulars.loyalty.definitions.document.rules import Base
from regulars.loyalty.rules.bases import bases_of
from regulars.loyalty.rules.contracts import SHIPPING, Cart, CartDiscount, CartTender
from regulars.loyalty.rules.tests.programs import cart, line
from regulars.loyalty.rules.worth import remains_of
from regulars.orders.contracts import TenderKind

# 60 and 40 euros with 20 % tax in it, 10 off the first line; 10 off the whole, 6 for shipping.
INCLUDED = cart(
    line(6_000, 1, discount_minor=1_000, tax_minor=900),
    line(4_000, 2, tax_minor=600),
    shipping_minor=600,
    shipping_tax_minor=100,
    discounts=[CartDiscount(amount_minor=1_000)],
)
# 50 and 50 without tax, which is 20 %.
ADDED = cart(line(5_000, 1, tax_minor=1_000), line(5_000, 2, tax_minor=1_000), tax_included=False)


def tender(kind: str, amount_minor: int) -> CartTender:
    return CartTender(kind=TenderKind(kind), amount_minor=amount_minor)


def counted(of: Cart, points_are: Any = "tender", **base: Any) -> dict[int, int]:
    return bases_of(remains_of(of, points_are).parts, Base(**base))


def with_tenders(of: Cart, *tenders: CartTender) -> Cart:
    from dataclasses import replace

    return replace(of, tenders=tenders)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ({}, {1: 5_400, 2: 3_600}),
        ({"shipping": True}, {1: 5_400, 2: 3_600, SHIPPING: 600}),
        ({"discounts": "before"}, {1: 7_000, 2: 4_000}),
        ({"tax": False}, {1: 4_500, 2: 3_000}),
        ({"tax": False, "shipping": True}, {1: 4_500, 2: 3_000, SHIPPING: 500}),
        # In the proportion of what is left: 45 of 54, and 30 of 36.
        ({"tax": False, "discounts": "before"}, {1: 5_833, 2: 3_333}),
    ],
)
def test_discounts_tax_and_shipping_count_as_the_rule_says_where_prices_hold_tax(base, expected):
    assert counted(INCLUDED, **base) == expected


@pytest.mark.parametrize(
    ("base", "expected"),
    [({}, {1: 6_000, 2: 6_000}), ({"tax": False}, {1: 5_000, 2: 5_000})],
)
def test_tax_counts_as_the_rule_says_where_it_is_added(base, expected):
    assert counted(ADDED, **base) == expected


def test_a_discount_goes_over_the_lines_and_over_shipping_only_where_it_is_more():
    free = cart(line(1_000), shipping_minor=500, discounts=[CartDiscount(amount_minor=1_200)])
    assert counted(free, shipping=True) == {1: 0, SHIPPING: 300}


def test_a_line_below_nought_is_a_discount_and_takes_its_tax_off():
    discounted = cart(
        line(5_000, 1, tax_minor=1_000),
        line(5_000, 2, tax_minor=1_000),
        line(-1_000, 3, unit_price_minor=-1_000, tax_minor=-200),
        tax_included=False,
    )
    assert counted(discounted) == {1: 5_400, 2: 5_400}
    assert counted(discounted, tax=False) == {1: 4_500, 2: 4_500}


def test_a_line_of_a_reward_does_not_earn_but_bears_its_share():
    gift = cart(line(1_000, 1), line(1_000, 2, is_reward=True))
    assert counted(with_tenders(gift, tender("points", 1_000))) == {1: 500}


def test_what_was_paid_with_points_is_spread_over_lines_and_shipping_and_does_not_count():
    paid = with_tenders(cart(line(3_000, 1), line(1_000, 2), shipping_minor=1_000), tender("points", 1_000))
    assert counted(paid, shipping=True) == {1: 2_400, 2: 800, SHIPPING: 800}
    assert counted(paid, shipping=True, points=True) == {1: 3_000, 2: 1_000, SHIPPING: 1_000}
    assert remains_of(paid).spread.points == {1: 600, 2: 200, SHIPPING: 200}


def test_gift_cards_count_unless_the_rule_says_otherwise():
    paid = with_tenders(cart(line(3_000, 1), line(1_000, 2)), tender("gift_card", 2_000), tender("card", 2_000))
    assert counted(paid) == {1: 3_000, 2: 1_000}
    assert counted(paid, gift_cards=False) == {1: 1_500, 2: 500}


def test_points_after_tax_pay_for_tax_too_and_before_tax_lower_what_is_taxed():
    paid = with_tenders(ADDED, tender("points", 2_400))
    # After tax: 12 of the 60 of each line. Without tax that is 10 of the 50.
    assert counted(paid) == {1: 4_800, 2: 4_800}
    assert counted(paid, tax=False) == {1: 4_000, 2: 4_000}
    # Before tax: 12 of the 50 of each line, and so 14.40 of the 60.
    assert counted(paid, "discount", tax=False) == {1: 3_800, 2: 3_800}
    assert counted(paid, "discount") == {1: 4_560, 2: 4_560}


def test_more_points_than_the_order_comes_to_are_not_spread():
    remains = remains_of(with_tenders(cart(line(1_000)), tender("points", 5_000)))
    assert remains.spread.points == {1: 1_000}


# --- What remains -----------------------------------------------------------------------------------------------------


def test_a_returned_line_brings_its_share_back():
    paid = cart(
        line(3_000, 1, returned_quantity=Decimal(1), returned_minor=3_000),
        line(1_000, 2),
        tenders=[tender("points", 400), tender("gift_card", 800)],
    )
    remains = remains_of(paid)
    assert remains.spread.points == {1: 300, 2: 100}
    assert remains.spread.points_back == {1: 300}
    assert remains.spread.gift_cards_back == {1: 600}
    assert bases_of(remains.parts, Base()) == {1: 0, 2: 900}
    assert remains.total_minor == 1_000


def test_of_a_line_that_came_back_in_part_the_rest_counts():
    half = cart(line(3_000, quantity=3, tax_minor=500, returned_quantity=Decimal(1), returned_minor=1_000))
    assert counted(half) == {1: 2_000}
    assert counted(half, tax=False) == {1: 1_667}
    assert remains_of(half).goods[0].quantity == 2


@pytest.mark.parametrize(("quantity", "money", "left"), [(1, 500, 2_000), (1, 0, 2_000), (1, 2_500, 500), (3, 0, 0)])
def test_neither_pieces_nor_money_that_went_back_earn(quantity, money, left):
    some = cart(line(3_000, quantity=3, returned_quantity=Decimal(quantity), returned_minor=money))
    assert counted(some) == {1: left}


def test_shipping_that_was_paid_back_does_not_count():
    assert counted(cart(line(), shipping_minor=500, returned_shipping_minor=200), shipping=True)[SHIPPING] == 300


def test_nothing_remains_of_a_void_order():
    remains = remains_of(cart(line(), shipping_minor=500, is_void=True))
    assert (remains.total_minor, remains.goods) == (0, [])
    assert set(bases_of(remains.parts, Base(shipping=True)).values()) == {0}


AMOUNTS = st.integers(0, 50_000)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Carts of all sorts, some of which came back in part."""
    lines = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        total, pieces = draw(AMOUNTS), draw(st.integers(1, 5))
        lines.append(
            line(
                total,
                number,
                quantity=pieces,
                tax_minor=draw(st.integers(0, total // 4)),
                discount_minor=draw(st.integers(0, 500)),
                is_reward=draw(st.booleans()),
                returned_quantity=Decimal(draw(st.integers(0, pieces))),
                returned_minor=draw(st.integers(-5, total)),
            )
        )
    return cart(
        *lines,
        tax_included=draw(st.booleans()),
        shipping_minor=draw(st.integers(0, 2_000)),
        shipping_tax_minor=draw(st.integers(0, 200)),
        discounts=[CartDiscount(amount_minor=draw(st.integers(0, 3_000)))],
        tenders=[tender("points", draw(AMOUNTS)), tender("gift_card", draw(AMOUNTS))],
    )


BASES = st.builds(
    Base,
    discounts=st.sampled_from(["before", "after"]),
    tax=st.booleans(),
    shipping=st.booleans(),
    gift_cards=st.booleans(),
    points=st.booleans(),
)


@given(carts(), BASES, st.sampled_from(["tender", "discount"]))
def test_what_counts_is_never_less_than_nothing_and_never_more_than_before_the_returns(bought, base, points_are):
    from dataclasses import replace

    kept = replace(
        bought, lines=[replace(each, returned_quantity=Decimal(0), returned_minor=0) for each in bought.lines]
    )
    now = bases_of(remains_of(bought, points_are).parts, base)
    before = bases_of(remains_of(kept, points_are).parts, base)
    assert all(0 <= now[number] <= before[number] for number in now)
    assert remains_of(bought, points_are).total_minor <= max(0, bought.total_minor)


@given(carts(), st.sampled_from(["tender", "discount"]))
def test_what_came_back_of_what_was_spread_is_never_more_than_that(bought, points_are):
    spread = remains_of(bought, points_are).spread
    assert sum(spread.points.values()) <= sum(each.amount_minor for each in bought.tenders if each.kind == "points")
    assert all(0 < back <= spread.points[number] for number, back in spread.points_back.items())
    assert all(0 < back <= spread.gift_cards[number] for number, back in spread.gift_cards_back.items())
