"""What others see of the adjudication: the effects of an order or event, and why rules had none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class EffectKind(StrEnum):
    """What came of an order or event."""

    # Points that are active, or soon will be.
    GRANTED = "granted"
    # Points that wait for an event, as the delivery.
    HELD = "held"
    # Points that are no longer earned.
    REVERSED = "reversed"
    # Points that had been spent on what came back.
    REFUNDED = "refunded"
    # A tier that was reached.
    UNLOCKED = "unlocked"
    # Points whose event came too late, or not at all.
    CANCELLED = "cancelled"
    # A voucher, or what else a reward gave, that an order which came back had brought.
    TAKEN_BACK = "taken_back"
    # A voucher that is good again, or a reward that is redeemed again, since its order is kept after all.
    GIVEN_BACK = "given_back"
    # Points that had come back, and pay again for what is kept after all.
    SPENT_AGAIN = "spent_again"
    # What came with an order that came back and stays given, and why: it was used, or shipped.
    CANNOT_BE_UNDONE = "cannot_be_undone"


class Outcome(StrEnum):
    """What became of what was told."""

    ADJUDICATED = "adjudicated"
    # An older version than the one known: it changes nothing.
    STALE = "stale"
    # The version that is known: nothing is left to be done.
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing that came of it, by which rule of which version of the programme, and how it was posted.

    Of a preview nothing is posted, and there is no transaction.
    """

    kind: EffectKind
    program: str
    rule: str = ""
    version: int | None = None
    currency: str = ""
    points: int = 0
    member_id: UUID | None = None
    transaction_id: UUID | None = None
    activates_at: datetime | None = None
    expires_at: datetime | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A rule that granted nothing, and why: a code for machines, with the values that explain it."""

    program: str
    rule: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjudicated:
    """What came of an order, or would come of a cart, in a programme."""

    outcome: Outcome
    program: str = ""
    # The version of the programme that judged it.
    version: int | None = None
    effects: Sequence[Effect] = ()
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A rule that counts for who has opted in; since when the member has, None where not."""

    rule: str
    name: str
    description: str
    opted_in_at: datetime | None
