"""Events, and who is told of them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from regulars.client.shapes.customers import Identifier


class EventPut(TypedDict):
    """What became of an event."""

    outcome: Literal["appended", "duplicate"]
    event_id: str | None
    customer_id: str


class NewEvent(TypedDict):
    """An event to append; the customer is named by `customer_id`, or by `identifiers`."""

    type: str
    occurred_at: str
    customer_id: NotRequired[str]
    identifiers: NotRequired[list[Identifier]]
    source: NotRequired[str]
    key: NotRequired[str]
    payload: NotRequired[dict[str, Any]]


class EventOfMany(TypedDict):
    """What became of an event among many; where it was refused, why and where."""

    outcome: Literal["appended", "duplicate", "refused"]
    event_id: str | None
    customer_id: str | None
    code: str
    message: str
    pointer: str


class Event(TypedDict):
    """An event on a customer's timeline."""

    id: str
    type: str
    customer_id: str | None
    actor: str
    source: str
    occurred_at: str
    received_at: str
    payload: dict[str, Any]


class StreamPage(TypedDict):
    """A page of the stream; `resume` leads to what comes after all that was seen."""

    items: list[Event]
    next: str | None
    resume: str


class Subscription(TypedDict):
    """How far a subscription has come."""

    name: str
    types: list[str]
    behind_events: int
    oldest_waiting_at: str | None
    dead_letters: int
    moved_at: str | None


class DeadLetter(TypedDict):
    """An event that could not be delivered."""

    id: str
    subscription: str
    event_id: str
    event_type: str
    customer_id: str | None
    state: str
    error: str
    where: str
    attempts: int
    first_failed_at: str
    last_failed_at: str
