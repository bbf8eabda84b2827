"""Facts: a row for each customer of whom a condition is true, with the facts that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.customers.contracts import Customer
from regulars.customers.queries import count_customers_by_id, list_customers_by_id
from regulars.customers.questions import read_condition, setting_of, understand
from regulars.exports.kinds.protocol import Amount, Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.facts import asking
from regulars.facts.contracts import Fact, FactType
from regulars.facts.language.binding import Setting, find_fact
from regulars.kit.classification import may_see
from regulars.kit.ids import new_id

_TYPES: Mapping[FactType, ColumnType] = {
    FactType.INTEGER: ColumnType.INTEGER,
    FactType.NUMBER: ColumnType.NUMBER,
    FactType.FRACTION: ColumnType.NUMBER,
    FactType.MONEY: ColumnType.MONEY,
    FactType.BOOLEAN: ColumnType.BOOLEAN,
    FactType.TEXT: ColumnType.TEXT,
    FactType.CHOICE: ColumnType.TEXT,
    FactType.TEXTS: ColumnType.TEXTS,
    FactType.DAY: ColumnType.DAY,
    FactType.MOMENT: ColumnType.MOMENT,
}


@dataclass(frozen=True, slots=True)
class Known:
    """A customer who was looked at; None is known where the condition is not true."""

    customer: Customer
    values: Mapping[str, Any] | None


class FactsKind:
    """What is known of customers, by the catalogue of facts."""

    takes = frozenset({"source", "since", "condition", "facts"})

    def settle(self, chosen: Chosen) -> Settled:
        """Settle condition, columns and the moment by which both are told; and the end, since ids grow.

        Raises
        ------
        WrongCondition
            The condition cannot be meant, or there is no such fact, or none that one may see.
        """
        business = get_business()
        setting = setting_of(business, now=chosen.now, sees_sensitive=chosen.sees_sensitive)
        if chosen.condition:
            understand(read_condition(chosen.condition), setting)
        known = [find_fact(name, setting.catalogue, f"/facts/{at}") for at, name in enumerate(chosen.facts)]
        known = known or _told_to_all(setting)
        return {
            "until": str(new_id()),
            "condition": chosen.condition,
            "facts": [fact.name for fact in known],
            "types": {fact.name: fact.type.value for fact in known},
            "currency": business.reporting_currency,
            "now": chosen.now.isoformat(),
            "sees_sensitive": chosen.sees_sensitive,
        }

    def columns(self, settled: Settled) -> Sequence[Column]:
        """Return who it is, and the facts."""
        types = settled["types"]
        facts = [Column(name, _TYPES[FactType(types[name])]) for name in settled["facts"]]
        return [*texts("regulars_id", "name", "email", "phone"), *facts]

    def count(self, wanted: Wanted) -> int:
        """Return how many customers are looked at."""
        return count_customers_by_id(until=UUID(wanted.settled["until"]), source=wanted.source, since=wanted.since)

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Known]:
        """Return customers by id; of those of whom the condition is true, what is known.

        Raises
        ------
        WrongCondition
            It cannot be meant any more, as where a trait is gone, or who asked may not see it any more.
        TookTooLong
            It was given up.
        """
        found = list_customers_by_id(
            limit=limit,
            after=UUID(str(after[0])) if after else None,
            until=UUID(wanted.settled["until"]),
            source=wanted.source,
            since=wanted.since,
        )
        known = _values([each.id for each in found], wanted.settled)
        return [Known(each, known.get(each.id)) for each in found]

    def place_of(self, item: Known) -> Place:
        """Return the id."""
        return [str(item.customer.id)]

    def rows_of(self, items: Sequence[Known], wanted: Wanted) -> Iterable[Sequence[Value]]:
        """Yield a row for each of whom the condition is true."""
        settled = wanted.settled
        amounts = {name for name, kind in settled["types"].items() if kind == FactType.MONEY}
        for item in items:
            if item.values is None:
                continue
            values = [
                Amount(value, settled["currency"]) if name in amounts and value is not None else value
                for name, value in ((name, item.values.get(name)) for name in settled["facts"])
            ]
            customer = item.customer
            yield [str(customer.id), customer.name, customer.email, customer.phone, *values]

    def objects_of(self, items: Sequence[Known], wanted: Wanted) -> Iterable[Mapping[str, Any]]:  # noqa: ARG002
        """Yield customers of whom the condition is true as the API tells them; money in minor units."""
        for item in items:
            if item.values is not None:
                yield {"customer_id": item.customer.id, "facts": item.values}


def _told_to_all(setting: Setting) -> list[Fact]:
    """Return the facts that a file holds where none is named; who wants what is sensitive says so."""
    facts = setting.catalogue.facts.values()
    return [fact for fact in facts if fact.source and may_see(fact.classification, sees_sensitive=False)]


def _values(ids: Sequence[UUID], settled: Settled) -> Mapping[UUID, Mapping[str, Any]]:
    """Return what is known of those customers of whom the condition is true, as of the moment of asking."""
    sees_sensitive = settled.get("sees_sensitive", False)
    setting = setting_of(get_business(), now=datetime.fromisoformat(settled["now"]), sees_sensitive=sees_sensitive)
    if ids and settled["condition"]:
        ids = asking.choose(understand(read_condition(settled["condition"]), setting), ids, setting=setting)
    # A trait that is gone since, or became sensitive, leaves its column empty.
    names = [name for name in settled["facts"] if name in setting.catalogue.facts]
    return asking.read_values(names, ids, setting=setting) if ids else {}
