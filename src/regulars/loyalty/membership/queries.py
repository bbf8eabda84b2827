"""Read members: in full, in lists, as they are found, their adjustments, and what a programme comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.customers.queries import get_survivor, list_ids_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.definitions.queries import get_program_id, get_version_in_force
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.queries import get_standing
from regulars.loyalty.membership.adjusting import NoSuchAdjustment, adjustment_of, see_adjustment
from regulars.loyalty.membership.contracts import Adjustment, AdjustmentState, MemberInFull, MemberLine, TierSight
from regulars.loyalty.membership.finding import find_member_by, lines_of, names_of
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.membership.overview import get_overview
from regulars.loyalty.membership.statements import rows_of
from regulars.loyalty.tiers.queries import find_projection, find_standing

__all__ = [
    "NoSuchAdjustment",
    "find_member_by",
    "get_adjustment",
    "get_member_in_full",
    "get_overview",
    "list_adjustments",
    "list_members",
    "list_members_of",
]


def get_member_in_full(member_id: UUID, *, now: datetime) -> MemberInFull:
    """Return a member, or the one that it was merged into, with its accounts and tiers as of now.

    Raises
    ------
    NoSuchMember
        There is no such member.
    NoSuchVersion
        The programme is not in force yet.
    """
    member = get_member(member_id)
    if member.merged_into is not None:
        member = get_member(member.merged_into)
    version = get_version_in_force(member.program_id, now)
    names = names_of([member.customer_id])
    return MemberInFull(
        member=member,
        program=version,
        name=names[member.customer_id] if member.customer_id else "",
        standings=get_standing(member.id, at=now),
        tiers=[_tier_sight(member.id, tier_set, version, now) for tier_set in version.document.tier_sets],
    )


def list_members_of(customer_id: UUID) -> list[Member]:
    """Return the members that a customer is, one in each programme, under whichever of its ids it enrolled.

    Who left is still one of them; the id may be one that was merged into another.
    """
    rows = rows_of("members_of_customer", {"customers": list_ids_of(get_survivor(customer_id))})
    first: dict[UUID, Member] = {}
    for row in rows:
        member = _member(row)
        first.setdefault(member.program_id, member)
    return list(first.values())


def list_members(
    *,
    program: str,
    limit: int,
    before: UUID | None = None,
    state: MemberState = MemberState.ACTIVE,
    tier_set: str | None = None,
    tier: str | None = None,
    now: datetime,
) -> list[MemberLine]:
    """Return members of a programme, those who came last first, before another one; with a tier set, those on its tier.

    A tier set without a tier is for those who stand on none of it.

    Raises
    ------
    NoSuchProgram
        There is no such programme.
    """
    told = {"program_id": get_program_id(program), "state": state, "before": before, "limit": limit}
    if tier_set is None:
        rows = rows_of("members", told)
    else:
        rows = rows_of("members_on_tier", told | {"tier_set": tier_set, "tier": tier})
    return lines_of([_member(row) for row in rows], now)


def get_adjustment(adjustment_id: UUID) -> Adjustment:
    """Return what somebody wanted to give or take by hand.

    Raises
    ------
    NoSuchAdjustment
        There is none of this id.
    """
    return see_adjustment(adjustment_id)


def list_adjustments(
    *,
    state: AdjustmentState | None = None,
    member_id: UUID | None = None,
    program: str | None = None,
    limit: int,
    before: UUID | None = None,
) -> list[Adjustment]:
    """Return adjustments, the latest first, before another one; a member's, under all of its ids.

    Raises
    ------
    NoSuchMember
        There is no such member.
    NoSuchProgram
        There is no such programme.
    """
    rows = AdjustmentRow.objects.order_by("-id")
    if state is not None:
        rows = rows.filter(state=state)
    if member_id is not None:
        root_id = get_member(member_id).merged_into or member_id
        rows = rows.filter(member_id__in=[each for (each,) in rows_of("ids_of_member", {"member_id": root_id})])
    if program is not None:
        rows = rows.filter(program_id=get_program_id(program))
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [adjustment_of(row) for row in rows[:limit]]


def _tier_sight(member_id: UUID, tier_set: TierSet, version: ProgramVersion, now: datetime) -> TierSight:
    standing = find_standing(member_id, tier_set.key)
    key = standing.tier if standing else None
    return TierSight(
        tier_set=tier_set.key,
        name=tier_set.name,
        tier=key,
        # One that the programme no longer has goes by its key.
        tier_name=next((tier.name for tier in tier_set.tiers if tier.key == key), key or ""),
        projection=find_projection(member_id, version, tier_set.key, now=now),
        is_locked=standing.is_locked if standing else False,
    )


def _member(row: tuple[Any, ...]) -> Member:
    identity, program_id, customer_id, code, state, merged_into, enrolled_at, left_at = row
    return Member(
        id=identity,
        program_id=program_id,
        customer_id=customer_id,
        code=code,
        state=MemberState(state),
        merged_into=merged_into,
        enrolled_at=enrolled_at,
        left_at=left_at,
    )
