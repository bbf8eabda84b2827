"""What the staff oversees: redemptions of all members, how often rewards were given, and what became of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from regulars.loyalty.rewards.contracts import Batch, Redemption, RedemptionState, Use
from regulars.loyalty.rewards.generating import batch_of
from regulars.loyalty.rewards.models import Batch as BatchRow
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.models import Supply as SupplyRow
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.loyalty.rewards.redemptions import redemption_of
from regulars.loyalty.rewards.statements import overseeing_rows
from regulars.loyalty.rewards.using import use_of

MONTH, YEAR = timedelta(days=30), timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """Which redemptions are asked for: of a state, of a reward, or those that wait to be handed over."""

    state: RedemptionState | None = None
    reward: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCount:
    """How often a reward was given in the last 30 and 365 days, and how many of it wait to be handed over."""

    month: int = 0
    year: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCount:
    """What became of the codes of a series: made at all, given to members, used, uses in all, withdrawn unused."""

    made: int = 0
    given: int = 0
    used: int = 0
    uses: int = 0
    withdrawn: int = 0
    # Given to a member, and no longer good without having been used.
    over: int = 0

    @property
    def open(self) -> int:
        """Those that were never used and still can be."""
        return max(self.made - self.used - self.withdrawn - self.over, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """That pieces came to a stock, or were taken from it."""

    pieces: int
    reason: str
    actor: str
    at: datetime


def list_redemptions_of_program(
    program_id: UUID, sieve: Sieve, *, limit: int, now: datetime, before: UUID | None = None
) -> list[Redemption]:
    """Return the redemptions of a programme that a sieve lets through, the latest first, before one of them.

    A reservation whose time is over is none: it counts as expired, whether or not it is marked so.
    """
    rows = RedemptionRow.objects.filter(program_id=program_id).order_by("-id")
    if sieve.reward:
        rows = rows.filter(reward=sieve.reward)
    if sieve.waits:
        rows = rows.filter(state=RedemptionState.CONFIRMED, fulfilled_at=None)
    elif sieve.state is RedemptionState.RESERVED:
        rows = rows.filter(state=RedemptionState.RESERVED, reserved_until__gt=now)
    elif sieve.state is RedemptionState.EXPIRED:
        over = RedemptionRow.objects.filter(state=RedemptionState.RESERVED, reserved_until__lte=now)
        ended = RedemptionRow.objects.filter(state=RedemptionState.EXPIRED)
        rows = rows & (over | ended)
    elif sieve.state is not None:
        rows = rows.filter(state=sieve.state)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [redemption_of(row) for row in rows[:limit]]


def count_given(program_id: UUID, *, now: datetime) -> Mapping[str, GivenCount]:
    """Return how often each reward was given lately; one that never was is left out."""
    told = {"program_id": program_id, "month_ago": now - MONTH, "year_ago": now - YEAR}
    return {
        reward: GivenCount(month=int(month), year=int(year), waiting=int(waiting))
        for reward, month, year, waiting in overseeing_rows("count_given", told)
    }


def count_series(program_id: UUID, *, now: datetime) -> Mapping[str, SeriesCount]:
    """Return what became of the codes of each series; one that has none is left out."""
    found = {}
    for series, batched, given, used, uses, withdrawn, over in overseeing_rows(
        "count_series", {"program_id": program_id, "now": now}
    ):
        found[series] = SeriesCount(
            made=int(batched) + int(given),
            given=int(given),
            used=int(used),
            uses=int(uses),
            withdrawn=int(withdrawn),
            over=int(over),
        )
    return found


def list_batches(program_id: UUID, *, limit: int) -> list[Batch]:
    """Return the codes that were made together, the latest first."""
    rows = BatchRow.objects.filter(program_id=program_id).order_by("-begun_at", "-id")
    return [batch_of(row) for row in rows[:limit]]


def list_uses_of(voucher_id: UUID, *, limit: int) -> list[Use]:
    """Return the uses of a voucher, those that have ended too, the latest first."""
    rows = UseRow.objects.select_related("voucher").filter(voucher_id=voucher_id).order_by("-id")
    return [use_of(row, row.voucher.series) for row in rows[:limit]]


def list_supplies(program_id: UUID, reward: str, *, limit: int) -> Sequence[Supply]:
    """Return what came to the stock of a reward beside its document, and what was taken away, the latest first."""
    rows = SupplyRow.objects.filter(shelf__program_id=program_id, shelf__reward=reward).order_by("-at", "-id")
    return [Supply(pieces=row.pieces, reason=row.reason, actor=row.actor, at=row.at) for row in rows[:limit]]
