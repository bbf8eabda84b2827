"""Find or add the customers that identifiers name, for many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from regulars.business.queries import get_business
from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.customers.identifiers import normalise, search_words
from regulars.customers.models import Customer as CustomerRow
from regulars.kit.ids import new_id
from regulars.kit.sqlfile import read_statements
from regulars.kit.text import words
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

STATEMENTS = read_statements(Path(__file__).parent / "sql" / "customers.sql")
_WEIGHT = {kind: number for number, kind in enumerate(IdentifierKind)}
# What a profile is made of, beside its traits.
FIELDS = ("name", "given_name", "family_name", "birthday", "language", "country", "city", "postcode")


class Resolution:
    """One run over some people."""

    def __init__(
        self, people: Sequence[tuple[Sequence[Identifier], Profile]], *, source: str, now: datetime, actor: Actor
    ) -> None:
        country = get_business().country
        self._people = [(_normalised(identifiers, country), profile) for identifiers, profile in people]
        self._source, self._now, self._actor = source, now, actor
        self._owner: dict[Identifier, UUID] = {}
        self._new: dict[UUID, Profile] = {}
        self._attached: list[tuple[UUID, Identifier]] = []
        self._told: dict[UUID, Profile] = {}

    def run(self) -> list[UUID | None]:
        """Return the customer of each of the people."""
        named = {identifier for identifiers, _ in self._people for identifier in identifiers}
        self._owner.update(_find(named))
        if unknown := named - self._owner.keys():
            # Somebody else may be adding the same person: wait for them, and look again.
            _run("lock_identifiers", _columns(unknown))
            self._owner.update(_find(unknown))
        answer = [self._one(identifiers, profile) for identifiers, profile in self._people]
        self._write()
        return answer

    def _one(self, identifiers: Sequence[Identifier], profile: Profile) -> UUID | None:
        if not identifiers:
            return None
        owners = [self._owner[identifier] for identifier in identifiers if identifier in self._owner]
        customer = owners[0] if owners else new_id()
        if not owners:
            self._new[customer] = profile
        else:
            self._told[customer] = profile
        for identifier in identifiers:
            if identifier not in self._owner:
                self._owner[identifier] = customer
                self._attached.append((customer, identifier))
        return customer

    def _write(self) -> None:
        if self._new:
            self._insert()
        changed = self._fill({each: profile for each, profile in self._told.items() if each not in self._new})
        if self._attached:
            _run(
                "insert_identifiers",
                {
                    "customer_ids": [customer for customer, _ in self._attached],
                    "now": self._now,
                    **_columns(identifier for _, identifier in self._attached),
                },
            )
        grown = {customer for customer, _ in self._attached if customer not in self._new}
        refresh_words(sorted(grown | changed.keys()))
        events: list[tuple[UUID, str, dict[str, list[str]]]] = [(each, "customer.created", {}) for each in self._new]
        events += [(each, "customer.changed", {"fields": fields}) for each, fields in changed.items()]
        append(
            [
                NewEvent(
                    type=kind,
                    actor=self._actor,
                    source=self._source,
                    occurred_at=self._now,
                    customer_id=customer,
                    payload=payload,
                )
                for customer, kind, payload in events
            ],
            now=self._now,
        )

    def _insert(self) -> None:
        names: dict[UUID, list[Identifier]] = {each: [] for each in self._new}
        for customer, identifier in self._attached:
            if customer in names:
                names[customer].append(identifier)
        profiles = list(self._new.values())
        _run(
            "insert_customers",
            {
                "now": self._now,
                "ids": list(self._new),
                "names": [display_name(profile) for profile in profiles],
                "given_names": [profile.given_name or "" for profile in profiles],
                "family_names": [profile.family_name or "" for profile in profiles],
                "birthdays": [profile.birthday for profile in profiles],
                "languages": [profile.language or "" for profile in profiles],
                "countries": [profile.country or "" for profile in profiles],
                "cities": [profile.city or "" for profile in profiles],
                "postcodes": [profile.postcode or "" for profile in profiles],
                "traits": [json.dumps(profile.traits) for profile in profiles],
                "words": [
                    " ".join(words_of(display_name(profile), names[customer]))
                    for customer, profile in self._new.items()
                ],
            },
        )

    def _fill(self, told: dict[UUID, Profile]) -> dict[UUID, list[str]]:
        """Fill what is empty of known customers; return the fields that changed of each."""
        speaking = {each: profile for each, profile in told.items() if _says_something(profile)}
        changed: dict[UUID, list[str]] = {}
        rows = CustomerRow.objects.in_bulk(list(speaking))
        for customer, row in rows.items():
            fields = [name for name in FIELDS if not getattr(row, name) and getattr(speaking[customer], name)]
            for name in fields:
                setattr(row, name, getattr(speaking[customer], name))
            if not row.name and (name := display_name(speaking[customer])):
                row.name = name
                fields.append("name")
            if fields:
                row.updated_at = self._now
                changed[customer] = fields
        if changed:
            CustomerRow.objects.bulk_update([rows[each] for each in sorted(changed)], [*FIELDS, "updated_at"])
        return changed


def display_name(profile: Profile) -> str:
    """Return the name to show: the one told, or the parts of it."""
    return profile.name or " ".join(part for part in (profile.given_name, profile.family_name) if part)


def words_of(name: str, identifiers: Iterable[Identifier]) -> list[str]:
    """Return the words under which a customer is found."""
    found = [*words(name), *(word for identifier in identifiers for word in search_words(identifier))]
    return sorted(set(found))


def refresh_words(customer_ids: Sequence[UUID]) -> None:
    """Keep anew the words under which some customers are found."""
    if not customer_ids:
        return
    rows = CustomerRow.objects.prefetch_related("identifiers").in_bulk(list(customer_ids)).values()
    _run(
        "set_words",
        {
            "ids": [row.id for row in rows],
            "words": [
                " ".join(
                    words_of(
                        f"{row.name} {row.given_name} {row.family_name}",
                        [
                            Identifier(IdentifierKind(each.kind), each.value, each.source)
                            for each in row.identifiers.all()
                        ],
                    )
                )
                for row in rows
            ],
        },
    )


def _normalised(identifiers: Sequence[Identifier], country: str) -> list[Identifier]:
    """Return the identifiers that name somebody, the weightiest first."""
    kept = {found for identifier in identifiers if (found := normalise(identifier, country))}
    return sorted(kept, key=lambda each: (_WEIGHT[each.kind], each.source, each.value))


def _says_something(profile: Profile) -> bool:
    return any(getattr(profile, name) for name in FIELDS)


def _find(identifiers: Iterable[Identifier]) -> dict[Identifier, UUID]:
    wanted = sorted(identifiers, key=lambda each: (each.kind, each.source, each.value))
    if not wanted:
        return {}
    return {wanted[number - 1]: customer for number, customer in _run("find_identifiers", _columns(wanted))}


def _columns(identifiers: Iterable[Identifier]) -> dict[str, list[str]]:
    listed = list(identifiers)
    return {
        "kinds": [each.kind.value for each in listed],
        "values": [each.value for each in listed],
        "sources": [each.source for each in listed],
    }


def _run(name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name].sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []
