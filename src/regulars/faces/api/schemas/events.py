"""Events on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from regulars.faces.api.schemas.customers import IdentifierIn
from regulars.faces.api.schemas.wire import In, Moment, Number, Out


class EventIn(In):
    """Something that a customer did. The customer is named by `customer_id`, or by `identifiers`.

    `key` is the source's own name for the event: the second with the same key is not kept.
    """

    type: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,59}[.][a-z][a-z0-9_]{0,59}$", examples=["recipe.viewed"])]
    customer_id: UUID | None = None
    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=20)] = ()
    occurred_at: Moment
    source: Number = "api"
    key: Number | None = None
    payload: Annotated[dict[str, JsonValue], Field(default_factory=dict, max_length=200)]


class EventPutOut(Out):
    """What became of an event."""

    outcome: Literal["appended", "duplicate"]
    event_id: UUID | None
    customer_id: UUID


class EventsIn(In):
    """Up to 500 events. Each is appended or refused by itself."""

    events: Annotated[tuple[EventIn, ...], Field(min_length=1, max_length=500)]


class EventOfManyOut(Out):
    """What became of an event among many; where it was refused, why and where."""

    outcome: Literal["appended", "duplicate", "refused"]
    event_id: UUID | None = None
    customer_id: UUID | None = None
    code: str = ""
    message: str = ""
    pointer: str = ""


class EventsPutOut(Out):
    """What became of each event, in the order in which they were sent."""

    items: list[EventOfManyOut]


class EventOut(Out):
    """An event. `occurred_at` is the business's time, `received_at` ours."""

    id: UUID
    type: str
    customer_id: UUID | None
    actor: str
    source: str
    occurred_at: datetime
    received_at: datetime
    payload: dict[str, Any]


class EventsOut(Out):
    """A page of a customer's events, the latest first."""

    items: list[EventOut]
    next: str | None


class StreamOut(Out):
    """A page of the stream, in the order in which events became certain.

    `next` leads on at once, and is null at the end; `resume` leads to what comes after all that was seen, also later.
    """

    items: list[EventOut]
    next: str | None
    resume: str
