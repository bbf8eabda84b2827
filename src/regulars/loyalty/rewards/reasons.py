"""Why a member cannot have a reward, with figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.rewards import Limit, Reward
from regulars.loyalty.rewards.contracts import Refusal, RewardReason
from regulars.loyalty.rewards.stock import STOCK, PoolSight


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLimit:
    """How often a member has had a reward in the running period of a limit, and when that ends."""

    limit: Limit
    had: int
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardFacts:
    """What stands of a member and a reward at a moment.

    `available` is what the member can spend, by currency, and `tiers` are the member's, as `status.gold`. `cost` is in
    points; None where it is not known without an order.
    """

    now: datetime
    zone: ZoneInfo
    is_member: bool = True
    available: Mapping[str, int] = field(default_factory=dict)
    tiers: frozenset[str] = frozenset()
    meets_condition: bool = True
    pools: Sequence[PoolSight] = ()
    member_limits: Sequence[MemberLimit] = ()
    cost: int | None = None
    of_kind: Sequence[Refusal] = ()


def why_not(reward: Reward, facts: RewardFacts) -> list[Refusal]:
    """Return every reason why a member cannot have a reward; none where it is available."""
    return [
        *_membership(reward, facts),
        *_dates(reward, local_day(facts.now, facts.zone)),
        *_stock(facts),
        *_limits(facts),
        *facts.of_kind,
        *_points(reward, facts),
    ]


def _membership(reward: Reward, facts: RewardFacts) -> Iterator[Refusal]:
    if not facts.is_member:
        yield Refusal(RewardReason.NOT_A_MEMBER)
    if reward.tiers and facts.tiers.isdisjoint(reward.tiers):
        yield Refusal(RewardReason.TIER_NEEDED, {"tiers": list(reward.tiers)})
    if reward.condition and not facts.meets_condition:
        yield Refusal(RewardReason.CONDITION_FALSE)


def _dates(reward: Reward, day: date) -> Iterator[Refusal]:
    if reward.dates.start is not None and day < reward.dates.start:
        yield Refusal(RewardReason.NOT_STARTED, {"start": reward.dates.start.isoformat()})
    if reward.dates.end is not None and day > reward.dates.end:
        yield Refusal(RewardReason.ENDED, {"end": reward.dates.end.isoformat()})


def _stock(facts: RewardFacts) -> Iterator[Refusal]:
    for sight in facts.pools:
        if sight.left <= 0:
            yield out_of(sight)


def out_of(sight: PoolSight) -> Refusal:
    """Return that nothing is left of a pool: of the stock, or of what all may have in a period."""
    if sight.pool.key == STOCK or sight.pool.period is None:
        return Refusal(RewardReason.OUT_OF_STOCK)
    return _limit("all", sight.pool.period, sight.pool.pieces, sight.pool.ends_at)


def _limits(facts: RewardFacts) -> Iterator[Refusal]:
    for each in facts.member_limits:
        if each.had >= each.limit.times:
            yield _limit("member", each.limit.period, each.limit.times, each.ends_at)


def _limit(of: str, period: Period, times: int, ends_at: datetime | None) -> Refusal:
    until = ends_at.isoformat() if ends_at else None
    return Refusal(RewardReason.LIMIT_REACHED, {"of": of, "period": period.value, "times": times, "until": until})


def _points(reward: Reward, facts: RewardFacts) -> Iterator[Refusal]:
    available = sum(facts.available.get(currency, 0) for currency in reward.currencies)
    if facts.cost is not None and available < facts.cost:
        values = {
            "cost": facts.cost,
            "available": available,
            "missing": facts.cost - available,
            "currencies": list(reward.currencies),
        }
        yield Refusal(RewardReason.POINTS_MISSING, values)
