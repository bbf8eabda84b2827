"""Events: append one's own, and read a customer's timeline."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from regulars.customers.contracts import Person
from regulars.customers.queries import get_customer, get_survivor, list_ids_of
from regulars.customers.services import NobodyNamed, resolve_customers
from regulars.faces.api.appending import append_many
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.custom_events import check_custom_event
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, Limit, Since, known_place
from regulars.faces.api.schemas.events import (
    EventIn,
    EventOut,
    EventPutOut,
    EventsIn,
    EventsOut,
    EventsPutOut,
    StreamOut,
)
from regulars.kit.i18n import gettext
from regulars.kit.pagination import Page, encode_cursor, page_of
from regulars.stream.contracts import Actor, Cursor, Event, NewEvent
from regulars.stream.queries import list_timeline, look_through
from regulars.stream.services import append

events = Resource("Events")
_LIST, _STREAM = "customer events", "events"


@events.post("/events", scope="events.write", answer=EventPutOut, finds=True)
def append_event(request: HttpRequest, body: Annotated[EventIn, JsonBody(...)]) -> Any:
    """Append an event of your own to a customer's timeline.

    The type is `noun.past_verb`, as `recipe.viewed`; the nouns of Regulars itself are reserved. An identifier that
    nobody has makes a customer.
    """
    now, actor = timezone.now(), actor_of(request)
    check_custom_event(body.type, body.occurred_at, now=now)
    with transaction.atomic():
        customer = _customer(body, now=now, actor=actor)
        [identity] = append([_event(body, customer, actor)], now=now)
    return EventPutOut(
        outcome="appended" if identity else "duplicate", event_id=identity, customer_id=get_survivor(customer)
    )


def _event(body: EventIn, customer: UUID, actor: Actor) -> NewEvent:
    return NewEvent(
        type=body.type,
        actor=actor,
        source=body.source,
        occurred_at=body.occurred_at,
        customer_id=customer,
        payload=body.payload,
        key=body.key,
    )


def _customer(body: EventIn, *, now: datetime, actor: Actor) -> UUID:
    if body.customer_id:
        return get_customer(body.customer_id).id
    person = Person(identifiers=[each.contract() for each in body.identifiers])
    [found] = resolve_customers(people=[person], source=body.source, now=now, actor=actor)
    if found is None:
        raise NobodyNamed(gettext("None of the identifiers names anybody."))
    return found


@events.post("/events/bulk", scope="events.write", answer=EventsPutOut)
def append_events(request: HttpRequest, body: Annotated[EventsIn, JsonBody(...)]) -> Any:
    """Append up to 500 events of your own, each with an outcome of its own; see `POST /v1/events`."""
    return {"items": append_many(body.events, now=timezone.now(), actor=actor_of(request))}


@events.get("/events", scope="events.read", answer=StreamOut)
def list_stream(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    type: Annotated[str | None, Query(None, max_length=121, description="Only those of a type.")],  # noqa: A002
    since: Annotated[Since, Query(None, description="Only those that happened at or after this time.")],
    until: Annotated[Since, Query(None, description="Only those that happened before this time.")],
) -> Any:
    """List the events of all customers, in the order in which they became certain: nothing comes between them later.

    A page may hold fewer than asked for where few are of the type; go on while there is a `next`. Keep `resume`, and
    call with it as the cursor later, to be told of what is new.
    """
    place = known_place(_STREAM, cursor, 2)
    after = Cursor(int(place[0]), int(place[1])) if place else Cursor()
    look = look_through(after=after, limit=limit, types=[type] if type else None, since=since, until=until)
    resume = encode_cursor(_STREAM, (look.seen.transaction, look.seen.position))
    items = [_wire(each) for each in look.events]
    return StreamOut(items=items, next=resume if look.goes_on else None, resume=resume)


@events.get("/customers/{customer_id}/events", scope="events.read", answer=EventsOut)
def list_events(
    request: HttpRequest,
    customer_id: UUID,
    limit: Limit,
    cursor: CursorText,
    type: Annotated[str | None, Query(None, max_length=121, description="Only those of a type.")],  # noqa: A002
) -> Any:
    """List a customer's events, the latest first."""
    place = known_place(_LIST, cursor, 2)
    found = list_timeline(
        list_ids_of(get_customer(customer_id).id),
        limit=limit + 1,
        before=(datetime.fromisoformat(place[0]), place[1]) if place else None,
        types=[type] if type else None,
    )
    page = page_of(found, limit=limit, name=_LIST, place=_place)
    return Page([_wire(each) for each in page.items], page.next)


def _place(event: Event) -> tuple[str, int]:
    return event.occurred_at.isoformat(), event.cursor.position


def _wire(event: Event) -> EventOut:
    told = {name: getattr(event, name) for name in EventOut.model_fields}
    return EventOut(**{**told, "actor": str(event.actor)})
