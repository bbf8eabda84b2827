"""Rewards, redemptions and stock on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import Amount, Currency, In, Number, Out, Text
from regulars.loyalty.rewards.contracts import (
    ForOrder,
    Redemption,
    RedemptionState,
    Refusal,
    RewardSight,
    Undoing,
    Undone,
)
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.undoing import WhenKept

Reason = Annotated[str, Field(min_length=1, max_length=500)]
Points = Annotated[int, Field(ge=1, le=10**12)]


class WhyNotOut(Out):
    """Why something is not given: a code that stays, the figures that explain it, and a sentence."""

    reason: str
    values: dict[str, Any]
    sentence: str


def why_not(refusals: Iterable[Refusal]) -> list[WhyNotOut]:
    """Return the wire's form of refusals."""
    return [
        WhyNotOut(reason=each.reason.value, values=dict(each.values), sentence=sentence_of(each)) for each in refusals
    ]


class RewardOut(Out):
    """A reward as a member sees it.

    `cost` is null where an order decides it, `left` where there is no end of it. `gives` says what it is, as the
    programme's document does.
    """

    key: str
    name: str
    description: str
    gives: dict[str, Any]
    cost: int | None
    currencies: list[str]
    left: int | None
    is_available: bool
    why_not: list[WhyNotOut]

    @classmethod
    def of(cls, sight: RewardSight) -> RewardOut:
        """Return the wire's form of a reward."""
        reward = sight.reward
        return cls(
            key=reward.key,
            name=reward.name,
            description=reward.description,
            gives=reward.gives.model_dump(mode="json"),
            cost=sight.cost,
            currencies=list(reward.currencies),
            left=sight.left,
            is_available=sight.is_available,
            why_not=why_not(sight.why_not),
        )


class RewardsOut(Out):
    """All rewards of the member's programme, in its order."""

    items: list[RewardOut]


class ToPayIn(In):
    """The order that points are to pay for a part of: what it comes to, and how many points."""

    reference: Number
    currency: Currency
    total_minor: Amount
    points: Points
    order_id: UUID | None = None

    def contract(self) -> ForOrder:
        """Return what services take."""
        return ForOrder(**self.model_dump())


class RedemptionIn(In):
    """What a member wants: at once, or reserved until it is confirmed. What pays with points says of which order."""

    reward: Number
    reserve: bool = False
    order: ToPayIn | None = None


class RedemptionOut(Out):
    """A reward that a member has reserved, got, or given back. `cost` is in points by currency.

    `given` is what it came to, as the voucher's id. A reservation is good until `reserved_until`.
    """

    id: UUID
    program_id: UUID
    member_id: UUID
    reward: str
    kind: str
    version: int
    state: RedemptionState
    cost: dict[str, int]
    refunded_points: int
    given: dict[str, Any]
    reference: str
    order_id: UUID | None
    reserved_at: datetime
    reserved_until: datetime
    confirmed_at: datetime | None
    fulfilled_at: datetime | None
    ended_at: datetime | None
    ended_for: str

    @classmethod
    def of(cls, redemption: Redemption) -> RedemptionOut:
        """Return the wire's form of a redemption."""
        return cls.model_validate(redemption)


class RedemptionsOut(Out):
    """A page of redemptions, the latest first."""

    items: list[RedemptionOut]
    next: str | None


class CancelIn(In):
    """Why a reservation is let go."""

    reason: Reason


class RefundIn(In):
    """Why a reward is taken back; what is done where what it gave stays given, as a gift that was shipped."""

    reason: Reason
    when_kept: WhenKept = WhenKept.REFUSE


class RefundOut(RedemptionOut):
    """What became of a redemption, and of what it had given: `undone`, `told` to who gave it, or `kept`, and why."""

    undoing: Undoing
    kept_because: str

    @classmethod
    def of_undone(cls, undone: Undone) -> RefundOut:
        """Return the wire's form of what was undone."""
        redemption = RedemptionOut.of(undone.redemption).model_dump()
        return cls(**redemption, undoing=undone.reversal.undoing, kept_because=undone.reversal.reason)


class FulfilIn(In):
    """What is known of it, as the number of the parcel; no personal data."""

    details: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=100)], Text], Field(default_factory=dict, max_length=20)
    ]


class StockIn(In):
    """How many pieces come to the stock, or are taken from it where it is below zero; and why."""

    pieces: Annotated[int, Field(ge=-(10**9), le=10**9)]
    reason: Reason


class StockOut(Out):
    """What is left of a reward."""

    program: str
    reward: str
    left: int
