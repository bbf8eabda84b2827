"""What there is left of rewards: all pieces of one, or as many as all members may have in a period.

The pieces of a shelf lie on several rows. Who takes one takes it from a row that nobody else is at, so that members
need not wait for each other; only the last pieces are waited for. A piece that a reservation holds whose time is over
goes to whoever asks for one when there is none left, whether or not the reservation was marked as expired.

Shelves are gone through in the order of their ids, by everybody, and last of all that a transaction locks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.calendar import period_bounds, period_key
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.rewards.models import Supply as SupplyRow
from regulars.loyalty.rewards.statements import stock_rows
from regulars.staff.services import record
from regulars.stream.contracts import Actor

STOCK = "stock"
ROWS = 8


class NoStock(DomainError):
    """The reward has no stock that anything could be added to."""

    code = "no_stock"


class WrongPieces(DomainError):
    """So many pieces cannot be meant."""

    code = "wrong_pieces"


class OutOfPieces(Exception):  # As the errors of the domain, to which whoever catches it makes it.
    """None is left on a shelf."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool.key)
        self.pool = pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A shelf of a reward as its document says it: how many pieces it has, and of which period of time."""

    key: str
    pieces: int
    period: Period | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSight:
    """What is left of a pool."""

    pool: Pool
    left: int


def pools_of(reward: Reward, version: ProgramVersion, now: datetime) -> list[Pool]:
    """Return the pools that a reward is taken from at a moment."""
    found = [] if reward.stock is None else [Pool(key=STOCK, pieces=reward.stock)]
    periods = sorted({limit.period for limit in reward.limits if limit.of == "all"})
    for period in periods:
        times = min(limit.times for limit in reward.limits if limit.of == "all" and limit.period is period)
        key = f"{period}:{period_key(period, now, version.zone)}"
        ends_at = period_bounds(period, now, version.zone)[1]
        found.append(Pool(key=key, pieces=times, period=period, ends_at=ends_at))
    return found


def see_pools(rewards: Collection[Reward], version: ProgramVersion, *, now: datetime) -> dict[str, Sequence[PoolSight]]:
    """Return what is left of each pool of some rewards, by the key of the reward; nothing is locked."""
    pools = {reward.key: pools_of(reward, version, now) for reward in rewards}
    told = {
        "program_id": version.program_id,
        "rewards": list(pools),
        "pools": sorted({pool.key for each in pools.values() for pool in each}),
        "now": now,
    }
    lying = {(reward, pool): figures for reward, pool, *figures in stock_rows("see_shelves", told)}
    return {
        key: [PoolSight(pool=pool, left=_left(pool, lying.get((key, pool.key)))) for pool in each]
        for key, each in pools.items()
    }


def take_pieces(reward: Reward, version: ProgramVersion, *, now: datetime) -> list[int]:
    """Take a piece from each pool of a reward, within the caller's transaction; return the rows they were taken from.

    Raises
    ------
    OutOfPieces
        One has none left.
    """
    pools = {pool.key: pool for pool in pools_of(reward, version, now)}
    return [
        _take(shelf_id, pools[key], reward.key, version.program_id, now)
        for shelf_id, key in _shelves(version.program_id, reward.key, list(pools.values()))
    ]


def return_pieces(pieces: Sequence[int]) -> None:
    """Put pieces back where they were taken from."""
    if pieces:
        stock_rows("return_pieces", {"pieces": list(pieces)})


@transaction.atomic
def add_stock(*, version: ProgramVersion, reward: Reward, pieces: int, reason: str, now: datetime, actor: Actor) -> int:
    """Add pieces to the stock of a reward beside its document, or take some away; return what is left.

    What members have is not taken from them: less may be taken away than is asked for as long as it is not there, and
    is taken from what comes back.

    Raises
    ------
    NoStock
        There is no end of the reward.
    WrongPieces
        There are none to add or take away, or no reason is told.
    """
    if reward.stock is None:
        raise NoStock(gettext("There is no end of this reward, and nothing is added to it."))
    if not pieces or not reason.strip():
        raise WrongPieces(gettext("Stock is changed by some pieces, and for a reason."))
    pool = Pool(key=STOCK, pieces=reward.stock)
    [(shelf_id, _)] = _shelves(version.program_id, reward.key, [pool])
    stock_rows("add_to_shelf", {"shelf_id": shelf_id, "pieces": pieces})
    _lay_out(shelf_id, pool)
    SupplyRow.objects.create(id=new_id(), shelf_id=shelf_id, pieces=pieces, reason=reason, actor=str(actor), at=now)
    details = {"program": version.program_key, "pieces": pieces}
    record(actor, "reward.stock_changed", "reward", reward.key, now=now, details=details)
    return see_pools([reward], version, now=now)[reward.key][0].left


def _left(pool: Pool, figures: Sequence[int] | None) -> int:
    if figures is None:
        return pool.pieces
    added, laid_out, remaining, held_by_nobody = map(int, figures)
    return max(pool.pieces + added - laid_out + remaining + held_by_nobody, 0)


def _shelves(program_id: UUID, reward: str, pools: Sequence[Pool]) -> list[tuple[int, str]]:
    """Return the shelves of pools in the order of all, with as much laid out as their pools say."""
    told = {"program_id": program_id, "reward": reward, "pools": [pool.key for pool in pools]}
    by_key: Mapping[str, Pool] = {pool.key: pool for pool in pools}
    found = stock_rows("find_shelves", told) if pools else []
    if len(found) < len(pools):
        for key in sorted(by_key.keys() - {pool for _, pool, _, _ in found}):
            stock_rows("make_shelf", {"program_id": program_id, "reward": reward, "pool": key, "rows": ROWS})
        found = stock_rows("find_shelves", told)
    return [
        (shelf_id, key)
        for shelf_id, key, added, laid_out in found
        if by_key[key].pieces + added == laid_out or _lay_out(shelf_id, by_key[key])
    ]


def _lay_out(shelf_id: int, pool: Pool) -> bool:
    """Lay out what a shelf lacks of what it should have, or take away what is too much, as far as it is there."""
    [(added, laid_out)] = stock_rows("lock_shelf", {"shelf_id": shelf_id})
    missing = pool.pieces + added - laid_out
    if missing > 0:
        changes = [missing // ROWS + (number < missing % ROWS) for number in range(ROWS)]
    elif missing < 0:
        changes = _taken_away([remaining for _, remaining in _rows(shelf_id)], -missing)
    else:
        return True
    stock_rows("put_pieces", {"shelf_id": shelf_id, "numbers": list(range(len(changes))), "pieces": changes})
    stock_rows("set_laid_out", {"shelf_id": shelf_id, "laid_out": laid_out + sum(changes)})
    return True


def _rows(shelf_id: int) -> list[tuple[int, int]]:
    return [(int(number), int(remaining)) for number, remaining in stock_rows("lock_pieces", {"shelf_id": shelf_id})]


def _taken_away(remaining: Sequence[int], pieces: int) -> list[int]:
    """Return what is taken off each row, evenly as far as it goes."""
    left = min(pieces, sum(remaining))
    changes = []
    for number, there in enumerate(remaining):
        share = -(-left // (len(remaining) - number))
        taken = max(min(there, share), left - sum(remaining[number + 1 :]))
        changes.append(-taken)
        left -= taken
    return changes


def _take(shelf_id: int, pool: Pool, reward: str, program_id: UUID, now: datetime) -> int:
    told = {"shelf_id": shelf_id, "program_id": program_id, "reward": reward, "now": now}
    for statement in ("take_free_piece", "take_lost_piece", "take_piece"):
        if found := stock_rows(statement, told):
            return int(found[0][0])
    raise OutOfPieces(pool)
