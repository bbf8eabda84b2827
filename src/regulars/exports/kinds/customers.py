"""Customers: one row each, with the columns that an import of customers recognises, and the traits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from regulars.customers.contracts import Customer, IdentifierKind, TraitKind
from regulars.customers.queries import count_customers_by_id, list_customers_by_id, list_seen_traits
from regulars.exports.kinds.protocol import Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.kit.ids import new_id

PROFILE = ("name", "given_name", "family_name", "birthday", "language", "country", "city", "postcode")
COLUMNS = (
    *texts("customer_id", "source", "email", "phone", "card"),
    *(Column(name, ColumnType.DAY if name == "birthday" else ColumnType.TEXT) for name in PROFILE),
    Column("tags", ColumnType.TEXTS),
    Column("customer_since", ColumnType.MOMENT),
    *texts("regulars_id"),
)
_TYPES: Mapping[str, ColumnType] = {
    TraitKind.TEXT: ColumnType.TEXT,
    TraitKind.NUMBER: ColumnType.NUMBER,
    TraitKind.BOOLEAN: ColumnType.BOOLEAN,
    TraitKind.DATE: ColumnType.DAY,
    TraitKind.CHOICE: ColumnType.TEXT,
    TraitKind.CHOICES: ColumnType.TEXTS,
}
_NAMES = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CARD)


class CustomersKind:
    """Customers, without those that were merged into another."""

    takes = frozenset({"source", "since"})

    def settle(self, chosen: Chosen) -> Settled:
        """Settle the traits that one may see; and the end, since ids grow: who comes later is not in the file."""
        traits = list_seen_traits(sees_sensitive=chosen.sees_sensitive)
        kinds = {trait.key: trait.kind.value for trait in traits}
        return {"until": str(new_id()), "traits": [trait.key for trait in traits], "kinds": kinds}

    def columns(self, settled: Settled) -> Sequence[Column]:
        """Return the columns."""
        kinds = settled.get("kinds", {})
        return [*COLUMNS, *(Column(key, _TYPES[kinds.get(key, TraitKind.TEXT)]) for key in settled["traits"])]

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

    def rows_of(self, items: Sequence[Customer], wanted: Wanted) -> Iterable[Sequence[Value]]:
        """Yield a row for each; of several names of a kind it holds the first, as of several sources' numbers."""
        traits, kinds = wanted.settled["traits"], wanted.settled.get("kinds", {})
        days = {key for key in traits if kinds.get(key) == TraitKind.DATE}
        for item in items:
            number = number_at(item, wanted.source)
            known_as = [
                first_of(item, kind) for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CARD)
            ]
            profile = [getattr(item, name) for name in PROFILE]
            yield [
                *(number or ("", "")),
                *known_as,
                *profile,
                item.tags,
                item.created_at,
                str(item.id),
                *(_day(item.traits.get(key)) if key in days else item.traits.get(key) for key in traits),
            ]

    def objects_of(self, items: Sequence[Customer], wanted: Wanted) -> Iterable[Mapping[str, Any]]:
        """Yield all that is known of each customer, of traits those that were settled."""
        settled = wanted.settled["traits"]
        for item in items:
            traits = {key: item.traits[key] for key in settled if key in item.traits}
            yield asdict(replace(item, traits=traits))


def number_at(customer: Customer, source: str | None) -> tuple[str, str] | None:
    """Return a customer's number at a source (at any, where none is given), and the source."""
    for each in customer.identifiers:
        if each.kind is IdentifierKind.EXTERNAL_ID and source in {None, each.source}:
            return each.value, each.source
    return None


def first_of(customer: Customer, kind: IdentifierKind) -> str:
    """Return the first name of a kind that a customer goes by."""
    return next((each.value for each in customer.identifiers if each.kind is kind), "")


def _day(kept: Any) -> date | None:
    """Return the day that a trait is kept as."""
    return date.fromisoformat(kept) if isinstance(kept, str) else None
