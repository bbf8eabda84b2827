"""Subscriptions and dead letters on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.faces.api.schemas.wire import Out
from regulars.stream.contracts import DeadLetter


class SubscriptionOut(Out):
    """How far a subscription has come; what waits is counted to ten thousand."""

    name: str
    types: list[str]
    behind_events: int
    oldest_waiting_at: datetime | None
    dead_letters: int
    moved_at: datetime | None


class SubscriptionsOut(Out):
    """All subscriptions."""

    items: list[SubscriptionOut]


class DeadLetterOut(Out):
    """An event that a handler could not take, or that waits behind one of the same customer."""

    id: UUID
    subscription: str
    event_id: UUID
    event_type: str
    customer_id: UUID | None
    state: str
    error: str
    where: str
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime

    @classmethod
    def of(cls, letter: DeadLetter) -> DeadLetterOut:
        """Return the wire's form of a dead letter."""
        own = {name: getattr(letter, name) for name in cls.model_fields if hasattr(letter, name)}
        event = letter.event
        return cls(**own, event_id=event.id, event_type=event.type, customer_id=event.customer_id)


class DeadLettersOut(Out):
    """A page of dead letters, in the order in which they arose."""

    items: list[DeadLetterOut]
    next: str | None


class RetryOut(Out):
    """Whether the letter, and what waited behind it, was taken."""

    taken: bool
