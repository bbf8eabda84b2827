"""Whose members are, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from regulars.customers.queries import list_customers, map_survivors
from regulars.kit.i18n import gettext
from regulars.loyalty.membership.roll import map_customers


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is, and where the page of its points stands; who was erased has none."""

    name: str
    address: str = ""


def people_of(member_ids: Collection[UUID]) -> Mapping[UUID, Person]:
    """Return who members are, in few statements however many there are."""
    customers = map_customers(member_ids) if member_ids else {}
    survivors = map_survivors(list(customers.values()))
    known = {each.id: each.label for each in list_customers(list(set(survivors.values())))}
    nobody = Person(gettext("Somebody who was erased"))
    found = {}
    for member_id in member_ids:
        customer_id = survivors.get(customers[member_id]) if member_id in customers else None
        if customer_id in known:
            address = reverse("console:customer.loyalty", args=[customer_id])
            found[member_id] = Person(known[customer_id], address)
        else:
            found[member_id] = nobody
    return found
