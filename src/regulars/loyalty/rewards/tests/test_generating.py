from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards import generating
from regulars.loyalty.rewards.codes import fold
from regulars.loyalty.rewards.contracts import Batch
from regulars.loyalty.rewards.generating import (
    BatchDiffers,
    NoRoom,
    NoSuchBatch,
    NoSuchSeries,
    WrongCount,
    generate_codes,
    get_batch,
    iter_codes,
)
from regulars.loyalty.rewards.models import Voucher
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, FIVE_OFF, NOW, club, codes, series

pytestmark = pytest.mark.django_db


def generate(version: ProgramVersion, count: int, batch_id=None, key: str = "five") -> Batch:
    return generate_codes(version=version, series=key, count=count, batch_id=batch_id or new_id(), now=NOW, actor=ACTOR)


def test_as_many_codes_are_made_as_are_wanted() -> None:
    batch = generate(series(), 100)
    assert (batch.made, batch.finished_at) == (100, NOW)
    assert len(set(iter_codes(batch.id))) == 100


def test_the_same_batch_again_makes_nothing() -> None:
    version = series()
    first = generate(version, 10)
    assert generate(version, 10, first.id) == first
    assert len(list(iter_codes(first.id))) == 10


def test_a_batch_is_not_begun_again_otherwise() -> None:
    version = series()
    first = generate(version, 10)
    with pytest.raises(BatchDiffers):
        generate(version, 11, first.id)


def test_an_interrupted_batch_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    version, batch_id = series(), new_id()
    monkeypatch.setattr(generating, "_AT_ONCE", 10)

    def interrupt(doing: str, done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_codes(
            version=version, series="five", count=50, batch_id=batch_id, now=NOW, actor=ACTOR, progress=interrupt
        )
    kept = set(iter_codes(batch_id))
    assert len(kept) == get_batch(batch_id).made == 30
    assert get_batch(batch_id).finished_at is None
    generate(version, 50, batch_id)
    assert len(set(iter_codes(batch_id))) == 50
    assert kept < set(iter_codes(batch_id))


def test_codes_of_a_pattern_that_collide_are_drawn_again() -> None:
    # 1,024 are possible, and half of them given: most draws find some that are taken.
    version = series(pattern="FIVE-##", uses=9)
    generate(version, 300)
    generate(version, 212)
    made = set(Voucher.objects.values_list("code", flat=True))
    assert len(made) == 512
    with pytest.raises(NoRoom) as refused:
        generate(version, 1)
    assert refused.value.possible == 0


def test_a_pattern_with_too_little_room_is_refused_with_how_many_it_gives() -> None:
    version = series(pattern="FIVE-##", uses=9)
    generate(version, 12)
    with pytest.raises(NoRoom) as refused:
        generate(version, 501)
    assert refused.value.possible == 500


def test_a_pattern_without_random_characters_gives_its_one_code() -> None:
    version = series(pattern="SPRING26", uses=10_000)
    assert codes(version) == ["SPRING26"]
    with pytest.raises(NoRoom):
        generate(version, 1)


def test_patterns_that_are_read_alike_share_their_room() -> None:
    both = [FIVE_OFF | {"pattern": "SOLID26", "uses": 2}, FIVE_OFF | {"key": "six", "pattern": "S0-L1D-26", "uses": 2}]
    version = club(vouchers=both)
    codes(version)
    with pytest.raises(NoRoom):
        generate(version, 1, key="six")


@pytest.mark.parametrize("count", [0, 10_000_001])
def test_not_any_number_of_codes_is_made(count: int) -> None:
    with pytest.raises(WrongCount):
        generate(series(), count)


def test_there_are_no_codes_of_what_is_not_there() -> None:
    with pytest.raises(NoSuchSeries):
        generate(series(), 1, key="six")
    with pytest.raises(NoSuchBatch):
        list(iter_codes(new_id()))


def test_the_database_folds_codes_as_we_do() -> None:
    codes(series(pattern="SOIL-I-##-O", uses=9), 50)
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, translate(code, 'OIL-', '011') FROM loyalty_rewards_voucher")
        found = cursor.fetchall()
    assert len(found) == 50
    assert all(fold(code) == folded for code, folded in found)


@pytest.mark.parametrize("change", ["UPDATE {} SET code = 'MINE'", "DELETE FROM {}"])
def test_the_database_lets_no_code_be_changed(change: str) -> None:
    codes(series())
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("loyalty_rewards_voucher"))
