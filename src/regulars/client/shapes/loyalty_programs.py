"""Loyalty: programmes as documents, members with their accounts and tiers."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

MemberState = Literal["active", "left", "merged", "erased"]
AdjustmentState = Literal["posted", "awaiting", "refused"]


class Program(TypedDict):
    """A programme."""

    program_id: str
    key: str
    name: str
    created_at: str
    newest_number: int | None
    has_draft: bool


class ProgramVersion(TypedDict):
    """A published version without its document."""

    number: int
    effective_at: str
    digest: str
    note: str
    made_by: str
    made_at: str
    published_by: str
    published_at: str
    from_version: int | None


class ProgramDocument(TypedDict):
    """A published version with its document."""

    program: str
    number: int
    effective_at: str
    digest: str
    zone: str
    document: dict[str, Any]
    yaml: str


class ProgramFault(TypedDict):
    """Something wrong with a document."""

    code: str
    message: str
    pointer: str
    line: int
    column: int


class ProgramDraft(TypedDict):
    """What the next version is to be."""

    program: str
    digest: str
    made_by: str
    made_at: str
    document: dict[str, Any]
    yaml: str
    faults: list[ProgramFault]


class ProgramChange(TypedDict):
    """One difference."""

    pointer: str
    kind: Literal["added", "removed", "changed", "reordered"]
    before: Any
    after: Any


class ProgramDiff(TypedDict):
    """What differs between two versions, or one and the draft (`after` None)."""

    program: str
    before: int | None
    after: int | None
    changes: list[ProgramChange]


class Move(TypedDict):
    """How many members would go from one tier to another."""

    from_tier: str | None
    to_tier: str | None
    members: int
    first: list[str]


class TierSetMoves(TypedDict):
    """What becomes of a tier set; an empty key is no tier."""

    tier_set: str
    matrix: list[Move]
    before: dict[str, int]
    after: dict[str, int]
    moved: int
    up: int
    down: int


class Moves(TypedDict):
    """Who would stand on another tier if a draft came into force."""

    program: str
    version: int | None
    digest: str
    at: str
    until: str
    members: int
    tier_sets: list[TierSetMoves]


class PointTotals(TypedDict):
    """What was issued of a currency in a period, and where it went."""

    currency: str
    issued: int
    redeemed: int
    breakage: int
    adjusted: int
    partner: int
    transferred: int
    written_off: int
    outstanding: int
    redemption_rate: float | None


class ProgramOverview(TypedDict):
    """A programme's figures."""

    since: str
    until: str
    members: dict[MemberState, int]
    enrolled_lately: int
    active: int
    active_rate: float | None
    orders: int
    of_members: int
    participation: float | None
    flows: list[PointTotals]


class Member(TypedDict):
    """A customer who is enrolled in a programme."""

    id: str
    program_id: str
    customer_id: str | None
    code: str
    state: MemberState
    merged_into: str | None
    enrolled_at: str
    left_at: str | None


class MemberLine(Member):
    """A member as lists show it."""

    name: str
    tiers: dict[str, str]
    available: dict[str, int]


class FoundMember(TypedDict):
    """Somebody who was found."""

    by: Literal["code", "card", "email", "phone"]
    customer_id: str
    name: str
    member: MemberLine | None


class PointBalance(TypedDict):
    """What stands on an account."""

    pending: int
    available: int
    reserved: int
    debt: int
    balance: int


class ExpiringPoints(TypedDict):
    """So many available points that are good until a moment."""

    expires_at: str | None
    points: int


class WaitingPoints(TypedDict):
    """So many pending points that become available at a moment."""

    activates_at: str | None
    points: int


class MemberAccount(TypedDict):
    """An account by the clock."""

    currency: str
    balance: PointBalance
    expiring: list[ExpiringPoints]
    pending: list[WaitingPoints]


class TierProjection(TypedDict):
    """What is missing, until when, and what comes if nothing more is earned."""

    tier: str | None
    progress: int
    period_starts_at: str | None
    period_ends_at: str | None
    next_tier: str | None
    missing_to_reach: int | None
    reach_by: str | None
    missing_to_keep: int
    keep_by: str | None
    kept_until: str | None
    grace_ends_at: str | None
    falls_at: str | None
    falls_to: str | None
    projected_tier: str | None


class MemberTier(TypedDict):
    """Where a member stands in a tier set."""

    tier_set: str
    name: str
    tier: str | None
    tier_name: str
    is_locked: bool
    projection: TierProjection | None


class MemberInFull(Member):
    """A member with its accounts and tiers."""

    program: str
    version: int
    name: str
    accounts: list[MemberAccount]
    tiers: list[MemberTier]


class PointsEntry(TypedDict):
    """So many points to or from an account."""

    book: str
    currency: str
    points: int
    account_id: str | None
    lot_id: str | None
    state: str | None


class PointsTransaction(TypedDict):
    """What was posted together."""

    id: str
    kind: str
    occurred_at: str
    posted_at: str
    actor: str
    reverses: str | None
    memo: dict[str, Any]
    entries: list[PointsEntry]


class PointsMovement(TypedDict):
    """So many points that came to a lot, or left it, and why."""

    purpose: str
    points: int
    occurred_at: str
    posted_at: str | None
    transaction_id: str | None
    cause: str | None


class ExplainedLot(TypedDict):
    """Points granted together: where they came from, what stands, and where they went."""

    id: str
    source_kind: str
    source_id: str | None
    rule: str
    version: int | None
    funding: str
    transaction_id: str
    granted_at: str
    activates_at: str | None
    expires_at: str | None
    balance: PointBalance
    movements: list[PointsMovement]


class Explanation(TypedDict):
    """A balance at two times."""

    member_id: str
    currency: str
    valid_at: str
    known_at: str
    balance: PointBalance
    lots: list[ExplainedLot]


class Adjustment(TypedDict):
    """Points given or taken by hand."""

    id: str
    member_id: str
    currency: str
    points: int
    reason: str
    expires_at: str | None
    state: AdjustmentState
    asked_by: str
    asked_at: str
    decided_by: str | None
    decided_at: str | None
    refusal: str
    transaction_id: str | None


class Offer(TypedDict):
    """A rule that counts for who has opted in."""

    rule: str
    name: str
    description: str
    opted_in_at: str | None


class TierStanding(TypedDict):
    """Where a member stands in a tier set."""

    tier_set: str
    tier: str | None
    is_locked: bool
    locked_until: str | None
    invited: str | None
