"""A sale at a counter is kept with vouchers, points and earnings: all or nothing, once, and undone while fresh."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Sum

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.selling import (
    UNDONE_WITHIN,
    NotFresh,
    Sale,
    WrongAmount,
    list_earned,
    list_payments,
    see_sale,
    sell,
    undo_sale,
)
from regulars.loyalty.adjudication.tests.programme_shop import ACTOR, NOON, member, parts, per_euro, programme
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.ledger.members import NoSuchMember, end_membership
from regulars.loyalty.ledger.models import Entry
from regulars.loyalty.ledger.services import grant_points
from regulars.loyalty.rewards.queries import find_voucher, iter_codes
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import generate_codes
from regulars.loyalty.rewards.using import VoucherRefused
from regulars.orders.contracts import TenderKind
from regulars.orders.models import Order

pytestmark = pytest.mark.django_db

PAY = {
    "key": "pay",
    "name": "Pay",
    "gives": {"kind": "pay_with_points", "value": {"EUR": "0.01"}, "least_points": 100, "most_percent": 50},
    "currencies": ["points"],
}
FIVE = {"key": "five", "name": "Five off", "off": {"kind": "amount", "amount": {"EUR": 5}}}


def shop(points: int = 0) -> tuple[ProgramVersion, Member]:
    version = programme(per_euro(), rewards=[PAY], vouchers=[FIVE])
    who = member(version)
    if points:
        what = Grant(
            points=points,
            granted_at=NOON,
            activates_at=NOON,
            expires_at=None,
            source_kind="test",
            source_id=new_id(),
        )
        grant_points(member_id=who.id, currency="points", what=what, version=version, now=NOON, actor=ACTOR)
    return version, who


def code_of(version: ProgramVersion) -> str:
    batch = new_id()
    generate_codes(version=version, series="five", count=1, batch_id=batch, now=NOON, actor=ACTOR)
    return next(iter(iter_codes(batch)))


def sale(who: Member, amount_minor: int = 2050, reference: str = "till-1", **more: Any) -> Sale:
    return Sale(
        program="beans", member_id=who.id, reference=reference, amount_minor=amount_minor, currency="EUR", **more
    )


def test_a_sale_earns_and_told_twice_it_is_one_sale():
    _, who = shop()
    first = sell(sale=sale(who), now=NOON, actor=ACTOR)
    again = sell(sale=sale(who, 9900), now=NOON, actor=ACTOR)
    assert again == first
    assert parts(who) == (0, 20, 0, 0)
    assert Order.objects.count() == 1
    [earned] = list_earned(first.head.id)
    assert (earned.rule, earned.currency, earned.points, earned.member_id) == ("base", "points", 20, who.id)


def test_what_is_seen_before_is_what_comes_of_it():
    version, who = shop(points=800)
    told = sale(who, 2050, vouchers=[code_of(version)], pays_with="pay", points=500)
    seen = see_sale(sale=told, now=NOON, actor=ACTOR)
    assert (seen.discount_minor, seen.points_minor, seen.due_minor) == (500, 500, 1050)
    assert Order.objects.count() == 0
    kept = sell(sale=told, now=NOON, actor=ACTOR)
    assert kept.head.total_minor == 1550
    assert {each.kind: each.amount_minor for each in kept.tenders} == {TenderKind.POINTS: 500, TenderKind.CARD: 1050}
    [effect] = seen.effects
    assert [each.points for each in list_earned(kept.head.id)] == [effect.points]
    # What points pay earns nothing.
    assert effect.points == 10
    assert parts(who) == (0, 310, 0, 0)


def test_no_code_of_a_voucher_stands_on_the_order():
    version, who = shop()
    code = code_of(version)
    kept = sell(sale=sale(who, vouchers=[code]), now=NOON, actor=ACTOR)
    assert [(each.name, each.coupon) for each in kept.discounts] == [("Five off", "")]
    assert code not in repr(kept)


def test_a_sale_that_is_undone_leaves_all_as_it_was():
    version, who = shop(points=800)
    code = code_of(version)
    before = parts(who)
    kept = sell(sale=sale(who, vouchers=[code], pays_with="pay", points=500), now=NOON, actor=ACTOR)
    undone = undo_sale(order_id=kept.head.id, now=NOON + UNDONE_WITHIN / 2, actor=ACTOR)
    assert undone.head.cancelled_at
    assert parts(who) == before
    voucher = find_voucher(code)
    assert voucher
    assert voucher.redeemed == 0
    assert list_earned(kept.head.id) == []
    assert undo_sale(order_id=kept.head.id, now=NOON + 9 * UNDONE_WITHIN, actor=ACTOR) == undone
    assert Entry.objects.aggregate(total=Sum("points"))["total"] == 0


def test_a_sale_that_is_no_longer_fresh_is_not_undone():
    _, who = shop()
    kept = sell(sale=sale(who), now=NOON, actor=ACTOR)
    with pytest.raises(NotFresh):
        undo_sale(order_id=kept.head.id, now=NOON + 2 * UNDONE_WITHIN, actor=ACTOR)
    assert parts(who) == (0, 20, 0, 0)


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"vouchers": ["NO-SUCH-CODE"]}, VoucherRefused),
        ({"pays_with": "pay", "points": 900}, RewardRefused),
        ({"amount_minor": 0}, WrongAmount),
    ],
)
def test_a_sale_of_which_a_part_is_refused_is_not_kept(more, refused):
    version, who = shop(points=500)
    code = code_of(version)
    told = {"vouchers": [code], **more}
    with pytest.raises(refused):
        sell(sale=sale(who, **told), now=NOON, actor=ACTOR)
    voucher = find_voucher(code)
    assert Order.objects.count() == 0
    assert parts(who) == (0, 500, 0, 0)
    assert voucher
    assert voucher.redeemed == 0


def test_who_has_left_buys_nothing_as_a_member():
    version, who = shop()
    end_membership(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    with pytest.raises(NoSuchMember):
        sell(sale=sale(who), now=NOON, actor=ACTOR)


def test_points_pay_as_much_as_there_are_and_the_reward_allows():
    version, _ = shop()
    [payment] = list_payments(version, available=3000, currency="EUR", amount_minor=2050)
    assert (payment.least, payment.most, payment.most_minor) == (100, 1025, 1025)
    [payment] = list_payments(version, available=300, currency="EUR", amount_minor=2050)
    assert (payment.most, payment.most_minor) == (300, 300)
    assert list_payments(version, available=99, currency="EUR", amount_minor=2050) == []
    assert list_payments(version, available=3000, currency="GBP", amount_minor=2050) == []
