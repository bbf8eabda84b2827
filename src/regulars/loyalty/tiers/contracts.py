"""What others see of the tiers: progress, where members stand, what changed, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Reason(StrEnum):
    """Why a member's tier changed."""

    ENROLLED = "enrolled"
    # By progress.
    REACHED = "reached"
    NOT_KEPT = "not_kept"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    # A version of the programme no longer has the tier.
    REDEFINED = "redefined"
    MERGED = "merged"
    UNMERGED = "unmerged"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProgress:
    """Something that counts for a tier set, or is taken back from it (a negative amount), at its business time.

    The amount is in points, orders or, of money, minor units. `source_kind` and `source_id` say what it is of, as an
    order's; what comes again with the same `occasion` is not counted again.
    """

    member_id: UUID
    tier_set: str
    occurred_at: datetime
    amount: int
    source_kind: str
    source_id: UUID | None
    occasion: UUID


@dataclass(frozen=True, slots=True)
class Amount:
    """So much progress at a moment."""

    occurred_at: datetime
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a member stands in a tier set, as of the evaluation at `evaluated_at`; before the first nothing is known.

    `tier` is None for who was never invited to a set that one is invited to. `kept_until` is the first instant at which
    the tier is no longer kept, as far as is known today; None for the lowest, for one without an end, and for one of a
    rolling period, which is kept as long as it is reached. `grace_ends_at` is when a fall takes effect that is put off.
    """

    tier: str | None = None
    since: datetime | None = None
    kept_until: datetime | None = None
    grace_ends_at: datetime | None = None
    is_locked: bool = False
    # None while locked: until somebody unlocks it.
    locked_until: datetime | None = None
    lock_reason: str = ""
    invited: str | None = None
    evaluated_at: datetime | None = None
    # The programme's version by which it was evaluated.
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A member's tier became another one at a moment of business."""

    from_tier: str | None
    to_tier: str | None
    reason: Reason
    effective_at: datetime
    version: int
    is_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """Whose tier of which set changed."""

    member_id: UUID
    tier_set: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What is missing, until when, and what comes if nothing more is earned. Moments are first instants after.

    - `progress` is what counts now, since `period_starts_at`; a rolling period has no `period_ends_at`.
    - `missing_to_reach` the next tier, until `reach_by`: the period's end; of a rolling one, when the next amount
    leaves.
    - `missing_to_keep` the tier, until `keep_by`, when it would else fall, or come to its last period.
    - `falls_at`, `falls_to`: the first fall by time alone, with its grace.
    - `projected_tier`: what the coming end of the period leads to, grace over; of a rolling period, the next tier.
    """

    tier: str | None
    progress: int
    period_starts_at: datetime | None
    period_ends_at: datetime | None
    next_tier: str | None
    missing_to_reach: int | None
    reach_by: datetime | None
    missing_to_keep: int
    keep_by: datetime | None
    kept_until: datetime | None
    grace_ends_at: datetime | None
    falls_at: datetime | None
    falls_to: str | None
    projected_tier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A tier, or None for no tier, and how many active members have it."""

    tier_set: str
    tier: str | None
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A member who moves next: up, once `missing` is there, or down, at `falls_at`."""

    member_id: UUID
    customer_id: UUID
    tier: str | None
    to_tier: str | None
    progress: int
    missing: int | None = None
    falls_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMovers:
    """Who is nearest to the next tier, the nearest first, and who falls next, the soonest first."""

    rising: Sequence[Mover]
    falling: Sequence[Mover]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMultiplier:
    """By how much a tier multiplies what rules grant of a currency."""

    tier_set: str
    tier: str
    currency: str
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBenefits:
    """What all tiers of a member give together.

    Each multiplier is a grant of its own. `birthday_rewards` are keys of rewards; `early_access_hours` the longest.
    """

    multipliers: Sequence[TierMultiplier] = ()
    free_shipping: bool = False
    early_access_hours: int = 0
    birthday_rewards: Sequence[str] = ()
    words: Sequence[str] = ()
