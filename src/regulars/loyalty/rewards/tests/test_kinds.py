from __future__ import annotations

from typing import get_args
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.definitions.document.rewards import Gives, PayWithPoints
from regulars.loyalty.rewards.contracts import ForOrder, RewardReason, Undoing
from regulars.loyalty.rewards.kinds import KINDS
from regulars.loyalty.rewards.kinds.pay_with_points import amount_minor, least_points, most_points
from regulars.loyalty.rewards.kinds.protocol import Returning
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, NOW

PAY = KINDS["pay_with_points"]
R = RewardReason


def test_each_kind_of_the_document_is_in_the_registry() -> None:
    union, _ = get_args(Gives)
    assert set(KINDS) == {get_args(each.model_fields["kind"].annotation)[0] for each in get_args(union)}


def pay(value: str = "0.01", currency: str = "EUR", **different) -> PayWithPoints:
    return PayWithPoints.model_validate({"kind": "pay_with_points", "value": {currency: value}} | different)


def order(points: int, total_minor: int = 2500, currency: str = "EUR") -> ForOrder:
    return ForOrder(reference="shop:1", currency=currency, total_minor=total_minor, points=points)


def reasons(gives: PayWithPoints, of: ForOrder | None) -> dict[str, object]:
    return {each.reason: each.values for each in PAY.validate(gives, of, None)}  # type: ignore[arg-type]


def test_points_pay_up_to_a_share_of_the_order() -> None:
    gives = pay(least_points=100, most_percent=50)
    assert reasons(gives, order(1250)) == {}
    assert reasons(gives, order(1251)) == {R.ABOVE_SHARE: {"most_points": 1250, "points": 1251}}
    assert reasons(gives, order(99)) == {R.BELOW_LEAST_POINTS: {"least": 100, "points": 99}}


def test_paying_needs_an_order_in_a_currency_that_is_covered() -> None:
    assert reasons(pay(), None) == {R.ORDER_NEEDED: {}}
    assert reasons(pay(), order(100, currency="CHF")) == {R.CURRENCY_NOT_COVERED: {"currency": "CHF"}}


def test_what_points_pay_is_rounded_down_by_the_coins_of_the_currency() -> None:
    assert amount_minor(pay("0.005"), "EUR", 3) == 1
    assert amount_minor(pay("0.5", "JPY"), "JPY", 3) == 1
    assert amount_minor(pay("0.0005", "KWD"), "KWD", 3) == 1


def test_points_that_pay_nothing_are_not_taken() -> None:
    assert reasons(pay("0.003"), order(3)) == {R.BELOW_LEAST_POINTS: {"least": 4, "points": 3}}
    assert reasons(pay("0.003"), order(4)) == {}


VALUES = st.decimals("0.0001", 20, places=4)


@pytest.mark.parametrize(
    ("value", "total", "most"), [("0.02", 101, 50), ("0.005", 3, 6), ("0.003", 1, 4), ("0.015", 2, 1), ("5", 499, 0)]
)
def test_as_many_points_are_used_as_pay_no_more_than_the_order(value: str, total: int, most: int) -> None:
    assert most_points(pay(value), "EUR", total) == most


@given(VALUES, st.integers(1, 100), st.integers(0, 50_000), st.integers(0, 200_000))
def test_points_never_pay_more_than_their_share_and_never_nothing(value, percent: int, total: int, points: int) -> None:
    gives = pay(str(value), most_percent=percent)
    if not reasons(gives, order(points, total)):
        paid = amount_minor(gives, "EUR", points)
        assert 0 < paid <= total * percent / 100
        assert least_points(gives, "EUR") <= points <= most_points(gives, "EUR", total)


@given(VALUES, st.integers(1, 100), st.integers(0, 50_000))
def test_the_most_points_pay_no_more_than_the_share_and_one_more_would_pay_too_much_or_nothing_more(
    value, percent: int, total: int
) -> None:
    gives = pay(str(value), most_percent=percent)
    most, share = most_points(gives, "EUR", total), total * percent // 100
    assert amount_minor(gives, "EUR", most) <= share
    assert amount_minor(gives, "EUR", most + 1) > share or amount_minor(gives, "EUR", most) == share


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("pay_with_points", Undoing.UNDONE, Undoing.UNDONE),
        ("store_credit", Undoing.TOLD, Undoing.TOLD),
        ("gift", Undoing.UNDONE, Undoing.KEPT),
        ("event_access", Undoing.UNDONE, Undoing.UNDONE),
        ("donation", Undoing.UNDONE, Undoing.KEPT),
        ("experience", Undoing.UNDONE, Undoing.KEPT),
        ("external", Undoing.TOLD, Undoing.TOLD),
    ],
)
def test_a_kind_undoes_what_its_compensation_says(kind: str, before: Undoing, after: Undoing) -> None:
    assert (KINDS[kind].compensation.before, KINDS[kind].compensation.after) == (before, after)
    for is_done, expected in ((False, before), (True, after)):
        returning = Returning(redemption_id=uuid4(), given={}, is_done=is_done, now=NOW, actor=ACTOR)
        reversal = KINDS[kind].reverse(None, returning)
        assert reversal.undoing is expected
        assert bool(reversal.reason) == (expected is Undoing.KEPT)
