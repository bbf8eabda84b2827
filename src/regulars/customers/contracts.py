"""What others see of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from regulars.kit.classification import Classification


class IdentifierKind(StrEnum):
    """What sort of name a customer goes by. The order is their weight: the first tells most surely who it is."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    DEVICE = "device"
    ANONYMOUS_ID = "anonymous_id"


# Whom nobody knows by name or address is called by one of these on pages.
_CALLED_BY = (IdentifierKind.CARD, IdentifierKind.EXTERNAL_ID)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name that a customer goes by; `source` tells whose number an external id is."""

    kind: IdentifierKind
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person is told about: fields left out (None) change nothing."""

    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birthday: date | None = None
    language: str | None = None
    country: str | None = None
    city: str | None = None
    postcode: str | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)


class TraitKind(StrEnum):
    """What a trait's values are."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """Something that this business keeps of its customers beyond the usual: its key, and what its values may be."""

    key: str
    kind: TraitKind
    label: str
    description: str = ""
    classification: Classification = Classification.PERSONAL
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody of the staff wrote about a customer."""

    id: UUID
    customer_id: UUID
    text: str
    author: str
    created_at: datetime
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Two profiles that were found to be one person."""

    id: UUID
    survivor_id: UUID
    merged_id: UUID
    merged_label: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is told of: the names that find or make a customer, what is told, and since when the business knows of it."""

    identifiers: Sequence[Identifier]
    profile: Profile = field(default_factory=Profile)
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCustomer:
    """What became of a person that was put; where it was refused, why and where."""

    customer_id: UUID | None
    outcome: str
    code: str = ""
    message: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """Which tags a customer is to get, and which to lose; one in both is lost."""

    customer_id: UUID
    add: Sequence[str] = ()
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOutcome:
    """What became of a change of tags; where it was refused, why and where."""

    customer_id: UUID
    outcome: str
    code: str = ""
    message: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: exactly, or at least so many."""

    value: int
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's profile; `created_at` is the first moment of business that is known, as that of the first order."""

    id: UUID
    name: str
    given_name: str
    family_name: str
    birthday: date | None
    language: str
    country: str
    city: str
    postcode: str
    traits: Mapping[str, Any]
    tags: Sequence[str]
    identifiers: Sequence[Identifier]
    created_at: datetime
    updated_at: datetime

    @property
    def email(self) -> str:
        """The first e-mail address, or an empty text."""
        return self._first(IdentifierKind.EMAIL)

    @property
    def phone(self) -> str:
        """The first phone number, or an empty text."""
        return self._first(IdentifierKind.PHONE)

    @property
    def label(self) -> str:
        """What to call the customer on a page."""
        known = (self.name, self.email, self.phone, *map(self._first, _CALLED_BY), str(self.id)[-8:])
        return next(filter(None, known))

    def _first(self, kind: IdentifierKind) -> str:
        return next((each.value for each in self.identifiers if each.kind is kind), "")
