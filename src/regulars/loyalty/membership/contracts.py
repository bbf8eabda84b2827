"""What others see of the membership: members in full, who was found, adjustments, and a programme's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member, MemberState, Standing, Totals
from regulars.loyalty.tiers.contracts import Projection


@dataclass(frozen=True, slots=True)
class Authority:
    """As what somebody acts: a role of the staff, or `key` for a program; the programme says what each may."""

    role: str


class AdjustmentState(StrEnum):
    """What became of points that somebody wants to give or take by hand."""

    POSTED = "posted"
    # For a second person.
    AWAITING = "awaiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Points that somebody gives (positive) or takes by hand, and why.

    Nobody decided (`decided_by` None) what waited for nobody. `transaction_id` is there once it is posted. `replayed`
    tells that this is the first answer to a request, given again.
    """

    id: UUID
    member_id: UUID
    currency: str
    points: int
    reason: str
    # None for as long as the currency says.
    expires_at: datetime | None
    state: AdjustmentState
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    # Why it was refused.
    refusal: str
    transaction_id: UUID | None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSight:
    """Where a member stands in a tier set, and what is missing and comes; `tier` None where on no tier."""

    tier_set: str
    name: str
    tier: str | None
    tier_name: str
    projection: Projection | None
    is_locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInFull:
    """A member with the name it goes by, its accounts by currency, and its tiers, by a version of the programme."""

    member: Member
    program: ProgramVersion
    # Empty once the member was erased.
    name: str
    standings: Mapping[str, Standing]
    tiers: Sequence[TierSight]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A member as lists show it: its name, the tier in each set, and what can be spent of each currency."""

    member: Member
    name: str
    tiers: Mapping[str, str]
    available: Mapping[str, int]


class FoundBy(StrEnum):
    """By what somebody was found."""

    # The QR code, or the number under it.
    CODE = "code"
    CARD = "card"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who was found: a member, or a customer who could become one (`line` None)."""

    by: FoundBy
    customer_id: UUID
    name: str
    line: MemberLine | None

    @property
    def member(self) -> Member | None:
        """The member, if the customer is one."""
        return self.line.member if self.line else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a programme issued of a currency in a period, and where it went.

    `redemption_rate` is what was redeemed in the period of what was issued in it, without what was taken back of
    either: it may be above 1 where members spend what they had saved before. None where nothing was issued.
    """

    totals: Totals
    redemption_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The figures of a programme at a moment, and of the period that ends there.

    - `members`: how many there are in each state.
    - `enrolled_lately`: how many enrolled in the last 30 days, those who left again too; merged ones count once.
    - `active`: of the active members, how many earned or spent in the last 90 days: were granted points, but not by
      hand, or had a reward confirmed. What was taken back later counts all the same.
    - `active_rate`: `active` of all active members; None without any.
    - `orders`: how many orders were placed in the period and not cancelled, and `of_members` how many of them were
      bought by somebody who was a member by then.
    - `participation`: `of_members` of `orders`; None without any.
    - `flows`: what was issued and redeemed in the period, by currency in the order of the document.
    """

    since: datetime
    until: datetime
    members: Mapping[MemberState, int]
    enrolled_lately: int
    active: int
    active_rate: float | None
    orders: int
    of_members: int
    participation: float | None
    flows: Sequence[Flow]
