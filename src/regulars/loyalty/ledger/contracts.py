"""What others see of the ledger: members, accounts, lots, and what is posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from regulars.loyalty.definitions.document.currencies import Inactivity


class MemberState(StrEnum):
    """Whether somebody is a member."""

    ACTIVE = "active"
    LEFT = "left"
    MERGED = "merged"
    ERASED = "erased"


class State(StrEnum):
    """What stands of points on a member's account. `balance = pending + active + reserved - debt`."""

    PENDING = "pending"
    ACTIVE = "active"
    RESERVED = "reserved"
    # Owed; entries of it are negative.
    DEBT = "debt"


class Book(StrEnum):
    """Where points come from and go to: a member's account, or one of the programme's."""

    MEMBER = "member"
    ISSUED = "issued"
    REDEEMED = "redeemed"
    BREAKAGE = "breakage"
    ADJUSTED = "adjusted"
    PARTNER = "partner"
    TRANSFER = "transfer"
    WRITTEN_OFF = "written_off"


class TransactionKind(StrEnum):
    """What a transaction does."""

    GRANT = "grant"
    ACTIVATE = "activate"
    CANCEL = "cancel"
    EXPIRE = "expire"
    RESERVE = "reserve"
    CONFIRM = "confirm"
    RELEASE = "release"
    REDEEM = "redeem"
    REFUND = "refund"
    CLAW_BACK = "claw_back"
    GIVE_BACK = "give_back"
    ADJUST = "adjust"
    PAY_DEBT = "pay_debt"
    MERGE = "merge"
    UNMERGE = "unmerge"
    FORFEIT = "forfeit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """So many points to (positive) or from (negative) an account; a member's names its lot and state."""

    book: Book
    currency: str
    points: int
    account_id: UUID | None = None
    lot_id: UUID | None = None
    state: State | None = None
    cause: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Points to be granted together.

    `activates_at` None waits for an event. `occasion` names what grants once. `source_id` is the order's, the event's.
    """

    points: int
    granted_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    source_kind: str
    source_id: UUID | None = None
    rule: str = ""
    version: int | None = None
    funding: str = "sale"
    book: Book = Book.ISSUED
    inactivity: Inactivity | None = None
    counts_for_tiers: bool = True
    occasion: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A customer who is enrolled in a programme."""

    id: UUID
    program_id: UUID
    # None once it was erased.
    customer_id: UUID | None
    code: str
    state: MemberState
    merged_into: UUID | None
    enrolled_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What stands on an account at a moment, judged by the clock; `available` is `active`."""

    currency: str
    pending: int
    active: int
    reserved: int
    debt: int

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.active

    @property
    def balance(self) -> int:
        """What the account comes to."""
        return self.pending + self.active + self.reserved - self.debt


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """So many active points that are good until a moment; None for ever."""

    expires_at: datetime | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """So many pending points that become active at a moment; None where they wait for an event."""

    activates_at: datetime | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A member's account at a moment: its balance, when active points expire, and what pending ones wait for.

    What is expiring sums to the active points, the soonest first; what is waiting to the pending ones.
    """

    account_id: UUID
    balance: Balance
    expiring: Sequence[Expiring]
    pending: Sequence[Waiting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What was posted together."""

    id: UUID
    kind: TransactionKind
    occurred_at: datetime
    posted_at: datetime
    actor: str
    reverses: UUID | None
    memo: Mapping[str, Any]
    entries: Sequence[Entry] = field(default_factory=tuple)


class WrongKind(StrEnum):
    """Of what a wrong row of the ledger is one."""

    SEAL = "seal"
    TRANSACTION = "transaction"
    LOT = "lot"
    ACCOUNT = "account"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRow:
    """A wrong row of the ledger; `id` is that of the transaction, lot, account or member, or the seal's number."""

    kind: WrongKind
    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the ledger is as it was posted and sealed, and adds up.

    `wrong` holds the first wrong row that each check found; the first of them is what the seals prove, if they do.
    `anchored_seals` of the seals stand in the anchor too. Unsealed transactions add up, but nothing proves them.
    """

    sealed_transactions: int
    unsealed_transactions: int
    seals: int
    anchored_seals: int
    wrong: Sequence[WrongRow] = ()

    @property
    def is_whole(self) -> bool:
        """Tell that nothing is wrong."""
        return not self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a programme issued in a currency between two moments of business, and where it went.

    `issued` is without what was taken back; `adjusted` and `partner` are what came from there. `transferred` comes to 0
    where all that left has arrived. `outstanding` is what stands on all accounts at the end, debts deducted.
    """

    currency: str
    since: datetime | None
    until: datetime | None
    issued: int
    redeemed: int
    breakage: int
    adjusted: int
    partner: int
    transferred: int
    written_off: int
    outstanding: int


class Purpose(StrEnum):
    """Why points came to a lot, or left it."""

    GRANTED = "granted"
    ADJUSTED = "adjusted"
    REFUNDED = "refunded"
    GIVEN_BACK = "given_back"
    # What the lot owed was paid by another one, which is the cause; or its points paid what another one owed.
    DEBT_PAID = "debt_paid"
    PAID_DEBT = "paid_debt"
    OWED = "owed"
    FORGIVEN = "forgiven"
    REDEEMED = "redeemed"
    CLAWED_BACK = "clawed_back"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FORFEITED = "forfeited"
    WRITTEN_OFF = "written_off"
    # To another account, or from there: once out, once in.
    CARRIED = "carried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """So many points that came to a lot (positive) or left it (negative), on which account, why, and on whose behalf.

    `transaction_id` and `posted_at` are None for what was due by the clock, and not posted yet.
    """

    purpose: Purpose
    points: int
    occurred_at: datetime
    posted_at: datetime | None
    transaction_id: UUID | None
    account_id: UUID
    cause: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLot:
    """A lot: where its points came from, what stands of it, and where they went; its movements sum to what stands."""

    id: UUID
    origin_account_id: UUID
    source_kind: str
    source_id: UUID | None
    rule: str
    version: int | None
    funding: str
    transaction_id: UUID
    granted_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    balance: Balance
    movements: Sequence[Movement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A member's balance in a currency as it was valid at one moment and known at another, and what it is made of.

    The lots' balances sum to the balance. What was posted later for an earlier moment may show a part below zero, as
    points that a till spent before they are known to have been granted.
    """

    member_id: UUID
    currency: str
    valid_at: datetime
    known_at: datetime
    balance: Balance
    lots: Sequence[ExplainedLot]
