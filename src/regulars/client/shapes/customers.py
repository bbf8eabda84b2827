"""Customers, traits and merges."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

IdentifierKind = Literal["external_id", "email", "phone", "card", "device", "anonymous_id"]


class Identifier(TypedDict):
    """A name that a customer goes by; `source` tells whose number an external id is."""

    kind: IdentifierKind
    value: str
    source: NotRequired[str]


class Profile(TypedDict, total=False):
    """What is known of a person; what is left out changes nothing."""

    name: str | None
    given_name: str | None
    family_name: str | None
    birthday: str | None
    language: str | None
    country: str | None
    city: str | None
    postcode: str | None
    traits: dict[str, Any]


class Person(TypedDict):
    """Any of the names that find or make a customer, and what is told of them."""

    identifiers: list[Identifier]
    profile: NotRequired[Profile]


class CustomerPut(TypedDict):
    """What became of a person; where it was refused, why and where."""

    customer_id: str | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    code: str
    message: str
    pointer: str


class Customer(TypedDict):
    """A customer."""

    id: str
    name: str
    given_name: str
    family_name: str
    birthday: str | None
    language: str
    country: str
    city: str
    postcode: str
    traits: dict[str, Any]
    tags: list[str]
    identifiers: list[Identifier]
    created_at: str
    updated_at: str


class CustomerInFull(Customer):
    """A customer with all ids that lead to it; `merged_id` is the id asked for, where it is one of those."""

    aliases: list[str]
    merged_id: str | None


class CustomerChange(TypedDict):
    """Which fields of a customer changed."""

    customer_id: str
    fields: list[str]


class Note(TypedDict):
    """A note about a customer."""

    id: str
    customer_id: str
    text: str
    author: str
    created_at: str
    changed_at: str | None


class NotePut(TypedDict):
    """Which note was written, changed or removed."""

    note_id: str
    outcome: Literal["created", "updated", "removed"]


class TagChange(TypedDict):
    """Which tags a customer is to get, and which to lose."""

    customer_id: str
    add: NotRequired[list[str]]
    remove: NotRequired[list[str]]


class TagPut(TypedDict):
    """What became of a change of tags; where it was refused, why and where."""

    customer_id: str
    outcome: Literal["updated", "unchanged", "refused"]
    code: str
    message: str
    pointer: str


class Trait(TypedDict):
    """What a trait is to be."""

    kind: Literal["text", "number", "boolean", "date", "choice", "choices"]
    label: NotRequired[str]
    description: NotRequired[str]
    classification: NotRequired[Literal["none", "personal", "sensitive"]]
    choices: NotRequired[list[str]]


class KeptTrait(TypedDict):
    """Something that this business keeps of its customers beyond the usual."""

    key: str
    kind: str
    label: str
    description: str
    classification: str
    choices: list[str]


class Merge(TypedDict):
    """Two profiles that were found to be one person; `undone_at` where they are two again."""

    id: str
    survivor_id: str
    merged_id: str
    merged_at: str
    merged_by: str
    undone_at: str | None
