from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.rewards.models import Pieces, Supply
from regulars.loyalty.rewards.redemptions import reward_of
from regulars.loyalty.rewards.services import add_stock
from regulars.loyalty.rewards.stock import (
    NoStock,
    OutOfPieces,
    WrongPieces,
    _taken_away,
    return_pieces,
    see_pools,
    take_pieces,
)
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, DAY, NOW, club, next_version

MUG = {"key": "mug", "name": "Mug", "gives": {"kind": "gift"}, "cost": 100, "currencies": ["beans"]}


def with_stock(count: int | None = 3, **different) -> tuple[ProgramVersion, Reward]:
    version = club(rewards=[MUG | {"stock": count} | different])
    return version, reward_of(version, "mug")


def take(version: ProgramVersion, count: int = 1, now=NOW) -> list[int]:
    reward = reward_of(version, "mug")
    return [piece for _ in range(count) for piece in take_pieces(reward, version, now=now)]


def left(version: ProgramVersion, now=NOW) -> list[int]:
    return [sight.left for sight in see_pools([reward_of(version, "mug")], version, now=now)["mug"]]


def add(version: ProgramVersion, pieces: int, reason: str = "delivery") -> int:
    reward = reward_of(version, "mug")
    return add_stock(version=version, reward=reward, pieces=pieces, reason=reason, now=NOW, actor=ACTOR)


@pytest.mark.django_db
def test_what_there_is_can_be_taken_and_no_more() -> None:
    version, _ = with_stock(10)
    assert left(version) == [10]
    take(version, 9)
    assert left(version) == [1]
    take(version)
    assert left(version) == [0]
    with pytest.raises(OutOfPieces):
        take(version)


@pytest.mark.django_db
def test_a_stock_of_none_has_none() -> None:
    version, _ = with_stock(0)
    assert left(version) == [0]
    with pytest.raises(OutOfPieces):
        take(version)


@pytest.mark.django_db
def test_of_what_has_no_end_nothing_is_counted() -> None:
    version, _ = with_stock(None)
    assert take(version) == left(version) == []
    with pytest.raises(NoStock):
        add(version, 1)


@pytest.mark.django_db
def test_what_comes_back_can_be_taken_again() -> None:
    version, _ = with_stock(2)
    pieces = take(version, 2)
    return_pieces(pieces[:1])
    assert left(version) == [1]
    take(version)
    assert left(version) == [0]


@pytest.mark.django_db
def test_stock_is_added_beside_the_document_and_told() -> None:
    version, _ = with_stock(2)
    take(version, 2)
    assert add(version, 5) == 5
    take(version, 5)
    assert left(version) == [0]
    supply = Supply.objects.get()
    assert (supply.pieces, supply.reason, supply.actor) == (5, "delivery", "system:tests")


@pytest.mark.django_db
def test_stock_is_taken_away_as_far_as_it_is_there_and_then_from_what_comes_back() -> None:
    version, _ = with_stock(10)
    pieces = take(version, 6)
    assert add(version, -7, "broken") == 0
    with pytest.raises(OutOfPieces):
        take(version)
    # Three more are gone than there are: what comes back makes up for them first.
    return_pieces(pieces[:3])
    assert left(version) == [0]
    with pytest.raises(OutOfPieces):
        take(version)
    return_pieces(pieces[3:5])
    assert left(version) == [2]
    take(version, 2)
    assert left(version) == [0]


@pytest.mark.django_db
def test_a_version_with_more_or_less_stock_has_so_many_more_or_less() -> None:
    version, _ = with_stock(4)
    take(version, 3)
    more = next_version(NOW + DAY, rewards=[MUG | {"stock": 9}])
    assert left(more) == [6]
    take(more, 6)
    less = next_version(NOW + 2 * DAY, rewards=[MUG | {"stock": 5}])
    assert left(less) == [0]
    with pytest.raises(OutOfPieces):
        take(less)


@pytest.mark.django_db
@pytest.mark.parametrize(("pieces", "reason"), [(0, "delivery"), (1, " ")])
def test_stock_is_not_changed_without_pieces_or_reason(pieces: int, reason: str) -> None:
    version, _ = with_stock()
    with pytest.raises(WrongPieces):
        add(version, pieces, reason)


@pytest.mark.django_db
def test_a_limit_for_all_is_a_stock_of_its_period() -> None:
    limits = [{"of": "all", "period": "day", "times": 2}, {"of": "all", "period": "day", "times": 3}]
    version, _ = with_stock(5, limits=limits)
    take(version, 2)
    assert left(version) == [3, 0]
    with pytest.raises(OutOfPieces) as refused, transaction.atomic():
        take(version)
    assert refused.value.pool.key == "day:2026-11-20"
    assert left(version, NOW + DAY) == [3, 2]


@pytest.mark.django_db
def test_the_database_lets_nothing_be_taken_that_is_not_there() -> None:
    version, _ = with_stock(1)
    take(version)
    broken = pytest.raises(IntegrityError, match="loyalty_pieces_remaining")
    with broken, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_rewards_pieces SET remaining = remaining - 1")
    assert Pieces.objects.count() == 8


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(1, 500))
def test_as_much_is_taken_away_as_is_there_and_no_more(remaining: list[int], pieces: int) -> None:
    changes = _taken_away(remaining, pieces)
    assert sum(changes) == -min(pieces, sum(remaining))
    assert all(0 <= there + change <= there for there, change in zip(remaining, changes, strict=True))
