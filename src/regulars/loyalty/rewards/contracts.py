"""What others see of rewards: vouchers with their uses, and redemptions; and why something is not given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from regulars.loyalty.definitions.document.rewards import Off, Reward

# --- Why not ----------------------------------------------------------------------------------------------------------


class VoucherReason(StrEnum):
    """Why a voucher is not taken; stable, for machines."""

    # All that is said of a code to whoever may not know that it exists.
    NOT_ACCEPTED = "voucher_not_accepted"
    SERIES_ENDED = "series_ended"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    USED_UP = "used_up"
    HELD = "held_by_another"
    OF_ANOTHER = "of_another_member"
    MEMBER_NEEDED = "member_needed"
    MEMBER_LIMIT = "member_limit_reached"
    CURRENCY_NOT_COVERED = "currency_not_covered"
    BELOW_MINIMUM = "below_minimum"
    CONDITION_FALSE = "condition_false"
    TWICE = "told_twice"
    NOT_COMBINABLE = "not_combinable"
    GROUP_TAKEN = "group_taken"


class RewardReason(StrEnum):
    """Why a reward is not given; stable, for machines."""

    NOT_A_MEMBER = "not_a_member"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    TIER_NEEDED = "tier_needed"
    CONDITION_FALSE = "condition_false"
    OUT_OF_STOCK = "out_of_stock"
    LIMIT_REACHED = "limit_reached"
    POINTS_MISSING = "points_missing"
    # Of a reward that pays with points.
    ORDER_NEEDED = "order_needed"
    CURRENCY_NOT_COVERED = "currency_not_covered"
    BELOW_LEAST_POINTS = "below_least_points"
    ABOVE_SHARE = "above_share_of_order"
    # Of a reward that gives a voucher.
    SERIES_ENDED = "series_ended"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not given, with the figures that explain it, which JSON can hold."""

    reason: VoucherReason | RewardReason
    values: Mapping[str, Any] = field(default_factory=dict)


# --- Vouchers ---------------------------------------------------------------------------------------------------------


class UseState(StrEnum):
    """What stands of a use. A hold whose time is over is none, whether or not it is marked as lapsed."""

    HELD = "held"
    REDEEMED = "redeemed"
    ROLLED_BACK = "rolled_back"
    RELEASED = "released"
    LAPSED = "lapsed"


# Tells whether the condition of a series is true, by the key of the series; it is asked where there is one.
Judged = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What a voucher is shown for: a cart or an order, in minor units of its currency.

    `total_minor` is what it comes to before vouchers, shipping apart. `prices_minor` are the prices of one piece of
    each product in it, by the source's number.
    """

    reference: str
    currency: str
    total_minor: int
    at: datetime
    shipping_minor: int = 0
    prices_minor: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one code. What it takes off is told where it is taken, its id only to who may know that it is."""

    code: str
    refusals: Sequence[Refusal] = ()
    voucher_id: UUID | None = None
    series: str = ""
    name: str = ""
    off: Off | None = None
    discount_minor: int = 0
    held_until: datetime | None = None
    use_id: UUID | None = None

    @property
    def is_taken(self) -> bool:
        """Whether it is."""
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What is said of the codes of one order, in the order in which they were told; `version` judged them."""

    verdicts: Sequence[Verdict]
    version: int

    @property
    def is_taken(self) -> bool:
        """Whether all of them are."""
        return all(verdict.is_taken for verdict in self.verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A voucher. `code` is for its owner and for who may know codes; events and logs never hold it."""

    id: UUID
    program_id: UUID
    series: str
    code: str
    member_id: UUID | None
    made_at: datetime
    good_until: datetime | None
    redeemed: int
    withdrawn_at: datetime | None
    withdrawn_for: str
    source_kind: str
    source_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A use of a voucher."""

    id: UUID
    voucher_id: UUID
    series: str
    reference: str
    member_id: UUID | None
    state: UseState
    version: int
    currency: str
    discount_minor: int
    held_until: datetime | None
    redeemed_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What became of a voucher that was to be taken back: one that was used stays used."""

    voucher_id: UUID
    is_taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Codes that are made together."""

    id: UUID
    program_id: UUID
    series: str
    pattern: str
    wanted: int
    made: int
    begun_at: datetime
    finished_at: datetime | None


# --- Rewards ----------------------------------------------------------------------------------------------------------


class RedemptionState(StrEnum):
    """What stands of a redemption. A reservation whose time is over is none, whether or not it is marked as expired."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Undoing(StrEnum):
    """What can be done about a thing that was given."""

    # It is taken back here, at once.
    UNDONE = "undone"
    # Whoever gave it is told by an event, and takes it back there.
    TOLD = "told"
    # It stays given.
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """What a cancellation or a return can undo of a kind of reward: before it is in the member's hands, and after."""

    before: Undoing
    after: Undoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a confirmed reward comes to, in ids and amounts; `is_done` tells whether it is in the member's hands."""

    details: Mapping[str, Any] = field(default_factory=dict)
    is_done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What was undone; `reason` says why something stays given."""

    undoing: Undoing
    reason: str = ""


def order_reference(source: str, external_id: str) -> str:
    """Return the name under which something is redeemed for an order that may be kept later: `shop:1001`."""
    return f"{source}:{external_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """An order for which something may have been redeemed: its id, its name, and the member who bought."""

    order_id: UUID
    reference: str
    buyer_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForOrder:
    """The order that a reward is for: what it comes to, in minor units, and how many points are to pay for it."""

    reference: str
    currency: str
    total_minor: int
    points: int
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A reward that a member has reserved, got, or given back. `cost` is in points by currency."""

    id: UUID
    program_id: UUID
    member_id: UUID
    reward: str
    kind: str
    version: int
    state: RedemptionState
    cost: Mapping[str, int]
    refunded_points: int
    given: Mapping[str, Any]
    reference: str
    order_id: UUID | None
    reserved_at: datetime
    reserved_until: datetime
    confirmed_at: datetime | None
    fulfilled_at: datetime | None
    ended_at: datetime | None
    ended_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of a redemption that was cancelled or refunded, and of what it had given."""

    redemption: Redemption
    reversal: Reversal


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSight:
    """A reward as a member sees it. `left` is None where there is no end of them."""

    reward: Reward
    why_not: Sequence[Refusal]
    cost: int | None
    left: int | None

    @property
    def is_available(self) -> bool:
        """Whether the member can have it now."""
        return not self.why_not
