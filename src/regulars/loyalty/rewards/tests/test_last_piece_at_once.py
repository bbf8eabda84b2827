"""The last pieces of a reward, wanted by many in the same moment; and a naive way, which the same harness catches."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import transaction

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards.contracts import RedemptionState, RewardReason
from regulars.loyalty.rewards.models import Pieces
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import (
    cancel_redemption,
    confirm_redemption,
    redeem_reward,
    refund_redemption,
    reserve_reward,
)
from regulars.loyalty.rewards.stock import see_pools, take_pieces
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, DAY, MINUTE, NOW, at_once, club, member
from regulars.loyalty.rewards.undoing import WhenKept
from regulars.loyalty.rewards.wishing import Wish
from regulars.stream.services import make_room

THREADS = 40
STOCK = 11


def shop(**different: object) -> ProgramVersion:
    plain = {"key": "mug", "name": "Mug", "gives": {"kind": "event_access", "event": "x"}, "cost": 100}
    version = club(rewards=[plain | {"currencies": ["beans"], "stock": STOCK} | different])
    make_room([NOW, NOW + DAY])
    return version


def members(version: ProgramVersion, count: int = THREADS, beans: int = 100) -> list[UUID]:
    return [member(version, f"m{number}", beans=beans) for number in range(count)]


def wish(member_id: UUID) -> Wish:
    return Wish(program="club", reward="mug", member_id=member_id)


def left(version: ProgramVersion, now=NOW) -> int:
    return see_pools(version.document.rewards, version, now=now)["mug"][0].left


def taken() -> int:
    return RedemptionRow.objects.filter(state__in=["reserved", "confirmed"]).count()


def race(take: Callable[[UUID], object], **different: object) -> list[object]:
    version = shop(**different)
    wanting = members(version)
    return at_once(THREADS, lambda number: take(wanting[number]))


def properly(member_id: UUID) -> object:
    return redeem_reward(wish=wish(member_id), now=NOW, actor=ACTOR)


def test_the_last_pieces_are_never_oversold_and_all_are_sold(fresh_database: str) -> None:
    found = race(properly)
    refused = [each for each in found if isinstance(each, RewardRefused)]
    assert (taken(), len(refused)) == (STOCK, THREADS - STOCK)
    assert {error.code for error in refused} == {RewardReason.OUT_OF_STOCK}
    assert sum(Pieces.objects.values_list("remaining", flat=True)) == 0


def test_a_naive_way_to_take_a_piece_is_caught(fresh_database: str) -> None:
    version = shop()
    [reward] = version.document.rewards
    with transaction.atomic():
        # So that there are shelves; a piece is gone.
        take_pieces(reward, version, now=NOW)

    def naively(number: int) -> bool:
        """Look whether a piece is left, and then write how many are left without it."""
        with transaction.atomic():
            row = Pieces.objects.filter(remaining__gt=0).order_by("id").first()
            if row is not None:
                row.remaining -= 1
                row.save()
            return row is not None

    found = at_once(THREADS, naively)
    sold = 1 + found.count(True)
    assert sold > STOCK or sold != STOCK - sum(Pieces.objects.values_list("remaining", flat=True))


def test_a_limit_of_all_is_never_exceeded(fresh_database: str) -> None:
    race(properly, stock=None, limits=[{"of": "all", "period": "day", "times": 5}])
    assert taken() == 5


def test_one_member_at_many_tills_gets_as_many_as_the_limit_and_the_points_allow(fresh_database: str) -> None:
    version = shop(stock=None, limits=[{"period": "day", "times": 3}])
    [rich] = members(version, 1, beans=5000)
    found = at_once(20, lambda _: properly(rich))
    assert taken() == sum(not isinstance(each, Exception) for each in found) == 3


def test_points_are_never_overspent(fresh_database: str) -> None:
    version = shop(stock=None)
    [ines] = members(version, 1, beans=450)
    found = at_once(20, lambda _: properly(ines))
    assert sum(not isinstance(each, Exception) for each in found) == 4
    assert {each.code for each in found if isinstance(each, RewardRefused)} == {RewardReason.POINTS_MISSING}


def test_pieces_of_timed_out_reservations_are_sold_once(fresh_database: str) -> None:
    version = shop(reserve_minutes=10)
    wanting = members(version)
    for member_id in wanting[:STOCK]:
        reserve_reward(wish=wish(member_id), now=NOW, actor=ACTOR)
    late = [row.id for row in RedemptionRow.objects.all()]
    moment = NOW + 10 * MINUTE

    def act(number: int) -> object:
        """Some confirm by a clock that is behind, while others want the pieces by one that is not."""
        if number < STOCK:
            return confirm_redemption(redemption_id=late[number], now=moment - MINUTE, actor=ACTOR)
        return redeem_reward(wish=wish(wanting[number]), now=moment, actor=ACTOR)

    at_once(THREADS, act)
    assert RedemptionRow.objects.filter(state=RedemptionState.CONFIRMED).count() <= STOCK
    assert all(row.lost_at is None for row in RedemptionRow.objects.filter(state=RedemptionState.CONFIRMED))
    assert left(version, moment) == STOCK - RedemptionRow.objects.filter(state=RedemptionState.CONFIRMED).count()


def test_taking_and_giving_back_at_once_loses_and_makes_no_piece(fresh_database: str) -> None:
    version = shop(limits=[{"of": "all", "period": "day", "times": STOCK}])
    wanting = members(version, 16, beans=1000)

    def act(number: int) -> int:
        done = 0
        for turn in range(4):
            try:
                reserved = reserve_reward(wish=wish(wanting[number]), now=NOW, actor=ACTOR)
            except RewardRefused:
                continue
            done += 1
            if turn % 2:
                cancel_redemption(redemption_id=reserved.id, reason="x", now=NOW, actor=ACTOR)
            else:
                confirm_redemption(redemption_id=reserved.id, now=NOW, actor=ACTOR)
                refund_redemption(
                    redemption_id=reserved.id, reason="x", when_kept=WhenKept.REFUSE, now=NOW, actor=ACTOR
                )
        return done

    found = at_once(16, act)
    assert [each for each in found if isinstance(each, Exception)] == []
    assert (left(version), taken()) == (STOCK, 0)


@pytest.mark.parametrize("undo", [cancel_redemption, refund_redemption])
def test_what_is_undone_by_many_at_once_is_undone_once(fresh_database: str, undo: Callable[..., object]) -> None:
    version = shop()
    [ines] = members(version, 1)
    take = reserve_reward if undo is cancel_redemption else redeem_reward
    redemption = take(wish=wish(ines), now=NOW, actor=ACTOR)
    found = at_once(10, lambda _: undo(redemption_id=redemption.id, reason="x", now=NOW, actor=ACTOR))
    assert [each for each in found if isinstance(each, Exception)] == []
    assert left(version) == STOCK
    assert redeem_reward(wish=wish(ines), now=NOW, actor=ACTOR).cost == {"beans": 100}
