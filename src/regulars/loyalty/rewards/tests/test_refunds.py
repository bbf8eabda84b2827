from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from regulars.loyalty.rewards.contracts import Redemption, RedemptionState, Undoing
from regulars.loyalty.rewards.queries import (
    get_voucher,
    list_vouchers_of,
)
from regulars.loyalty.rewards.services import (
    fulfil_redemption,
    redeem_vouchers,
    refund_points,
)
from regulars.loyalty.rewards.tests.redeeming_shop import (
    R,
    beans,
    order,
    points,
    redeem,
    refund,
    refused,
    shop,
    told,
)
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    DAY,
    NOW,
    member,
    next_version,
    shown,
)
from regulars.loyalty.rewards.undoing import CannotBeUndone, NotConfirmed, TooManyPoints, WhenKept

pytestmark = pytest.mark.django_db


def test_a_refund_gives_the_points_back_and_the_piece() -> None:
    version = shop(stock=1)
    ines = member(version, beans=100)
    redeemed = redeem(ines)
    undone = refund(redeemed)
    assert (undone.redemption.state, undone.reversal.undoing) == (RedemptionState.REFUNDED, Undoing.UNDONE)
    assert beans(version, ines) == (100, 0)
    assert refund(redeemed).redemption == undone.redemption
    assert beans(version, ines) == (100, 0)
    assert redeem(ines).state is RedemptionState.CONFIRMED


def test_points_of_several_currencies_come_back_to_where_they_came_from() -> None:
    version = shop(currencies=["gems", "beans"])
    ines = member(version, beans=250, gems=30)
    refund(redeem(ines))
    assert points(version, ines) == {"gems": (30, 0), "beans": (250, 0)}


def test_some_of_the_points_come_back_with_a_line() -> None:
    version = shop(gives={"kind": "pay_with_points", "value": {"EUR": "0.01"}}, cost=None)
    ines = member(version, beans=500)
    paid = redeem(ines, order=order(500))

    def give_back(count: int, key: str | None = None) -> Redemption:
        told: dict[str, Any] = {"redemption_id": paid.id, "points": count, "reason": "line 1"}
        return refund_points(**told, now=NOW, actor=ACTOR, idempotency_key=key)

    assert give_back(200, "k").refunded_points == give_back(200, "k").refunded_points == 200
    assert beans(version, ines) == (200, 0)
    with pytest.raises(TooManyPoints):
        give_back(301)
    assert refund(paid).redemption.refunded_points == 500
    assert beans(version, ines) == (500, 0)
    with pytest.raises(NotConfirmed):
        give_back(1)


def test_what_was_shipped_cannot_be_undone_and_says_so() -> None:
    version = shop(gives={"kind": "gift", "shipped": True})
    ines = member(version, beans=300)
    waiting = redeem(ines)
    assert waiting.fulfilled_at is None
    assert refund(waiting).reversal.undoing is Undoing.UNDONE
    shipped = redeem(ines)
    fulfil_redemption(redemption_id=shipped.id, details={"parcel": "P1"}, now=NOW, actor=ACTOR)
    with pytest.raises(CannotBeUndone) as error:
        refund(shipped)
    assert error.value.reason == "cannot_be_undone"
    left = refund(shipped, WhenKept.LEAVE)
    assert (left.reversal.undoing, left.redemption.state) == (Undoing.KEPT, RedemptionState.CONFIRMED)
    assert beans(version, ines) == (200, 0)
    given_back = refund(shipped, WhenKept.REFUND)
    assert (given_back.reversal.undoing, given_back.redemption.state) == (Undoing.KEPT, RedemptionState.REFUNDED)
    assert beans(version, ines) == (300, 0)


def test_the_piece_of_what_stays_given_does_not_come_back() -> None:
    version = shop(gives={"kind": "gift"}, stock=1)
    ines = member(version, beans=100)
    refund(redeem(ines), WhenKept.REFUND)
    assert refused(ines) == [R.OUT_OF_STOCK]


def test_a_voucher_is_given_and_taken_back_until_it_is_used() -> None:
    version = shop(gives={"kind": "voucher", "series": "five"})
    ines = member(version, beans=300)
    unused, used = redeem(ines), redeem(ines)
    voucher = get_voucher(UUID(unused.given["voucher_id"]))
    assert (voucher.member_id, voucher.source_id) == (ines, unused.id)
    assert refund(unused).reversal.undoing is Undoing.UNDONE
    assert get_voucher(voucher.id).withdrawn_at == NOW
    code = get_voucher(UUID(used.given["voucher_id"])).code
    redeem_vouchers(shown=shown(code, member_id=ines), now=NOW, actor=ACTOR)
    assert refund(used, WhenKept.LEAVE).reversal.reason == "voucher_used"
    assert len(list_vouchers_of(ines, limit=9)) == 2


def test_another_system_is_told_and_says_when_it_is_done() -> None:
    version = shop(gives={"kind": "external", "reference": "lounge"})
    ines = member(version, beans=100)
    redeemed = redeem(ines)
    assert told("reward.redeemed")[0]["given"] == {"reference": "lounge"}
    done = fulfil_redemption(redemption_id=redeemed.id, details={"pass": "L-7"}, now=NOW + DAY, actor=ACTOR)
    assert (done.fulfilled_at, done.given) == (NOW + DAY, {"reference": "lounge", "pass": "L-7"})
    again = fulfil_redemption(redemption_id=redeemed.id, now=NOW + 2 * DAY, actor=ACTOR)
    assert again.fulfilled_at == NOW + DAY
    assert refund(redeemed).reversal.undoing is Undoing.TOLD
    assert told("reward.refunded")[0]["undoing"] == "told"


def test_store_credit_tells_the_shop_how_much() -> None:
    version = shop(gives={"kind": "store_credit", "amount": "7.50", "currency": "EUR"})
    assert redeem(member(version, beans=100)).given == {"amount_minor": 750, "currency": "EUR"}


def test_a_donation_stays_given() -> None:
    version = shop(gives={"kind": "donation", "to": "Trees", "amount": 2, "currency": "EUR"})
    given = redeem(member(version, beans=100))
    assert given.given == {"to": "Trees", "amount_minor": 200, "currency": "EUR"}
    with pytest.raises(CannotBeUndone):
        refund(given)


def test_a_redemption_is_undone_by_the_version_that_gave_it() -> None:
    version = shop()
    ines = member(version, beans=100)
    redeemed, moment = redeem(ines), NOW + DAY
    next_version(moment, rewards=[])
    assert refund(redeemed, now=moment).redemption.state is RedemptionState.REFUNDED
