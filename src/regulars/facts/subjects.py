"""Read from the database what the interpreter in memory has to know of a few customers.

What stands in the text comes from declarations of ours (tables, columns), never from whoever asks: S608 is answered so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.facts import reading
from regulars.facts.contracts import Catalogue, Fact, Ground, History, Occurrences
from regulars.facts.interpreters.memory import Occurrence, Subject
from regulars.facts.interpreters.sql import Compiler
from regulars.facts.language.binding import Setting
from regulars.facts.language.moments import Bounds
from regulars.facts.needs import Needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# Of one customer: of one kind of occurrences, of all events asked for together, or of the changes in one table.
MOST_HAPPENED = 5_000
MILLISECONDS = 5_000


class TooMuchHappened(DomainError):
    """More has happened to a customer than is judged in memory."""

    code = "too_much_happened"


def read_subjects(
    needs: Needs, customer_ids: Sequence[UUID], *, setting: Setting, at: datetime, measured: bool = False
) -> dict[UUID, Subject]:
    """Return some customers as `judge` knows them: all that conditions of these needs ask for, and no more.

    What happened up to `at` is there, so conditions may be judged by that clock or an earlier one; facts are as they
    stand now, and all is as other transactions have committed it. Where they are to be `measured`, those that are
    counted of what happened, as `orders.count`, are counted of what did up to `at`. What happened to customers who were
    merged is their survivor's. Who was merged, or is not there, is left out.

    Nothing is left out where much has happened, since an answer by a part of it would be wrong. Where more than
    `MOST_HAPPENED` is to be read of one customer, nobody is returned; `asking.choose` still answers, in the database.

    One statement reads all facts; one more is asked for each kind of occurrences, for events, and for each table of
    changes.

    Raises
    ------
    TooMuchHappened
        More has happened to one of them than `MOST_HAPPENED`.
    TookTooLong
        It was given up.
    NotOfCustomers
        A fact is known of a cart or event only.
    KeyError
        The catalogue has no such fact, or none of such occurrences.
    """
    if not customer_ids:
        return {}
    catalogue = setting.catalogue
    with reading.bounded(MILLISECONDS):
        facts, survivors = _facts(sorted(needs.facts), customer_ids, setting, at if measured else None)
        happened = _Happened(survivors, at)
        occurrences = {name: happened.occurrences(_named(name, catalogue)) for name in sorted(needs.occurrences)}
        events = happened.events(sorted(needs.events), catalogue.ground) if needs.events else {}
        changes = _changes([catalogue.facts[name] for name in sorted(needs.history)], list(facts))
    return {
        identity: Subject(
            id=identity,
            facts=known,
            occurrences={name: found[identity] for name, found in occurrences.items() if identity in found},
            events=events.get(identity, {}),
            history=changes.get(identity, {}),
        )
        for identity, known in facts.items()
    }


def _named(name: str, catalogue: Catalogue) -> Occurrences:
    """Return the occurrences of a name, which are declared with the facts that are counted of them."""
    declared = (fact.aggregate.occurrences for fact in catalogue.facts.values() if fact.aggregate)
    return {each.name: each for each in declared}[name]


def _facts(
    names: Sequence[str], customer_ids: Sequence[UUID], setting: Setting, until: datetime | None
) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, UUID]]:
    """Return the facts of those who are there, and of all ids that lead to them to whom each does."""
    ground = setting.catalogue.ground
    compiler = Compiler(ground, setting.clock, among=True)
    merged = f"SELECT merged.customer_id FROM {ground.aliases} AS merged"  # noqa: S608
    known_as = f"ARRAY({merged} WHERE merged.survivor_id = {compiler.identity})"
    bounds = Bounds(low=None, high=until + timedelta.resolution) if until else None
    columns = [
        compiler.measured(fact, fact.aggregate, bounds) if bounds and fact.aggregate else compiler.value(_as_kept(fact))
        for fact in (setting.catalogue.facts[name] for name in names)
    ]
    sql = compiler.select(", ".join([compiler.identity, known_as, *columns]))
    facts, survivors = dict[UUID, dict[str, Any]](), dict[UUID, UUID]()
    for identity, others, *values in reading.rows(sql, compiler.parameters | {"among": list(customer_ids)}):
        facts[identity] = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        survivors |= dict.fromkeys([identity, *others], identity)
    return facts, survivors


def _as_kept(fact: Fact) -> Fact:
    """Return a fact whose value is what its column holds: `judge` counts the days, and says what absence means."""
    return replace(fact, counts=None, missing=None)


@dataclass(frozen=True, slots=True)
class _Happened:
    """Reads what happened to some customers up to a moment, under any of the ids that lead to them."""

    survivors: Mapping[UUID, UUID]
    until: datetime

    def occurrences(self, kind: Occurrences) -> dict[UUID, list[Occurrence]]:
        """Return the occurrences of each, with all that they say of themselves."""
        found = self._read(kind, [f"({each.expression})" for each in kind.properties.values()])
        return {
            identity: [Occurrence(at, dict(zip(kind.properties, values, strict=True))) for at, *values in rows]
            for identity, rows in found.items()
        }

    def events(self, types: Sequence[str], ground: Ground) -> dict[UUID, dict[str, list[Occurrence]]]:
        """Return the events of each by type, with their payloads."""
        kind = Occurrences(
            name="events",
            table=ground.events,
            customer="customer_id",
            at="occurred_at",
            condition="happened.type = ANY(%(types)s::text[])",
            properties={},
        )
        found: dict[UUID, dict[str, list[Occurrence]]] = {}
        for identity, rows in self._read(kind, ["happened.type", "happened.payload::text"], types=list(types)).items():
            for at, event, payload in rows:
                found.setdefault(identity, {}).setdefault(event, []).append(Occurrence(at, _payload(payload)))
        return found

    def _read(self, kind: Occurrences, told: Sequence[str], **parameters: Any) -> dict[UUID, list[reading.Row]]:
        """Return by customer when each happened, and what is told of it."""
        columns = ", ".join([f"happened.{kind.customer}", f"happened.{kind.at}", *told])
        sql = (
            f"SELECT {columns} FROM {kind.table} AS happened"  # noqa: S608
            f" WHERE happened.{kind.customer} = ANY(%(known_as)s::uuid[])"
            f" AND happened.{kind.at} <= %(until)s::timestamptz AND ({kind.condition})"
        )
        known = {"known_as": list(self.survivors), "until": self.until}
        return _by_customer(sql, known | parameters, self.survivors)


def _payload(text: str) -> Any:
    """Return what an event says. Its numbers are exact and of any length, as they are where SQL compares them."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _changes(facts: Sequence[Fact], ids: Sequence[UUID]) -> dict[UUID, dict[str, list[tuple[date, Any]]]]:
    """Return the changes of facts by customer and name; those of one table are read together."""
    tables: dict[tuple[str, str, str], list[tuple[Fact, History]]] = {}
    for fact in facts:
        history = fact.history
        if history is None:
            raise KeyError(fact.name)
        tables.setdefault((history.table, history.customer, history.on), []).append((fact, history))
    found: dict[UUID, dict[str, list[tuple[date, Any]]]] = {}
    for (table, customer, on), kept in tables.items():
        values = [_value(fact, history) for fact, history in kept]
        sql = (
            f"SELECT change.{customer}, change.{on}, {', '.join(values)} FROM {table} AS change"  # noqa: S608
            f" WHERE change.{customer} = ANY(%(ids)s::uuid[])"
        )
        for identity, rows in _by_customer(sql, {"ids": list(ids)}, {each: each for each in ids}).items():
            for place, (fact, _) in enumerate(kept, 1):
                found.setdefault(identity, {})[fact.name] = [(row[0], row[place]) for row in rows]
    return found


def _value(fact: Fact, history: History) -> str:
    return f"NULLIF(change.{history.value}, '')" if fact.blank_is_missing else f"change.{history.value}"


def _by_customer(
    sql: str, parameters: Mapping[str, Any], survivors: Mapping[UUID, UUID]
) -> dict[UUID, list[reading.Row]]:
    """Return the rows of a statement by whose they are, which their first column tells.

    Raises
    ------
    TooMuchHappened
        There are too many of one customer.
    """
    # Where there is one more than that, one of the customers has too many.
    most = MOST_HAPPENED * len(set(survivors.values())) + 1
    found: dict[UUID, list[reading.Row]] = {}
    for identity, *row in reading.rows(f"{sql} LIMIT %(most)s", {**parameters, "most": most}):
        found.setdefault(survivors[identity], []).append(tuple(row))
    if any(len(each) > MOST_HAPPENED for each in found.values()):
        raise TooMuchHappened(
            gettext("More than {most} things of one kind have happened to a customer.").format(most=MOST_HAPPENED)
        )
    return found
