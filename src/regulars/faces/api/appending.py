"""Append many events of a program's own, each with an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.contracts import Person
from regulars.customers.queries import NoSuchCustomer, list_customers, map_survivors
from regulars.customers.services import NobodyNamed, resolve_customers
from regulars.faces.api.custom_events import WrongEvent, check_custom_event
from regulars.faces.api.schemas.events import EventIn, EventOfManyOut
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

Outcomes = dict[int, EventOfManyOut]


@transaction.atomic
def append_many(events: Sequence[EventIn], *, now: datetime, actor: Actor) -> list[EventOfManyOut]:
    """Append events; one that cannot be meant, or is nobody's, is refused and hinders no other."""
    outcomes: Outcomes = {}
    meant: dict[int, EventIn] = {}
    for number, event in enumerate(events):
        try:
            check_custom_event(event.type, event.occurred_at, now=now)
        except WrongEvent as error:
            outcomes[number] = _refused(error, error.pointer)
        else:
            meant[number] = event
    whose = _customers(meant, outcomes, now=now, actor=actor)
    made = [_event(meant[number], customer, actor) for number, customer in whose.items()]
    survivors = map_survivors(set(whose.values()))
    for (number, customer), identity in zip(whose.items(), append(made, now=now), strict=True):
        outcomes[number] = EventOfManyOut(
            outcome="appended" if identity else "duplicate", event_id=identity, customer_id=survivors[customer]
        )
    return [outcomes[number] for number in range(len(events))]


def _customers(meant: dict[int, EventIn], outcomes: Outcomes, *, now: datetime, actor: Actor) -> dict[int, UUID]:
    """Return whose each event is, in the order in which they were sent; refuse those of nobody."""
    found: dict[int, UUID] = {}
    told = {number: event.customer_id for number, event in meant.items() if event.customer_id}
    survivors = map_survivors(set(told.values()))
    known = {customer.id for customer in list_customers(sorted(set(survivors.values())))}
    for number, customer_id in told.items():
        if survivors[customer_id] in known:
            found[number] = survivors[customer_id]
        else:
            outcomes[number] = _refused(NoSuchCustomer(gettext("There is no such customer.")), "/customer_id")
    named = {number: event for number, event in meant.items() if not event.customer_id}
    for source in dict.fromkeys(event.source for event in named.values()):
        of_source = {number: event for number, event in named.items() if event.source == source}
        people = [Person(identifiers=[each.contract() for each in event.identifiers]) for event in of_source.values()]
        resolved = resolve_customers(people=people, source=source, now=now, actor=actor)
        for number, customer in zip(of_source, resolved, strict=True):
            if customer is None:
                nobody = NobodyNamed(gettext("None of the identifiers names anybody."))
                outcomes[number] = _refused(nobody, NobodyNamed.pointer)
            else:
                found[number] = customer
    return dict(sorted(found.items()))


def _event(told: EventIn, customer: UUID, actor: Actor) -> NewEvent:
    return NewEvent(
        type=told.type,
        actor=actor,
        source=told.source,
        occurred_at=told.occurred_at,
        customer_id=customer,
        payload=told.payload,
        key=told.key,
    )


def _refused(error: DomainError, pointer: str) -> EventOfManyOut:
    return EventOfManyOut(outcome="refused", code=error.code, message=error.message, pointer=pointer)
