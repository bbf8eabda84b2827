from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.members import NoSuchMember, end_membership
from regulars.loyalty.ledger.requests import KeyUsed
from regulars.loyalty.ledger.services import release_points
from regulars.loyalty.ledger.wallets import BrokenLedger
from regulars.loyalty.rewards import undoing
from regulars.loyalty.rewards.contracts import Bought, RedemptionState
from regulars.loyalty.rewards.queries import (
    get_redemption,
    list_redeemed_for,
    list_redemptions,
    list_rewards,
)
from regulars.loyalty.rewards.redeeming import NotReserved, ReservationExpired, RewardRefused
from regulars.loyalty.rewards.redemptions import NoSuchRedemption, NoSuchReward
from regulars.loyalty.rewards.services import (
    expire_reservations,
)
from regulars.loyalty.rewards.stock import see_pools
from regulars.loyalty.rewards.tests.redeeming_shop import (
    ORDER,
    R,
    beans,
    cancel,
    confirm,
    order,
    points,
    redeem,
    refund,
    refused,
    reserve,
    reward,
    shop,
    told,
)
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    DAY,
    MINUTE,
    NOW,
    club,
    grant,
    member,
)
from regulars.loyalty.rewards.undoing import AlreadyConfirmed, NotConfirmed
from regulars.loyalty.tiers.services import invite
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


# --- Reserve, confirm, cancel -----------------------------------------------------------------------------------------


def test_a_reservation_keeps_the_points_until_it_is_confirmed() -> None:
    version = shop()
    ines = member(version, beans=250)
    reserved = reserve(ines)
    assert (reserved.state, reserved.cost, reserved.version) == (RedemptionState.RESERVED, {"beans": 100}, 1)
    assert reserved.reserved_until == NOW + 30 * MINUTE
    assert beans(version, ines) == (150, 100)
    confirmed = confirm(reserved, NOW + MINUTE)
    assert (confirmed.state, confirmed.given) == (RedemptionState.CONFIRMED, {"event": "x"})
    assert beans(version, ines) == (150, 0)
    assert get_redemption(reserved.id) == confirmed


def test_confirming_again_changes_nothing() -> None:
    version = shop()
    ines = member(version, beans=250)
    reserved = reserve(ines)
    assert confirm(reserved) == confirm(reserved, NOW + DAY)
    assert beans(version, ines) == (150, 0)
    assert len(told("reward.redeemed")) == 1


def test_a_cancelled_reservation_gives_the_points_back() -> None:
    version = shop(stock=1)
    ines = member(version, beans=250)
    cancelled = cancel(reserve(ines))
    assert (cancelled.state, cancelled.ended_for) == (RedemptionState.CANCELLED, "changed mind")
    assert beans(version, ines) == (250, 0)
    assert cancel(cancelled) == cancelled
    with pytest.raises(NotReserved):
        confirm(cancelled)
    assert reserve(ines).state is RedemptionState.RESERVED


def test_what_is_confirmed_is_not_cancelled_and_what_is_reserved_not_refunded() -> None:
    version = shop()
    ines = member(version, beans=250)
    with pytest.raises(NotConfirmed):
        refund(reserve(ines))
    with pytest.raises(AlreadyConfirmed):
        cancel(redeem(ines))


def test_a_reservation_ends_by_the_clock() -> None:
    version = shop(reserve_minutes=10)
    ines = member(version, beans=250)
    first, second = reserve(ines), reserve(ines)
    confirm(first, NOW + 10 * MINUTE - SECOND)
    with pytest.raises(ReservationExpired):
        confirm(second, NOW + 10 * MINUTE)


def test_a_job_lets_go_of_what_timed_out() -> None:
    version = shop(reserve_minutes=10, stock=5)
    ines, tom = member(version, beans=250), member(version, "tom", beans=100)
    reserved = [reserve(ines), reserve(tom)]
    assert expire_reservations(now=NOW + 10 * MINUTE - SECOND) == 0
    assert expire_reservations(now=NOW + 10 * MINUTE) == 2
    assert expire_reservations(now=NOW + 10 * MINUTE) == 0
    assert {get_redemption(each.id).state for each in reserved} == {RedemptionState.EXPIRED}
    assert beans(version, ines) == (250, 0)
    assert [each.left for each in see_pools(version.document.rewards, version, now=NOW)["mug"]] == [5]
    assert len(told("reward.expired")) == 2


def test_a_reservation_that_cannot_be_let_go_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    version = shop(reserve_minutes=10)
    ines, tom = member(version, beans=250), member(version, "tom", beans=100)
    broken, whole = reserve(ines), reserve(tom, now=NOW + SECOND)
    right = release_points

    def release(desk, cause, **more):
        if cause == broken.id:
            raise BrokenLedger("as by a mistake of ours")
        right(desk, cause, **more)

    monkeypatch.setattr(undoing, "release_points", release)
    with pytest.raises(ExceptionGroup) as told_of:
        expire_reservations(now=NOW + 11 * MINUTE)
    assert [type(each) for each in told_of.value.exceptions] == [BrokenLedger]
    assert get_redemption(broken.id).state is RedemptionState.RESERVED
    assert get_redemption(whole.id).state is RedemptionState.EXPIRED
    monkeypatch.undo()
    assert expire_reservations(now=NOW + 11 * MINUTE) == 1


def test_a_member_who_reserves_again_has_the_points_of_what_timed_out() -> None:
    version = shop(reserve_minutes=10)
    ines = member(version, beans=100)
    reserve(ines)
    assert refused(ines, now=NOW + MINUTE) == [R.POINTS_MISSING]
    assert reserve(ines, NOW + 10 * MINUTE).state is RedemptionState.RESERVED


def test_a_reservation_cancelled_too_late_has_expired() -> None:
    version = shop(reserve_minutes=10)
    assert cancel(reserve(member(version, beans=100)), NOW + DAY).state is RedemptionState.EXPIRED


def test_a_piece_of_a_reservation_that_timed_out_goes_to_who_asks_and_is_never_confirmed() -> None:
    version = shop(reserve_minutes=10, stock=1)
    ines, tom = member(version, beans=100), member(version, "tom", beans=100)
    late = reserve(ines)
    assert refused(tom, now=NOW + MINUTE) == [R.OUT_OF_STOCK]
    redeem(tom, NOW + 10 * MINUTE)
    # Even by a clock that is behind.
    with pytest.raises(ReservationExpired):
        confirm(late, NOW + 9 * MINUTE)
    assert expire_reservations(now=NOW + 10 * MINUTE) == 1
    assert refused(ines, now=NOW + DAY) == [R.OUT_OF_STOCK]


def test_a_reservation_outlives_the_expiry_of_its_points_and_cancelled_later_they_expire_at_once() -> None:
    version = shop(reserve_minutes=3 * 24 * 60)
    ines = member(version)
    grant(version, ines, 100, expires_at=NOW + DAY)
    kept, dropped = reserve(ines), None
    assert confirm(kept, NOW + 2 * DAY).state is RedemptionState.CONFIRMED
    grant(version, ines, 100, expires_at=NOW + DAY)
    dropped = reserve(ines)
    cancel(dropped, NOW + 2 * DAY)
    assert beans(version, ines, NOW + 2 * DAY) == (0, 0)


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_points_are_spent_in_the_order_of_currencies() -> None:
    version = shop(currencies=["gems", "beans"])
    ines = member(version, beans=250, gems=30)
    assert redeem(ines).cost == {"gems": 30, "beans": 70}
    assert points(version, ines) == {"gems": (0, 0), "beans": (180, 0)}


def test_what_is_missing_is_told() -> None:
    version = shop()
    with pytest.raises(RewardRefused) as error:
        redeem(member(version, beans=40))
    [refusal] = error.value.refusals
    assert (refusal.reason, refusal.values["missing"]) == (R.POINTS_MISSING, 60)


def test_points_that_have_expired_are_not_spent() -> None:
    version = shop()
    ines = member(version)
    grant(version, ines, 100, expires_at=NOW)
    assert refused(ines) == [R.POINTS_MISSING]


def test_what_a_benefit_gives_costs_nothing() -> None:
    version = shop()
    given = redeem(member(version), without_points=True)
    assert (given.cost, given.state) == ({}, RedemptionState.CONFIRMED)
    assert refund(given).redemption.state is RedemptionState.REFUNDED


def test_a_part_of_an_order_is_paid_with_points() -> None:
    version = shop(gives={"kind": "pay_with_points", "value": {"EUR": "0.01"}, "most_percent": 50}, cost=None)
    ines = member(version, beans=2000)
    assert refused(ines) == [R.ORDER_NEEDED]
    assert refused(ines, without_points=True) == [R.ORDER_NEEDED]
    assert refused(ines, order=order(1251)) == [R.ABOVE_SHARE]
    paid = confirm(reserve(ines, order=order(500)))
    assert (paid.cost, paid.order_id) == ({"beans": 500}, ORDER)
    assert paid.given == {"amount_minor": 500, "currency": "EUR", "points": 500}
    by_id = Bought(order_id=ORDER, reference="", buyer_id=None)
    by_name = Bought(order_id=new_id(), reference=paid.reference, buyer_id=ines)
    others = Bought(order_id=new_id(), reference=paid.reference, buyer_id=member(version, "ben"))
    assert list_redeemed_for(paid.program_id, [by_id, others, by_name]) == [[paid], [], [paid]]


# --- Who can have it --------------------------------------------------------------------------------------------------


def test_the_limits_of_a_member_count_by_the_days_of_the_programme() -> None:
    version = shop(limits=[{"period": "day", "times": 1}, {"period": "ever", "times": 2}])
    ines, tom = member(version, beans=900), member(version, "tom", beans=900)
    redeem(ines)
    assert refused(ines) == [R.LIMIT_REACHED]
    redeem(tom)
    # Midnight in Vienna is 23 o'clock here.
    assert refused(ines, now=NOW.replace(hour=22, minute=59)) == [R.LIMIT_REACHED]
    redeem(ines, NOW.replace(hour=23))
    assert refused(ines, now=NOW + 9 * DAY) == [R.LIMIT_REACHED]


def test_what_was_undone_or_timed_out_does_not_count_against_a_limit() -> None:
    version = shop(limits=[{"times": 1}], reserve_minutes=10)
    ines = member(version, beans=900)
    cancel(reserve(ines))
    refund(redeem(ines))
    reserve(ines)
    assert refused(ines, now=NOW + MINUTE) == [R.LIMIT_REACHED]
    assert redeem(ines, NOW + 10 * MINUTE).state is RedemptionState.CONFIRMED


def test_the_limit_of_all_is_shared() -> None:
    version = shop(limits=[{"of": "all", "period": "month", "times": 1}])
    ines, tom = member(version, beans=900), member(version, "tom", beans=900)
    redeem(ines)
    assert refused(tom) == [R.LIMIT_REACHED]
    assert redeem(tom, NOW + 11 * DAY).state is RedemptionState.CONFIRMED


def test_the_tier_and_the_condition_of_a_reward_are_asked_for() -> None:
    ladder = {"key": "status", "name": "Status", "basis": {"kind": "invitation"}, "period": {"kind": "calendar"}}
    tiers = [{"key": "silver", "name": "Silver"}, {"key": "gold", "name": "Gold"}]
    version = club(
        rewards=[reward(tiers=["status.gold"], condition="profile.x")], tier_sets=[ladder | {"tiers": tiers}]
    )
    ines = member(version, beans=900)
    assert refused(ines) == [R.TIER_NEEDED, R.CONDITION_FALSE]
    for tier, expected in (("silver", [R.TIER_NEEDED]), ("gold", [])):
        invite(member_id=ines, tier_set="status", tier=tier, versions=[version], now=NOW, actor=ACTOR)
        [sight] = list_rewards(version=version, member_id=ines, judged=lambda key: key == "mug", now=NOW)
        assert [refusal.reason for refusal in sight.why_not] == expected
    assert redeem(ines, judged=lambda key: key == "mug").state is RedemptionState.CONFIRMED


def test_who_has_left_gets_nothing() -> None:
    version = shop()
    ines = member(version, beans=900)
    end_membership(member_id=ines, version=version, now=NOW, actor=ACTOR)
    assert refused(ines) == [R.NOT_A_MEMBER]


def test_what_is_not_there_is_told_so() -> None:
    version = shop()
    with pytest.raises(NoSuchReward):
        redeem(member(version), reward="cup")
    with pytest.raises(NoSuchMember):
        redeem(new_id())
    with pytest.raises(NoSuchRedemption):
        get_redemption(new_id())


def test_the_same_request_is_answered_as_the_first_time() -> None:
    version = shop()
    ines = member(version, beans=250)
    first = redeem(ines, key="k1")
    assert redeem(ines, key="k1", now=NOW + DAY) == first
    assert beans(version, ines) == (150, 0)
    with pytest.raises(KeyUsed):
        redeem(ines, key="k1", without_points=True)
    assert list_redemptions(ines, limit=9) == [first]


def test_a_refused_request_stores_no_key() -> None:
    version = shop()
    ines = member(version, beans=40)
    assert refused(ines, key="k1") == [R.POINTS_MISSING]
    grant(version, ines, 60)
    assert redeem(ines, key="k1").state is RedemptionState.CONFIRMED


def test_a_member_sees_all_rewards_and_why_not() -> None:
    version = club(
        rewards=[
            reward(),
            reward(key="cup", cost=300),
            reward(key="pay", cost=None, gives={"kind": "pay_with_points", "value": {"EUR": 1}}),
            reward(key="rare", stock=2, limits=[{"of": "all", "period": "day", "times": 1}]),
        ]
    )
    ines = member(version, beans=250)
    redeem(ines, reward="rare")
    sights = list_rewards(version=version, member_id=ines, now=NOW)
    assert [(each.reward.key, each.is_available, each.cost, each.left) for each in sights] == [
        ("mug", True, 100, None),
        ("cup", False, 300, None),
        ("pay", True, None, None),
        ("rare", False, 100, 0),
    ]
    assert sights[1].why_not[0].values["missing"] == 150
    assert [refusal.reason for refusal in sights[3].why_not] == [R.LIMIT_REACHED]


def test_events_tell_the_whole_way() -> None:
    version = shop()
    ines = member(version, beans=500)
    kept = reserve(ines, order=order())
    refund(confirm(kept))
    cancel(reserve(ines))
    events = Event.objects.filter(type__startswith="reward.").order_by("transaction", "position")
    assert [event.type for event in events] == [
        "reward.reserved",
        "reward.redeemed",
        "reward.refunded",
        "reward.reserved",
        "reward.cancelled",
    ]
    assert len({event.customer_id for event in events}) == 1
    first = events[0].payload
    assert (first["redemption_id"], first["order_id"], first["cost"]) == (str(kept.id), str(ORDER), {"beans": 100})


@pytest.mark.parametrize("change", ["UPDATE {} SET state = 'confirmed'", "DELETE FROM {}"])
def test_the_database_lets_no_ended_redemption_be_changed(change: str) -> None:
    version = shop()
    cancel(reserve(member(version, beans=500)))
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("loyalty_rewards_redemption"))
