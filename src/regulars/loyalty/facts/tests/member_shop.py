"""What is asked of the facts of members, for their tests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.customers.questions import setting_of
from regulars.facts import asking
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.meaning import Meaning
from regulars.facts.language.parser import parse
from regulars.stream.models import Event as EventRow
from regulars.stream.statements import event_of

_COLUMNS = (
    *("id", "type", "customer_id", "actor", "source", "occurred_at", "received_at", "payload"),
    *("transaction", "position"),
)


def at(now: datetime) -> Setting:
    return setting_of(get_business(), now=now)


def loyalty_names(setting: Setting) -> list[str]:
    return [name for name in setting.catalogue.facts if name.startswith("loyalty.")]


def known(customer_ids: Collection[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """Return what is known by their membership of some customers, by what stands after `loyalty.`, in SQL."""
    setting = at(now)
    found = asking.read_values(loyalty_names(setting), list(customer_ids), setting=setting)
    return {
        identity: {name.removeprefix("loyalty."): value for name, value in values.items()}
        for identity, values in found.items()
    }


def fact(customer_id: UUID, name: str, now: datetime) -> Any:
    return known([customer_id], now)[customer_id][name]


def meant(text: str, now: datetime) -> Meaning:
    return bind(parse(text).tree, at(now))


def tell_consumer() -> None:
    """Hand all that has happened to the subscription that keeps the rows."""
    [subscription] = [each for each in SUBSCRIPTIONS if each.name == "loyalty.facts"]
    rows = EventRow.objects.order_by("transaction", "position").values_list(*_COLUMNS)
    subscription.handler([event for event in map(event_of, rows) if event.type in subscription.types])
