"""Members, their accounts and tiers, transactions and adjustments on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.loyalty_effects import AdjudicatedOut
from regulars.faces.api.schemas.wire import In, Moment, Number, Out
from regulars.loyalty.ledger.contracts import (
    Book,
    ExplainedLot,
    Explanation,
    Member,
    MemberState,
    Purpose,
    Standing,
    State,
    Transaction,
    TransactionKind,
)
from regulars.loyalty.membership.contracts import (
    Adjustment,
    AdjustmentState,
    Found,
    FoundBy,
    MemberInFull,
    MemberLine,
    TierSight,
)
from regulars.loyalty.tiers.contracts import Projection
from regulars.loyalty.tiers.contracts import Standing as TierStanding


class EnrolIn(In):
    """Who becomes a member."""

    customer_id: UUID


class MemberOut(Out):
    """A member of a programme. `code` is its number, as the QR code holds it."""

    id: UUID
    program_id: UUID
    customer_id: UUID | None
    code: str
    state: MemberState
    merged_into: UUID | None
    enrolled_at: datetime
    left_at: datetime | None

    @classmethod
    def of(cls, member: Member) -> MemberOut:
        """Return the wire's form of a member."""
        return cls.model_validate(member)


class MemberLineOut(MemberOut):
    """A member as lists show it: its name, its tier in each set, and what it can spend of each currency."""

    name: str
    tiers: dict[str, str]
    available: dict[str, int]

    @classmethod
    def of_line(cls, line: MemberLine) -> MemberLineOut:
        """Return the wire's form of a line."""
        member = MemberOut.of(line.member).model_dump()
        return cls(**member, name=line.name, tiers=dict(line.tiers), available=dict(line.available))


class MembersOut(Out):
    """A page of members, those who came last first."""

    items: list[MemberLineOut]
    next: str | None


class FoundOut(Out):
    """Somebody who was found, and by what; `member` is null for a customer who is none and could become one."""

    by: FoundBy
    customer_id: UUID
    name: str
    member: MemberLineOut | None

    @classmethod
    def of(cls, found: Found) -> FoundOut:
        """Return the wire's form of who was found."""
        line = MemberLineOut.of_line(found.line) if found.line else None
        return cls(by=found.by, customer_id=found.customer_id, name=found.name, member=line)


class FoundAllOut(Out):
    """Whom a code, a card, an address or a phone number names."""

    items: list[FoundOut]


class BalanceOut(Out):
    """What stands on an account. `available` is what can be spent; `balance` is the sum, less what is owed."""

    pending: int
    available: int
    reserved: int
    debt: int
    balance: int


class ExpiringOut(Out):
    """So many available points that are good until a moment; null for ever."""

    expires_at: datetime | None
    points: int


class WaitingOut(Out):
    """So many pending points that become available at a moment; null where they wait for an event."""

    activates_at: datetime | None
    points: int


class PointsAccountOut(Out):
    """An account by the clock. What is `expiring` sums to what is available, what is `pending` to what is pending."""

    currency: str
    balance: BalanceOut
    expiring: list[ExpiringOut]
    pending: list[WaitingOut]

    @classmethod
    def of(cls, currency: str, standing: Standing) -> PointsAccountOut:
        """Return the wire's form of an account."""
        return cls(
            currency=currency,
            balance=BalanceOut.model_validate(standing.balance),
            expiring=[ExpiringOut.model_validate(each) for each in standing.expiring],
            pending=[WaitingOut.model_validate(each) for each in standing.pending],
        )


class BalancesOut(Out):
    """All accounts of a member, as of `at`."""

    at: datetime
    items: list[PointsAccountOut]


class ProjectionOut(Out):
    """What is missing, until when, and what comes if nothing more is earned. Moments are the first instants after."""

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

    @classmethod
    def of(cls, projection: Projection) -> ProjectionOut:
        """Return the wire's form of a projection."""
        return cls.model_validate(projection)


class TierOut(Out):
    """Where a member stands in a tier set. Without a projection it has not been evaluated yet."""

    tier_set: str
    name: str
    tier: str | None
    tier_name: str
    is_locked: bool
    projection: ProjectionOut | None

    @classmethod
    def of(cls, sight: TierSight) -> TierOut:
        """Return the wire's form of where a member stands."""
        projection = ProjectionOut.of(sight.projection) if sight.projection else None
        return cls(
            tier_set=sight.tier_set,
            name=sight.name,
            tier=sight.tier,
            tier_name=sight.tier_name,
            is_locked=sight.is_locked,
            projection=projection,
        )


class MemberInFullOut(MemberOut):
    """A member with its accounts and tiers, by the version of the programme that is in force."""

    program: str
    version: int
    name: str
    accounts: list[PointsAccountOut]
    tiers: list[TierOut]

    @classmethod
    def of_full(cls, full: MemberInFull) -> MemberInFullOut:
        """Return the wire's form of a member in full."""
        return cls(
            **MemberOut.of(full.member).model_dump(),
            program=full.program.program_key,
            version=full.program.number,
            name=full.name,
            accounts=[PointsAccountOut.of(currency, standing) for currency, standing in full.standings.items()],
            tiers=[TierOut.of(each) for each in full.tiers],
        )


class EntryOut(Out):
    """So many points to (positive) or from (negative) an account: the member's, of a lot in a state, or the book's."""

    book: Book
    currency: str
    points: int
    account_id: UUID | None
    lot_id: UUID | None
    state: State | None


class TransactionOut(Out):
    """What was posted together; its entries sum to zero. `memo` says of what, as the order's number."""

    id: UUID
    kind: TransactionKind
    occurred_at: datetime
    posted_at: datetime
    actor: str
    reverses: UUID | None
    memo: dict[str, Any]
    entries: list[EntryOut]

    @classmethod
    def of(cls, transaction: Transaction) -> TransactionOut:
        """Return the wire's form of a transaction."""
        return cls.model_validate(transaction)


class TransactionsOut(Out):
    """A page of transactions, the newest first."""

    items: list[TransactionOut]
    next: str | None


class MovementOut(Out):
    """So many points that came to a lot, or left it, why, and on whose behalf (`cause`).

    `transaction_id` is null for what was due by the clock and is not posted yet.
    """

    purpose: Purpose
    points: int
    occurred_at: datetime
    posted_at: datetime | None
    transaction_id: UUID | None
    cause: UUID | None


class ExplainedLotOut(Out):
    """Points granted together: where they came from, by which rule and version, what stands, and where they went."""

    id: UUID
    source_kind: str
    source_id: UUID | None
    rule: str
    version: int | None
    funding: str
    transaction_id: UUID
    granted_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    balance: BalanceOut
    movements: list[MovementOut]

    @classmethod
    def of(cls, lot: ExplainedLot) -> ExplainedLotOut:
        """Return the wire's form of a lot."""
        return cls.model_validate(lot)


class ExplanationOut(Out):
    """A balance as it was valid at one moment and known at another; its lots sum to it."""

    member_id: UUID
    currency: str
    valid_at: datetime
    known_at: datetime
    balance: BalanceOut
    lots: list[ExplainedLotOut]

    @classmethod
    def of(cls, explanation: Explanation) -> ExplanationOut:
        """Return the wire's form of an explanation."""
        return cls.model_validate(explanation)


class AdjustIn(In):
    """Points to give, or below zero to take, and why; without `expires_at` they are good as the currency says."""

    currency: Number
    points: Annotated[int, Field(ge=-(10**12), le=10**12)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    expires_at: Moment | None = None


class AdjustmentOut(Out):
    """Points given or taken by hand. `awaiting` is for a second person to decide, in the console."""

    id: UUID
    member_id: UUID
    currency: str
    points: int
    reason: str
    expires_at: datetime | None
    state: AdjustmentState
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str
    transaction_id: UUID | None

    @classmethod
    def of(cls, adjustment: Adjustment) -> AdjustmentOut:
        """Return the wire's form of an adjustment."""
        return cls.model_validate(adjustment)


class AdjustmentsOut(Out):
    """A page of adjustments, the latest first."""

    items: list[AdjustmentOut]
    next: str | None


class FindIn(In):
    """What a till is shown, and whether customers who are no members are found too."""

    what: Annotated[str, Field(min_length=1, max_length=500)]
    also_customers: bool = False


class MembershipsOut(Out):
    """The members that a customer is, one in each programme."""

    items: list[MemberOut]


class OfferOut(Out):
    """A rule that counts for who has opted in; since when the member has, null where not."""

    rule: str
    name: str
    description: str
    opted_in_at: datetime | None


class OffersOut(Out):
    """The offers of the programme in force."""

    items: list[OfferOut]


class LockIn(In):
    """Until when a tier does not change, null for until it is unlocked; and why."""

    until: Moment | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class InviteIn(In):
    """The tier to which a member is invited; null withdraws the invitation."""

    tier: Number | None


class StandingOut(Out):
    """Where a member stands in a tier set."""

    tier_set: str
    tier: str | None
    is_locked: bool
    locked_until: datetime | None
    invited: str | None

    @classmethod
    def of(cls, tier_set: str, standing: TierStanding) -> StandingOut:
        """Return the wire's form of where a member stands."""
        return cls(
            tier_set=tier_set,
            tier=standing.tier,
            is_locked=standing.is_locked,
            locked_until=standing.locked_until,
            invited=standing.invited,
        )


class EventPreviewIn(In):
    """An event as it might be told: its type, whose it is, when it happened, and what it says."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z0-9_]+$", max_length=80, examples=["review.written"])]
    customer_id: UUID
    occurred_at: Moment | None = None
    payload: Annotated[dict[str, Any], Field(default_factory=dict)]


class EventPreviewOut(Out):
    """What it would come to in each programme that has a rule for it."""

    loyalty: list[AdjudicatedOut]
