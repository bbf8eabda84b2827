"""Customers on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue

from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
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


class CustomersOut(Out):
    """A page of customers, the newest first."""

    items: list[CustomerOut]
    next: str | None
