"""Customers: one row each, with the columns that an import of customers recognises, and the traits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from regulars.customers.contracts import Customer, IdentifierKind
from regulars.customers.queries import count_customers_by_id, list_customers_by_id, list_traits
from regulars.exports.kinds.protocol import Cell, Place, Settled, Wanted
from regulars.kit.ids import new_id

PROFILE = ("name", "given_name", "family_name", "birthday", "language", "country", "city", "postcode")
COLUMNS = ("customer_id", "source", "email", "phone", "card", *PROFILE, "tags", "customer_since", "regulars_id")
_NAMES = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CARD)


class CustomersKind:
    """Customers, without those that were merged into another."""

    def settle(self) -> Settled:
        """Settle the traits; and the end, since ids grow: who comes later is not in the file."""
        return {"until": str(new_id()), "traits": [trait.key for trait in list_traits()]}

    def columns(self, settled: Settled) -> Sequence[str]:
        """Return the columns."""
        return [*COLUMNS, *settled["traits"]]

    def count(self, wanted: Wanted) -> int:
        """Return how many customers there are."""
        return count_customers_by_id(until=UUID(wanted.settled["until"]), source=wanted.source, since=wanted.since)

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Customer]:
        """Return customers by id."""
        return list_customers_by_id(
            limit=limit,
            after=UUID(str(after[0])) if after else None,
            until=UUID(wanted.settled["until"]),
            source=wanted.source,
            since=wanted.since,
        )

    def place_of(self, item: Customer) -> Place:
        """Return the id."""
        return [str(item.id)]

    def rows_of(self, items: Sequence[Customer], wanted: Wanted) -> Iterable[Sequence[Cell]]:
        """Yield a row for each; of several names of a kind it holds the first, as of several sources' numbers."""
        for item in items:
            number = number_at(item, wanted.source)
            known_as = [
                first_of(item, kind) for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CARD)
            ]
            profile = [str(value) if (value := getattr(item, name)) else "" for name in PROFILE]
            yield [
                *(number or ("", "")),
                *known_as,
                *profile,
                "|".join(item.tags),
                item.created_at.isoformat(),
                str(item.id),
                *(_trait_cell(item.traits.get(key)) for key in wanted.settled["traits"]),
            ]

    def object_of(self, item: Customer) -> Mapping[str, Any]:
        """Return all that is known of a customer."""
        return asdict(item)


def number_at(customer: Customer, source: str | None) -> tuple[str, str] | None:
    """Return a customer's number at a source (at any, where none is given), and the source."""
    for each in customer.identifiers:
        if each.kind is IdentifierKind.EXTERNAL_ID and source in {None, each.source}:
            return each.value, each.source
    return None


def first_of(customer: Customer, kind: IdentifierKind) -> str:
    """Return the first name of a kind that a customer goes by."""
    return next((each.value for each in customer.identifiers if each.kind is kind), "")


def _trait_cell(value: Any) -> Cell:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            return "|".join(map(str, value))
        case int() | float() | str():
            return value
    return str(value)
