"""Many do the same in the same moment: it is done once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.membership.adjusting import AdjustmentDecided
from regulars.loyalty.membership.contracts import Adjustment, AdjustmentState
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.membership.queries import get_adjustment
from regulars.loyalty.membership.services import approve_adjustment, enrol, refuse_adjustment
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    NOON,
    OWNER,
    WELCOME,
    available,
    club,
    customer,
    given,
    member,
)
from regulars.loyalty.rewards.tests.reward_shop import at_once
from regulars.loyalty.tiers.models import Change
from regulars.stream.contracts import Actor, ActorKind
from regulars.stream.models import Event


def somebody(number: int) -> Actor:
    return Actor(ActorKind.STAFF, str(UUID(int=number + 10)))


def assert_one_decided(found: Sequence[Adjustment | Exception]) -> Adjustment:
    [done] = [each for each in found if isinstance(each, Adjustment)]
    assert {type(each) for each in found if each is not done} == {AdjustmentDecided}, found
    return done


def test_of_many_who_approve_at_once_one_does(fresh_database: str) -> None:
    assert fresh_database
    club()
    ines = member().id
    asked = given(ines, 600)

    def approve(number: int) -> Adjustment:
        return approve_adjustment(adjustment_id=asked.id, now=NOON, actor=somebody(number), authority=OWNER)

    done = assert_one_decided(at_once(6, approve))
    assert get_adjustment(asked.id) == done
    assert available(ines) == 600
    assert Lot.objects.count() == 1


def test_of_two_who_decide_differently_at_once_one_does(fresh_database: str) -> None:
    assert fresh_database
    club()
    ines = member().id
    for _ in range(5):
        before = available(ines)
        asked = given(ines, 600)

        def decide(number: int, asked: Adjustment = asked) -> Adjustment:
            told: dict[str, Any] = {"adjustment_id": asked.id, "now": NOON, "actor": somebody(number)}
            told["authority"] = OWNER
            return approve_adjustment(**told) if number else refuse_adjustment(reason="No", **told)

        done = assert_one_decided(at_once(2, decide))
        assert available(ines) - before == (600 if done.state is AdjustmentState.POSTED else 0)


def test_who_asks_under_one_key_at_once_is_answered_the_same(fresh_database: str) -> None:
    assert fresh_database
    club()
    ines = member().id
    for points in (50, 600):

        def ask(_: int, points: int = points) -> Adjustment:
            return given(ines, points, idempotency_key=str(points))

        found = at_once(6, ask)
        answers = [each for each in found if isinstance(each, Adjustment)]
        assert len(answers) == 6, found
        assert len({(each.id, each.state) for each in answers}) == 1
        assert [each.replayed for each in answers].count(False) == 1
    assert AdjustmentRow.objects.count() == 2
    assert available(ines) == 50


def test_points_are_not_taken_twice_by_those_who_take_at_once(fresh_database: str) -> None:
    assert fresh_database
    club()
    ines = member(beans=100).id
    found = at_once(5, lambda _: given(ines, -60))
    assert sum(isinstance(each, Adjustment) for each in found) == 1, found
    assert available(ines) == 40
    assert AdjustmentRow.objects.count() == 1


def test_one_who_enrols_many_times_at_once_is_one_member(fresh_database: str) -> None:
    assert fresh_database
    club(rules=[WELCOME])
    who = customer()
    found = at_once(6, lambda _: enrol(program="club", customer_id=who, now=NOON, actor=ACTOR).id)
    assert len(set(map(str, found))) == 1, found
    assert Lot.objects.count() == 1
    assert Change.objects.filter(reason="enrolled").count() == 1
    assert Event.objects.filter(type="member.enrolled").count() == 1
