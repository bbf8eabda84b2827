"""Find or add the customers that identifiers name, and keep what is told of them; for many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.customers.finding_words import keep_words, kinds_of, refresh_words, words_of
from regulars.customers.identifiers import WEIGHT, normalise
from regulars.customers.locking import lock_customers
from regulars.customers.models import Customer as CustomerRow
from regulars.customers.statements import rows_of
from regulars.kit.ids import new_id
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

# What a profile is made of, beside its traits.
FIELDS = ("name", "given_name", "family_name", "birthday", "language", "country", "city", "postcode")


class Resolution:
    """One run over some people.

    A customer's id that identifiers lead to is the one they belong to, also after it was merged into another: what is
    kept under it goes with it if the merge is undone. What is told of the person is kept with the survivor.
    """

    def __init__(
        self,
        people: Sequence[Person],
        *,
        overwrite: bool,
        source: str,
        now: datetime,
        actor: Actor,
        attach_to: UUID | None = None,
    ) -> None:
        country = get_business().country if any(map(_has_phone, people)) else ""
        self._people = [(_normalised(person.identifiers, country), person) for person in people]
        self._overwrite, self._attach_to = overwrite, attach_to
        self._source, self._now, self._actor = source, now, actor
        self._owner: dict[Identifier, UUID] = {}
        self._survivor: dict[UUID, UUID] = {}
        self._attached: list[tuple[UUID, Identifier]] = []
        self._told: dict[UUID, Profile] = {}
        self._since: dict[UUID, datetime] = {}
        self._earlier: dict[UUID, datetime] = {}
        self.new: dict[UUID, Profile] = {}
        self.changed: dict[UUID, list[str]] = {}

    def run(self) -> list[UUID | None]:
        """Return the customer of each of the people; None for one whom nothing names."""
        named = {identifier for identifiers, _ in self._people for identifier in identifiers}
        self._find(named)
        if unknown := named - self._owner.keys():
            # Somebody else may be adding the same person: wait for them, and look again.
            rows_of("lock_identifiers", _columns(unknown))
            self._find(unknown)
        answer = [self._one(identifiers, person) for identifiers, person in self._people]
        self._write()
        return answer

    def survivor_of(self, customer_id: UUID) -> UUID:
        """Return where a customer that was found leads."""
        return self._survivor.get(customer_id, customer_id)

    def _find(self, identifiers: Iterable[Identifier]) -> None:
        wanted = sorted(identifiers, key=lambda each: (each.kind, each.source, each.value))
        if not wanted:
            return
        for number, owner, survivor, since in rows_of("find_identifiers", _columns(wanted)):
            self._owner[wanted[number - 1]] = owner
            self._survivor[owner] = survivor
            self._since[owner] = since

    def _one(self, identifiers: Sequence[Identifier], person: Person) -> UUID | None:
        profile = person.profile
        if not identifiers:
            return None
        owners = [self._owner[identifier] for identifier in identifiers if identifier in self._owner]
        customer = owners[0] if owners else self._attach_to or new_id()
        if not owners and customer != self._attach_to:
            self.new[customer] = profile
        elif customer in self.new:
            self.new[customer] = _over(self.new[customer], profile)
        else:
            self._note_told(self.survivor_of(customer), profile)
        for identifier in identifiers:
            if identifier not in self._owner:
                self._owner[identifier] = customer
                self._attached.append((customer, identifier))
        self._note_since(customer, min(person.since or self._now, self._now))
        return customer

    def _note_told(self, customer: UUID, profile: Profile) -> None:
        if _says_something(profile):
            self._told[customer] = _over(self._told[customer], profile) if customer in self._told else profile

    def _note_since(self, customer: UUID, since: datetime) -> None:
        if since < self._since.setdefault(customer, since):
            self._since[customer] = since
            if customer not in self.new:
                self._earlier[customer] = since

    def _write(self) -> None:
        if self.new:
            self._insert()
        self.changed = self._tell(lock_customers(self._known()))
        if self._earlier:
            rows_of("set_since", {"ids": list(self._earlier), "sinces": list(self._earlier.values())})
        if self._attached:
            rows_of(
                "insert_identifiers",
                {
                    "customer_ids": [customer for customer, _ in self._attached],
                    "now": self._now,
                    **_columns(identifier for _, identifier in self._attached),
                },
            )
        for customer, _ in self._attached:
            if customer not in self.new:
                fields = self.changed.setdefault(self.survivor_of(customer), [])
                fields += [] if "identifiers" in fields else ["identifiers"]
        refresh_words(self.changed)
        events: list[tuple[UUID, str, dict[str, list[str]]]] = [(each, "customer.created", {}) for each in self.new]
        events += [(each, "customer.changed", {"fields": fields}) for each, fields in self.changed.items()]
        append(
            [
                NewEvent(
                    type=kind,
                    actor=self._actor,
                    source=self._source,
                    occurred_at=self._since[customer] if customer in self.new else self._now,
                    customer_id=customer,
                    payload=payload,
                )
                for customer, kind, payload in events
            ],
            now=self._now,
        )

    def _insert(self) -> None:
        names: dict[UUID, list[Identifier]] = {each: [] for each in self.new}
        for customer, identifier in self._attached:
            if customer in names:
                names[customer].append(identifier)
        profiles = list(self.new.values())
        columns = {
            "names": [display_name(profile) for profile in profiles],
            "given_names": [profile.given_name or "" for profile in profiles],
            "family_names": [profile.family_name or "" for profile in profiles],
            "birthdays": [profile.birthday for profile in profiles],
            "languages": [profile.language or "" for profile in profiles],
            "countries": [profile.country or "" for profile in profiles],
            "cities": [profile.city or "" for profile in profiles],
            "postcodes": [profile.postcode or "" for profile in profiles],
            "traits": [json.dumps(dict(profile.traits)) for profile in profiles],
            "kinds": [kinds_of(names[each]) for each in self.new],
        }
        sinces = [self._since[each] for each in self.new]
        rows_of("insert_customers", {"now": self._now, "ids": list(self.new), "sinces": sinces, **columns})
        keep_words({each: words_of(_all_names(told), names[each]) for each, told in self.new.items()})

    def _known(self) -> set[UUID]:
        """Return the customers who were there, and of whom something may change."""
        attached = {self.survivor_of(customer) for customer, _ in self._attached if customer not in self.new}
        return attached | self._told.keys() | self._earlier.keys()

    def _tell(self, rows: Mapping[UUID, CustomerRow]) -> dict[UUID, list[str]]:
        """Keep what is told of known customers; return which fields changed of each."""
        changed: dict[UUID, list[str]] = {}
        for customer, profile in self._told.items():
            if customer in rows and (fields := tell(rows[customer], profile, overwrite=self._overwrite)):
                rows[customer].updated_at = self._now
                changed[customer] = fields
        CustomerRow.objects.bulk_update([rows[each] for each in sorted(changed)], [*FIELDS, "traits", "updated_at"])
        return changed


def tell(row: CustomerRow, profile: Profile, *, overwrite: bool) -> list[str]:
    """Give a row what a profile says: all of it, or only what is empty; return which fields changed."""
    told: dict[str, Any] = {name: value for name in FIELDS if (value := getattr(profile, name)) is not None}
    if "name" not in told and (overwrite or not row.name) and (name := display_name(profile)):
        told["name"] = name
    fields = [
        name
        for name, value in told.items()
        if value != getattr(row, name) and (overwrite or (value and not getattr(row, name)))
    ]
    for name in fields:
        setattr(row, name, told[name])
    for key, value in profile.traits.items():
        if row.traits.get(key) != value and (overwrite or key not in row.traits):
            row.traits = _with_trait(row.traits, key, value)
            fields.append(f"traits.{key}")
    return fields


def _with_trait(traits: Mapping[str, Any], key: str, value: object) -> dict[str, Any]:
    kept = {name: each for name, each in traits.items() if name != key}
    return kept if value is None else kept | {key: value}


def display_name(profile: Profile) -> str:
    """Return the name to show: the one told, or the parts of it."""
    return profile.name or " ".join(part for part in (profile.given_name, profile.family_name) if part)


def _all_names(profile: Profile) -> str:
    return " ".join(part for part in (profile.name, profile.given_name, profile.family_name) if part)


def _over(first: Profile, second: Profile) -> Profile:
    """Return what two tellings of one person say; the second where they differ."""
    told = {name: value for name in FIELDS if (value := getattr(second, name)) is not None}
    kept = {name: getattr(first, name) for name in FIELDS}
    return Profile(**(kept | told), traits={**first.traits, **second.traits})


def _says_something(profile: Profile) -> bool:
    return bool(profile.traits) or any(getattr(profile, name) is not None for name in FIELDS)


def _has_phone(person: Person) -> bool:
    """Tell whether a person's names hold one that is read by the business's country."""
    return any(identifier.kind is IdentifierKind.PHONE for identifier in person.identifiers)


def _normalised(identifiers: Sequence[Identifier], country: str) -> list[Identifier]:
    """Return the identifiers that name somebody, the weightiest first."""
    kept = {found for identifier in identifiers if (found := normalise(identifier, country))}
    return sorted(kept, key=lambda each: (WEIGHT[each.kind], each.source, each.value))


def _columns(identifiers: Iterable[Identifier]) -> dict[str, list[str]]:
    listed = list(identifiers)
    return {
        "kinds": [each.kind.value for each in listed],
        "values": [each.value for each in listed],
        "sources": [each.source for each in listed],
    }
