"""Customers on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from regulars.customers.contracts import Customer, Identifier, IdentifierKind, Person, Profile, TagChange
from regulars.faces.api.schemas.wire import Country, In, Number, Out, Text


class IdentifierIn(In):
    """A name that a customer goes by; `source` tells whose number an external id is."""

    kind: IdentifierKind
    value: Number
    source: Text = ""

    def contract(self) -> Identifier:
        """Return what services take."""
        return Identifier(self.kind, self.value, self.source)


class ProfileIn(In):
    """What is known of a person. What is left out, or null, changes nothing; a trait that is null is taken away."""

    name: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    birthday: date | None = None
    language: Annotated[str, Field(max_length=8)] | None = None
    country: Country | None = None
    city: Text | None = None
    postcode: Text | None = None
    traits: Annotated[dict[str, JsonValue], Field(default_factory=dict, max_length=200)]

    def contract(self) -> Profile:
        """Return what services take."""
        return Profile(**self.model_dump())


class CustomerIn(In):
    """A person: any of the names that find or make the customer, and what is told of them."""

    identifiers: Annotated[tuple[IdentifierIn, ...], Field(min_length=1, max_length=20)]
    profile: Annotated[ProfileIn, Field(default_factory=ProfileIn)]

    def contract(self) -> Person:
        """Return what services take."""
        return Person(identifiers=[each.contract() for each in self.identifiers], profile=self.profile.contract())


class CustomerState(In):
    """What is told of a customer whom a source knows by number: further names, and the profile."""

    identifiers: Annotated[tuple[IdentifierIn, ...], Field(max_length=20)] = ()
    profile: Annotated[ProfileIn, Field(default_factory=ProfileIn)]

    def contract(self, source: str, external_id: str) -> Person:
        """Return what services take."""
        number = Identifier(IdentifierKind.EXTERNAL_ID, external_id, source)
        return Person(
            identifiers=[number, *(each.contract() for each in self.identifiers)], profile=self.profile.contract()
        )


class CustomersIn(In):
    """Up to 500 persons. Each is kept or refused by itself."""

    customers: Annotated[tuple[CustomerIn, ...], Field(min_length=1, max_length=500)]
    source: Number = "api"


class CustomerPutOut(Out):
    """What became of a person; where it was refused, why and where."""

    customer_id: UUID | None
    outcome: str
    code: str
    message: str
    pointer: str


class CustomersPutOut(Out):
    """What became of each person, in the order in which they were sent."""

    items: list[CustomerPutOut]


class CustomerChangeOut(Out):
    """Which fields of a customer changed."""

    customer_id: UUID
    fields: list[str]


class IdentifierOut(Out):
    """A name that a customer goes by."""

    kind: IdentifierKind
    value: str
    source: str


class CustomerOut(Out):
    """A customer. The id is that of the survivor, where the one asked for was merged into another."""

    id: UUID
    name: str
    given_name: str
    family_name: str
    birthday: date | None
    language: str
    country: str
    city: str
    postcode: str
    traits: dict[str, Any]
    tags: list[str]
    identifiers: list[IdentifierOut]
    created_at: datetime
    updated_at: datetime


class CustomerInFullOut(CustomerOut):
    """A customer with all ids that lead to it. `merged_id` is the id that was asked for, where it is one of those."""

    aliases: list[UUID]
    merged_id: UUID | None

    @classmethod
    def of(cls, customer: Customer, *, ids: Sequence[UUID], asked_for: UUID) -> CustomerInFullOut:
        """Return the wire's form of a customer; `ids` are all of its own, the survivor's among them."""
        told = {name: getattr(customer, name) for name in CustomerOut.model_fields}
        aliases = sorted(set(ids) - {customer.id})
        return cls.model_validate(
            {**told, "aliases": aliases, "merged_id": asked_for if asked_for != customer.id else None}
        )


class CustomersOut(Out):
    """A page of customers, the newest first."""

    items: list[CustomerOut]
    next: str | None


class IdentifierChangeOut(Out):
    """Whose identifiers changed."""

    customer_id: UUID


class NoteIn(In):
    """What is to stand in a note."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class NoteOut(Out):
    """A note; `author` is who wrote it, as the audit trail names it."""

    id: UUID
    customer_id: UUID
    text: str
    author: str
    created_at: datetime
    changed_at: datetime | None


class NotesOut(Out):
    """A page of the notes on a customer, the latest first."""

    items: list[NoteOut]
    next: str | None


class NotePutOut(Out):
    """Which note was written, changed or removed."""

    note_id: UUID
    outcome: Literal["created", "updated", "removed"]


class TagsIn(In):
    """Which tags a customer is to get, and which to lose; one in both is lost."""

    add: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    remove: Annotated[tuple[Text, ...], Field(max_length=100)] = ()

    def contract(self, customer_id: UUID) -> TagChange:
        """Return what services take."""
        return TagChange(customer_id=customer_id, add=self.add, remove=self.remove)


class TagsOfMany(TagsIn):
    """A change of tags among many, with whose it is."""

    customer_id: UUID


class TagChangesIn(In):
    """Changes of the tags of up to 500 customers. Each is kept or refused by itself."""

    changes: Annotated[tuple[TagsOfMany, ...], Field(min_length=1, max_length=500)]


class TagChangeOut(Out):
    """What became of a change of tags; where it was refused, why and where."""

    customer_id: UUID
    outcome: Literal["updated", "unchanged", "refused"]
    code: str
    message: str
    pointer: str


class TagChangesOut(Out):
    """What became of each change, in the order in which they were sent."""

    items: list[TagChangeOut]


class TagsOut(Out):
    """The tags in use."""

    items: list[str]
