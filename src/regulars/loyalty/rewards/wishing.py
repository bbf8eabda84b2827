"""What a member wants, and what stands of it: whether the rewards can be had, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from regulars.loyalty.definitions.calendar import period_bounds
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.rewards.contracts import ForOrder, Judged, RewardReason, RewardSight
from regulars.loyalty.rewards.issuing import MemberSeen
from regulars.loyalty.rewards.kinds import KINDS
from regulars.loyalty.rewards.looking import never
from regulars.loyalty.rewards.reasons import MemberLimit, RewardFacts, why_not
from regulars.loyalty.rewards.statements import stock_rows
from regulars.loyalty.rewards.stock import PoolSight, see_pools
from regulars.loyalty.tiers.queries import map_tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A reward that a member wants, perhaps for an order.

    `judged` is asked for the condition of a reward, by its key. What a benefit gives is wished `without_points`.
    """

    program: str
    reward: str
    member_id: UUID
    order: ForOrder | None = None
    judged: Judged = never
    without_points: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wisher:
    """A member who looks at rewards, with what is known of it."""

    member: MemberSeen
    available: Mapping[str, int]
    judged: Judged
    order: ForOrder | None = None
    without_points: bool = False


def see_rewards(
    rewards: Collection[Reward], wisher: Wisher, version: ProgramVersion, *, now: datetime
) -> list[RewardSight]:
    """Return rewards as a member sees them, in their order."""
    pools = see_pools(rewards, version, now=now)
    limits = _member_limits(rewards, wisher.member, version, now)
    tiers = _tiers(rewards, wisher.member, now)
    return [
        _sight(
            reward,
            wisher,
            replace(_facts(reward, wisher, version, now), tiers=tiers),
            pools[reward.key],
            limits[reward.key],
        )
        for reward in rewards
    ]


def cost_of(reward: Reward, order: ForOrder | None, *, without_points: bool) -> int | None:
    """Return how many points a reward costs; None where that is not known without an order."""
    if without_points:
        return 0
    if reward.cost is None:
        return order.points if order else None
    return reward.cost


def _sight(
    reward: Reward, wisher: Wisher, facts: RewardFacts, pools: Sequence[PoolSight], limits: Sequence[MemberLimit]
) -> RewardSight:
    refusals = why_not(reward, replace(facts, pools=pools, member_limits=limits))
    # That an order is to be told does not make a reward unavailable to who only looks.
    is_looking = wisher.order is None and reward.cost is None
    return RewardSight(
        reward=reward,
        why_not=[each for each in refusals if not (is_looking and each.reason is RewardReason.ORDER_NEEDED)],
        cost=facts.cost,
        left=min((sight.left for sight in pools), default=None),
    )


def _facts(reward: Reward, wisher: Wisher, version: ProgramVersion, now: datetime) -> RewardFacts:
    """Return what stands of a member and a reward, but for its tiers and what is left."""
    return RewardFacts(
        now=now,
        zone=version.zone,
        is_member=wisher.member.state == MemberState.ACTIVE,
        available=wisher.available,
        meets_condition=not reward.condition or wisher.judged(reward.key),
        cost=cost_of(reward, wisher.order, without_points=wisher.without_points),
        of_kind=KINDS[reward.gives.kind].validate(reward.gives, wisher.order, version),
    )


def _tiers(rewards: Collection[Reward], member: MemberSeen, now: datetime) -> frozenset[str]:
    """Return the member's tiers, as `status.gold`, where some reward asks for them."""
    if not any(reward.tiers for reward in rewards):
        return frozenset()
    return frozenset(f"{tier_set}.{tier}" for tier_set, tier in map_tiers([member.id], now)[member.id].items())


def _member_limits(
    rewards: Collection[Reward], member: MemberSeen, version: ProgramVersion, now: datetime
) -> dict[str, list[MemberLimit]]:
    """Return the limits of a member, by reward, each with how often the member has had it in the running period."""
    limits = [(reward.key, limit) for reward in rewards for limit in reward.limits if limit.of == "member"]
    bounds = [period_bounds(limit.period, now, version.zone) for _, limit in limits]
    told = {
        "program_id": version.program_id,
        "member_ids": member.ids,
        "rewards": [key for key, _ in limits],
        "sinces": [since for since, _ in bounds],
        "untils": [until for _, until in bounds],
        "now": now,
    }
    counts = [int(count) for _, count in stock_rows("count_of_member", told)] if limits else []
    found: dict[str, list[MemberLimit]] = {reward.key: [] for reward in rewards}
    for (key, limit), (_, ends_at), had in zip(limits, bounds, counts, strict=True):
        found[key].append(MemberLimit(limit=limit, had=had, ends_at=ends_at))
    return found
