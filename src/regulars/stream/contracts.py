"""What others see of the stream: events, those who cause them, and who is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

Payload = Mapping[str, Any]
# How many events are looked at, at most, to find those that a handler has to see.
LOOKS_AT = 500


class ActorKind(StrEnum):
    """What sort of actor did something."""

    STAFF = "staff"
    API_KEY = "api_key"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a person of the staff, a program with a key, the customer, or a part of Regulars itself."""

    kind: ActorKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Actor:
        """Return the actor that `str` wrote."""
        kind, _, identity = text.partition(":")
        return cls(ActorKind(kind), identity)


def system(part: str) -> Actor:
    """Return the part of Regulars that acts by itself, as `imports`."""
    return Actor(ActorKind.SYSTEM, part)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to append.

    `type` is `noun.past_verb`. `payload` holds ids, numbers and words of the business, no personal data of the customer
    where an id will do. `key` is the source's own name for the event: the second with the same key is not appended.
    """

    type: str
    actor: Actor
    source: str
    occurred_at: datetime
    customer_id: UUID | None = None
    payload: Payload = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the stream: all events up to it have been seen. Events sort by transaction, then by position in it."""

    transaction: int = 0
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as the stream keeps it. `occurred_at` is the business's time, `received_at` ours."""

    id: UUID
    type: str
    customer_id: UUID | None
    actor: Actor
    source: str
    occurred_at: datetime
    received_at: datetime
    payload: Payload
    cursor: Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look through the stream found, up to which place it has seen all, and whether there is more behind it."""

    events: Sequence[Event]
    seen: Cursor
    goes_on: bool


Handler = Callable[[Sequence[Event]], None]
Sift = Callable[[Sequence[Event]], Sequence[Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of which events.

    `handler` is given batches of events in stream order, within the transaction that moves the cursor, so that what it
    writes to the database and the cursor commit together. It must be idempotent: a replay brings events again.

    `also` tells of which further types events are handed over now, as those that programmes name. One that is named
    later is heard from then on; a handler that is to know of earlier ones is replayed.

    `sift` returns, in their order, those of some events that the handler has to see; the others are passed over. For a
    handler that needs few of many, and does much for each: it is asked of up to `LOOKS_AT` events at once, and takes no
    locks. The handler must take the others too: where it fails, and with dead letters, it is given all, one by one.
    """

    name: str
    types: frozenset[str]
    handler: Handler
    batch_size: int = 500
    also: Callable[[], frozenset[str]] = frozenset
    sift: Sift | None = None

    @property
    def heard(self) -> list[str]:
        """The types of the events that are handed over now."""
        return sorted(self.types | self.also())


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionState:
    """How far a subscription has come."""

    name: str
    types: Sequence[str]
    behind_events: int
    oldest_waiting_at: datetime | None
    dead_letters: int
    moved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that a handler could not take (`failed`), or that waits behind one of the same customer (`waiting`)."""

    id: UUID
    subscription: str
    event: Event
    state: str
    error: str
    where: str
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime
