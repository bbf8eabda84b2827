"""React to what happens to orders, to what programs tell of customers, and to their profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from uuid import UUID

from django.utils import timezone

from regulars.customers.contracts import Profile
from regulars.customers.queries import NoSuchCustomer, get_customer
from regulars.loyalty.adjudication.occasions import Told, became_known, happened, is_own
from regulars.loyalty.adjudication.programs import list_triggers
from regulars.loyalty.adjudication.services import adjudicate_orders, may_concern
from regulars.loyalty.definitions.document.rules import OnEvent, OnProfile
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
    """Adjudicate the orders that events are of, as they are by now; who was told of by `put_order` is done already.

    Most orders of a shop may be of no member: those are passed over by what the events say, before they are read.
    """
    told = [(UUID(event.payload["order_id"]), event) for event in events]
    back = {order_id for order_id, event in told if event.type in _COMES_BACK}
    concerning = may_concern([(order_id, event.customer_id) for order_id, event in told])
    adjudicate_orders(order_ids=back | concerning, now=timezone.now(), actor=_LOYALTY)


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
    now = timezone.now()
    fields = {trigger.field for trigger in list_triggers() if isinstance(trigger, OnProfile)}
    for event in events:
        if event.customer_id is None:
            continue
        told = Told(
            id=event.id,
            type=event.type,
            customer_id=event.customer_id,
            occurred_at=event.occurred_at,
            payload=event.payload,
        )
        happened(event=told, now=now, actor=_LOYALTY)
        if event.type in PROFILES_CHANGED and (known := _known(event, fields)):
            became_known(customer_id=event.customer_id, fields=known, at=event.occurred_at, now=now, actor=_LOYALTY)


def _known(event: Event, fields: set[str]) -> set[str]:
    """Return the fields that an event tells, as far as rules wait for them, of which something is known by now."""
    try:
        customer = get_customer(event.customer_id) if event.customer_id else None
    except NoSuchCustomer:
        return set()
    if customer is None:
        return set()
    # Who is new tells all that is known.
    told = fields
    if event.type == "customer.changed":
        told = {str(name).removeprefix("traits.") for name in event.payload.get("fields", ())}
    values = {**customer.traits, **{name: getattr(customer, name) for name in _PROFILE}}
    return {name for name in fields & told if values.get(name) not in {None, ""} and values[name] != []}
