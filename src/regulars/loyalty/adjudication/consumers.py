"""React to what happens to orders, to what programs tell of customers, and to their profiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields as fields_of
from uuid import UUID

from django.utils import timezone

from regulars.customers.contracts import Profile
from regulars.customers.queries import NoSuchCustomer, get_customer
from regulars.loyalty.adjudication.occasions import Occurred, is_own, of_event, of_field, set_off
from regulars.loyalty.adjudication.programs import list_triggers
from regulars.loyalty.adjudication.services import adjudicate_orders, may_concern
from regulars.loyalty.definitions.document.rules import OnEvent, OnProfile
from regulars.loyalty.ledger.members import find_members_among
from regulars.stream.contracts import Event, system

ORDERS_CHANGED = frozenset(
    f"order.{what}"
    for what in ("placed", "changed", "paid", "delivered", "returned", "cancelled", "reinstated", "converted")
)
# What hung on an order comes back with it, whoever bought.
_COMES_BACK = frozenset({"order.returned", "order.cancelled", "order.reinstated"})
PROFILES_CHANGED = frozenset({"customer.created", "customer.changed"})
_PROFILE = frozenset(each.name for each in fields_of(Profile)) - {"traits"}
_LOYALTY = system("loyalty")


def adjudicate(events: Sequence[Event]) -> None:
    """Adjudicate the orders that events are of, as they are by now; who was told of by `put_order` is done already."""
    adjudicate_orders(order_ids={_order_of(event) for event in events}, now=timezone.now(), actor=_LOYALTY)


def concerning(events: Sequence[Event]) -> list[Event]:
    """Return the events of orders that may concern a member: those of others are passed over, and never read.

    Most orders of a shop may be of no member.
    """
    needed = may_concern([(_order_of(event), event.customer_id) for event in events])
    return [event for event in events if event.type in _COMES_BACK or _order_of(event) in needed]


def _order_of(event: Event) -> UUID:
    return UUID(event.payload["order_id"])


def heard_occasions() -> frozenset[str]:
    """Return the types of events that can set off a rule of any published version, profiles among them.

    A type that a version brings is heard from its publication on: what happened before was before it was in force.
    """
    triggers = list_triggers()
    named = {trigger.event for trigger in triggers if isinstance(trigger, OnEvent) and not is_own(trigger.event)}
    profiles = PROFILES_CHANGED if any(isinstance(trigger, OnProfile) for trigger in triggers) else frozenset()
    return frozenset(named) | profiles


def hear_occasions(events: Sequence[Event]) -> None:
    """Let events of customers set rules off, and fields of their profiles that became known."""
    fields = {trigger.field for trigger in list_triggers() if isinstance(trigger, OnProfile)}
    set_off([each for event in events for each in _occurred(event, fields)], now=timezone.now(), actor=_LOYALTY)


def of_members(events: Sequence[Event]) -> list[Event]:
    """Return the events of customers who are, or were, members of any programme: nothing comes of the others."""
    members = find_members_among({event.customer_id for event in events if event.customer_id})
    return [event for event in events if event.customer_id in members]


def _occurred(event: Event, fields: set[str]) -> Iterator[Occurred]:
    """Yield what an event tells: itself, and the fields of which something is known by now."""
    if event.customer_id is None:
        return
    yield of_event(
        event_id=event.id,
        event_type=event.type,
        customer_id=event.customer_id,
        occurred_at=event.occurred_at,
        payload=event.payload,
    )
    if event.type in PROFILES_CHANGED:
        for name in sorted(_known(event, fields)):
            yield of_field(customer_id=event.customer_id, name=name, at=event.occurred_at)


def _known(event: Event, fields: set[str]) -> set[str]:
    """Return the fields that an event tells, as far as rules wait for them, of which something is known by now."""
    # Who is new tells all that is known.
    if event.type == "customer.changed":
        fields = fields & {str(name).removeprefix("traits.") for name in event.payload.get("fields", ())}
    if not fields or event.customer_id is None:
        return set()
    try:
        customer = get_customer(event.customer_id)
    except NoSuchCustomer:
        return set()
    values = {**customer.traits, **{name: getattr(customer, name) for name in _PROFILE}}
    return {name for name in fields if values.get(name) not in {None, ""} and values[name] != []}
