"""The staff sees what became of codes and redemptions of all members, and codes are made in the background."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from regulars.kit.ids import new_id
from regulars.loyalty.rewards import batches
from regulars.loyalty.rewards.contracts import RedemptionState
from regulars.loyalty.rewards.issuing import Source, issue_voucher, withdraw_voucher
from regulars.loyalty.rewards.overseeing import (
    GivenCount,
    SeriesCount,
    Sieve,
    count_given,
    count_series,
    list_batches,
    list_redemptions_of_program,
    list_supplies,
    list_uses_of,
)
from regulars.loyalty.rewards.queries import find_voucher, iter_codes
from regulars.loyalty.rewards.redemptions import reward_of
from regulars.loyalty.rewards.services import (
    add_stock,
    fulfil_redemption,
    redeem_reward,
    redeem_vouchers,
    refund_redemption,
    reserve_reward,
)
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, DAY, FIVE_OFF, NOW, club, codes, member, series, shown
from regulars.loyalty.rewards.undoing import WhenKept
from regulars.loyalty.rewards.wishing import Wish

pytestmark = pytest.mark.django_db

COFFEE = {"key": "coffee", "name": "Coffee", "gives": {"kind": "gift"}, "cost": 10, "currencies": ["beans"]}
MUG = {**COFFEE, "key": "mug", "gives": {"kind": "gift", "shipped": True}, "stock": 3}


def test_each_code_of_a_series_is_counted_once_for_what_became_of_it():
    version = series(good_for="3 months")
    made = codes(version, 4)
    who = member(version)
    given, over, _ = (
        issue_voucher(version=version, series="five", member_id=who, source=Source(kind="test"), now=at, actor=ACTOR)
        for at in (NOW, NOW - 200 * DAY, NOW)
    )
    redeem_vouchers(shown=shown(made[0]), now=NOW, actor=ACTOR)
    redeem_vouchers(shown=shown(given.code, member_id=who), now=NOW, actor=ACTOR)
    spent, unused = (find_voucher(code) for code in made[:2])
    assert spent
    assert unused
    for each in (spent, unused):
        withdraw_voucher(voucher_id=each.id, reason="found in the street", now=NOW, actor=ACTOR)
    found = count_series(version.program_id, now=NOW)
    assert found == {"five": SeriesCount(made=7, given=3, used=2, uses=2, withdrawn=1, over=1)}
    # Two of the batch and one given; the one whose time is over is open no more.
    assert found["five"].open == 3
    assert over.good_until
    assert over.good_until < NOW
    assert [each.series for each in list_uses_of(spent.id, limit=5)] == ["five"]


def test_redemptions_of_all_members_pass_a_sieve_the_latest_first():
    version = club(rewards=[COFFEE, MUG], vouchers=[FIVE_OFF])
    ann, bob = member(version, "ann", beans=100), member(version, "bob", beans=100)

    def wish(reward: str, who: UUID) -> Wish:
        return Wish(program="club", reward=reward, member_id=who)

    coffee = redeem_reward(wish=wish("coffee", ann), now=NOW, actor=ACTOR)
    mug = redeem_reward(wish=wish("mug", bob), now=NOW, actor=ACTOR)
    held = reserve_reward(wish=wish("coffee", bob), now=NOW, actor=ACTOR)
    back = redeem_reward(wish=wish("coffee", ann), now=NOW, actor=ACTOR)
    refund_redemption(redemption_id=back.id, reason="cold", when_kept=WhenKept.REFUND, now=NOW, actor=ACTOR)

    def seen(sieve: Sieve, later: timedelta = timedelta(), before: UUID | None = None) -> list[UUID]:
        found = list_redemptions_of_program(version.program_id, sieve, limit=9, now=NOW + later, before=before)
        return [each.id for each in found]

    assert seen(Sieve()) == [back.id, held.id, mug.id, coffee.id]
    assert seen(Sieve(), before=mug.id) == [coffee.id]
    assert seen(Sieve(reward="mug")) == [mug.id]
    assert seen(Sieve(waits=True)) == [mug.id]
    assert seen(Sieve(state=RedemptionState.RESERVED)) == [held.id]
    # The clock says that its time is over, whether or not anybody has marked it so.
    assert seen(Sieve(state=RedemptionState.RESERVED), DAY) == []
    assert seen(Sieve(state=RedemptionState.EXPIRED), DAY) == [held.id]
    assert count_given(version.program_id, now=NOW) == {
        "coffee": GivenCount(month=1, year=1),
        "mug": GivenCount(month=1, year=1, waiting=1),
    }
    assert count_given(version.program_id, now=NOW + 40 * DAY)["coffee"] == GivenCount(month=0, year=1)
    fulfil_redemption(redemption_id=mug.id, now=NOW, actor=ACTOR)
    assert seen(Sieve(waits=True)) == []


def test_what_came_to_a_stock_is_told_with_its_reason():
    version = club(rewards=[MUG])
    for pieces, reason in ((5, "a delivery"), (-2, "broken")):
        add_stock(version=version, reward=reward_of(version, "mug"), pieces=pieces, reason=reason, now=NOW, actor=ACTOR)
    found = list_supplies(version.program_id, "mug", limit=5)
    assert [(each.pieces, each.reason) for each in found] == [(-2, "broken"), (5, "a delivery")]


def test_codes_are_asked_for_and_made_later_and_an_interrupted_batch_goes_on(monkeypatch):
    monkeypatch.setattr("regulars.loyalty.rewards.generating._AT_ONCE", 10)
    version = series()
    batch = batches.ask_for_codes(version=version, series="five", count=25, now=NOW, actor=ACTOR)
    assert (batch.made, batch.finished_at) == (0, None)
    assert batches.list_left_alone() == [batch.id]
    asked = count()
    assert not batches.carry_on(batch.id, clock=lambda: NOW, should_stop=lambda: next(asked) == 1)
    [half] = list_batches(version.program_id, limit=5)
    assert half.made == 10
    assert batches.carry_on(batch.id, clock=lambda: NOW)
    assert len(set(iter_codes(batch.id))) == 25
    assert batches.list_left_alone() == []
    # Done again, nothing is left to be done.
    assert batches.carry_on(batch.id, clock=lambda: NOW)
    assert len(list(iter_codes(batch.id))) == 25


def test_a_batch_ends_with_as_many_codes_as_there_was_room_for():
    version = series(pattern="GIFT-##", uses=5)
    batch = batches.ask_for_codes(version=version, series="five", count=500, now=NOW, actor=ACTOR)
    # Others take the room before a worker comes to it.
    other = new_id()
    batches.begin_batch(version=version, series="five", count=500, batch_id=other, now=NOW, actor=ACTOR)
    assert batches.carry_on(other, clock=lambda: NOW)
    assert batches.carry_on(batch.id, clock=lambda: NOW)
    found = {each.id: each for each in list_batches(version.program_id, limit=5)}
    assert found[batch.id].finished_at
    assert found[batch.id].made == found[batch.id].wanted <= 500
