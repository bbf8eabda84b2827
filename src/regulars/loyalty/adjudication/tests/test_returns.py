"""A return takes back what hung on its order, gives it again where the order is kept, and says what stays given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication import orders
from regulars.loyalty.adjudication.returns import RETURNED
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    programme,
    put,
    returned,
)
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.merging import erase_member
from regulars.loyalty.ledger.services import Price, spend_points
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.rewards.contracts import ForOrder, Purchase, order_reference
from regulars.loyalty.rewards.issuing import Source, issue_voucher
from regulars.loyalty.rewards.looking import Shown
from regulars.loyalty.rewards.queries import get_redemption, get_voucher, list_redemptions
from regulars.loyalty.rewards.services import fulfil_redemption, redeem_reward, redeem_vouchers
from regulars.loyalty.rewards.undoing import refund_points, refund_redemption
from regulars.loyalty.rewards.wishing import Wish
from regulars.orders.contracts import OrderState, TenderKind, TenderState

pytestmark = pytest.mark.django_db
SERIES = [{"key": "five", "name": "Five", "off": {"kind": "amount", "amount": {"EUR": 5}}}]
REWARDS = [
    {"key": "mug", "name": "Mug", "cost": 30, "currencies": ["points"], "gives": {"kind": "gift", "shipped": True}},
    {
        "key": "pay",
        "name": "Pay",
        "currencies": ["points"],
        "gives": {"kind": "pay_with_points", "value": {"EUR": "0.10"}},
    },
]


def shop() -> tuple[ProgramVersion, Member]:
    version = programme(per_euro(), vouchers=SERIES, rewards=REWARDS)
    who = member(version)
    put(order("0", 10_000, placed_at=NOON - DAY), NOON - DAY)
    return version, who


def voucher_of(order_id: UUID | None, version: ProgramVersion, who: Member) -> Any:
    source = Source(kind="order", id=order_id)
    return issue_voucher(version=version, series="five", member_id=who.id, source=source, now=NOON, actor=ACTOR)


def hung(answer: Any) -> list[tuple[str, dict[str, Any]]]:
    kinds = {"taken_back", "given_back", "cannot_be_undone"}
    return [(str(each.kind), dict(each.values)) for each in answer.adjudicated[0].effects if each.kind in kinds]


def test_a_voucher_that_was_not_used_is_taken_back_and_given_again_with_its_order():
    version, who = shop()
    whole = order("1", 1000, 500)
    voucher = voucher_of(put(whole).put.order_id, version, who)
    assert hung(put(returned(whole, 2), NOON)) == []
    gone = put(replace(whole, version=3, cancelled_at=NOON), NOON)
    assert hung(gone) == [("taken_back", {"voucher_id": str(voucher.id)})]
    assert get_voucher(voucher.id).withdrawn_at == NOON
    again = put(replace(whole, version=4), NOON)
    assert hung(again) == [("given_back", {"voucher_id": str(voucher.id), "series": "five"})]
    assert get_voucher(voucher.id).withdrawn_at is None
    assert parts(who) == (0, 115, 0, 0)


def test_a_voucher_that_was_used_stays_so_and_the_answer_says_it():
    version, who = shop()
    whole = order("1", 1000)
    voucher = voucher_of(put(whole).put.order_id, version, who)
    purchase = Purchase(reference="till:2", currency="EUR", total_minor=2000, at=NOON)
    shown = Shown(program="beans", codes=[voucher.code], purchase=purchase, client=None, member_id=who.id)
    redeem_vouchers(shown=shown, now=NOON, actor=ACTOR)
    assert hung(put(returned(whole, 1), NOON)) == [
        ("cannot_be_undone", {"voucher_id": str(voucher.id), "reason": "voucher_used"})
    ]


def redeemed(reward: str, who: Member, state: OrderState, points: int) -> Any:
    for_order = ForOrder(
        reference=order_reference(state.source, state.external_id),
        currency="EUR",
        total_minor=state.total_minor,
        points=points,
    )
    wish = Wish(program="beans", reward=reward, member_id=who.id, order=for_order)
    return redeem_reward(wish=wish, now=NOON, actor=ACTOR)


@pytest.mark.parametrize("is_shipped", [False, True])
def test_a_gift_comes_back_with_its_points_unless_it_was_shipped(is_shipped):
    _, who = shop()
    whole = order("1", 1000)
    gift = redeemed("mug", who, whole, 30)
    put(whole)
    if is_shipped:
        fulfil_redemption(redemption_id=gift.id, now=NOON, actor=ACTOR)
    answer = put(returned(whole, 1), NOON)
    [(kind, values)] = hung(answer)
    assert values["redemption_id"] == str(gift.id)
    if is_shipped:
        assert (kind, bool(values["reason"])) == ("cannot_be_undone", True)
        assert parts(who) == (0, 70, 0, 0)
    else:
        assert (kind, values["points"]) == ("taken_back", 30)
        assert parts(who) == (0, 100, 0, 0)


def paid_with_points() -> OrderState:
    tenders = [
        TenderState(kind=TenderKind.POINTS, amount_minor=500),
        TenderState(kind=TenderKind.CARD, amount_minor=500),
    ]
    return order("1", 1000, tenders=tenders)


def test_points_that_paid_for_an_order_before_it_was_put_come_back_by_its_name():
    _, who = shop()
    whole = paid_with_points()
    paid = redeemed("pay", who, whole, 50)
    put(whole)
    assert parts(who) == (0, 55, 0, 0)
    answer = put(replace(whole, version=2, cancelled_at=NOON), NOON)
    assert ("refunded", "pay", 50) in [(str(e.kind), e.rule, e.points) for e in answer.adjudicated[0].effects]
    assert get_redemption(paid.id).refunded_points == 50
    assert parts(who) == (0, 100, 0, 0)


def test_points_that_paid_are_spent_again_where_less_comes_back_after_all():
    _, who = shop()
    whole = paid_with_points()
    redeemed("pay", who, whole, 50)
    put(whole)
    before = parts(who)
    gone = put(replace(whole, version=2, cancelled_at=NOON), NOON)
    assert [effect.points for effect in gone.adjudicated[0].effects if effect.kind == "refunded"] == [50]
    again = put(replace(whole, version=3), NOON)
    assert [effect.points for effect in again.adjudicated[0].effects if effect.kind == "spent_again"] == [50]
    assert parts(who) == before
    put(replace(whole, version=4, cancelled_at=NOON), NOON)
    once_more = put(replace(whole, version=5), NOON)
    assert [effect.points for effect in once_more.adjudicated[0].effects if effect.kind == "spent_again"] == [50]
    assert parts(who) == before


def test_points_given_back_by_hand_stay_the_members_where_an_order_is_kept_after_all():
    _, who = shop()
    whole = paid_with_points()
    paid = redeemed("pay", who, whole, 50)
    put(whole)
    before = parts(who)[1]
    refund_points(redemption_id=paid.id, points=20, reason="sorry", now=NOON, actor=ACTOR)
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    put(replace(whole, version=3), NOON)
    assert parts(who)[1] == before + 20


def test_points_that_were_spent_meanwhile_are_not_owed_where_an_order_is_kept_after_all():
    version, who = shop()
    whole = paid_with_points()
    redeemed("pay", who, whole, 50)
    put(whole)
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    desk = open_desk([who.id], version=version, now=NOON, actor=ACTOR)
    price = Price(points=parts(who)[1] - 30, currencies=["points"])
    spend_points(desk, who.id, price, cause=new_id(), reserve=False, memo={})
    again = put(replace(whole, version=3), NOON)
    earned = sum(effect.points for effect in again.adjudicated[0].effects if effect.kind == "granted")
    [spent] = [effect.points for effect in again.adjudicated[0].effects if effect.kind == "spent_again"]
    assert spent == 30 + earned
    assert parts(who) == (0, 0, 0, 0)


def test_a_reward_is_redeemed_again_with_its_order_and_refunded_again():
    _, who = shop()
    whole = order("1", 1000)
    gift = redeemed("mug", who, whole, 30)
    put(whole)
    before = parts(who)
    for number in (2, 4):
        gone = put(replace(whole, version=number, cancelled_at=NOON), NOON)
        [(kind, values)] = hung(gone)
        assert (kind, values["points"]) == ("taken_back", 30)
        again = put(replace(whole, version=number + 1), NOON)
        [(kind, values)] = hung(again)
        assert (kind, values["points"], values["redemption_id"] != str(gift.id)) == ("given_back", 30, True)
        assert parts(who) == before
    states = [each.state for each in list_redemptions(who.id, limit=10)]
    assert [str(state) for state in states] == ["confirmed", "refunded", "refunded"]
    assert verify_ledger().is_whole


@pytest.mark.parametrize("reason", ["sorry", RETURNED])
def test_a_reward_that_somebody_refunded_stays_so_whatever_reason_was_told(reason):
    _, who = shop()
    whole = order("1", 1000)
    gift = redeemed("mug", who, whole, 30)
    put(whole)
    refund_redemption(redemption_id=gift.id, reason=reason, now=NOON, actor=ACTOR)
    before = parts(who)
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    assert hung(put(replace(whole, version=3), NOON)) == []
    assert parts(who) == before


def test_a_reward_whose_points_are_gone_stays_refunded_and_the_answer_says_so():
    version, who = shop()
    whole = order("1", 1000)
    redeemed("mug", who, whole, 30)
    put(whole)
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    desk = open_desk([who.id], version=version, now=NOON, actor=ACTOR)
    price = Price(points=parts(who)[1], currencies=["points"])
    spend_points(desk, who.id, price, cause=new_id(), reserve=False, memo={})
    [(kind, values)] = hung(put(replace(whole, version=3, lines=whole.lines, total_minor=1000), NOON))
    assert (kind, values["reason"]) == ("cannot_be_undone", "points_or_pieces_gone")


def test_what_is_redeemed_while_a_return_waits_for_the_accounts_comes_back_too(monkeypatch):
    """The redemption stands after the order was looked at, and before its accounts are locked."""
    _, who = shop()
    whole = order("1", 1000)
    put(whole)
    right = orders.open_for

    def late(*told, **more):
        monkeypatch.setattr(orders, "open_for", right)
        redeemed("mug", who, whole, 30)
        return right(*told, **more)

    monkeypatch.setattr(orders, "open_for", late)
    [(kind, values)] = hung(put(replace(whole, version=2, cancelled_at=NOON), NOON))
    assert (kind, values["points"]) == ("taken_back", 30)


def test_an_order_of_somebody_who_was_erased_changes_as_any_and_nothing_is_left_of_it():
    version, who = shop()
    whole = order("1", 5000)
    put(whole)
    redeemed("mug", who, whole, 30)
    put(replace(whole, version=2))
    desk = open_desk([who.id], version=version, now=NOON, actor=ACTOR)
    price = Price(points=100, currencies=["points"])
    spend_points(desk, who.id, price, cause=new_id(), reserve=False, memo={})
    erase_member(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    for number in (3, 5):
        put(replace(whole, version=number, cancelled_at=NOON), NOON)
        assert parts(who) == (0, 0, 0, 0)
        put(replace(whole, version=number + 1), NOON)
        assert parts(who) == (0, 0, 0, 0)
    put(returned(whole, 1, version=7), NOON)
    assert parts(who) == (0, 0, 0, 0)
    assert verify_ledger().is_whole


def test_what_paid_for_the_order_of_somebody_who_was_erased_stays_spent():
    version, who = shop()
    whole = paid_with_points()
    paid = redeemed("pay", who, whole, 50)
    put(whole)
    erase_member(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    assert parts(who) == (0, 0, 0, 0)
    put(replace(whole, version=3), NOON)
    assert parts(who) == (0, 0, 0, 0)
    assert get_redemption(paid.id).refunded_points == 0
    assert verify_ledger().is_whole
