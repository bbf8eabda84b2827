"""What others see of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class IdentifierKind(StrEnum):
    """What sort of name a customer goes by. The order is their weight: the first tells most surely who it is."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    DEVICE = "device"
    ANONYMOUS_ID = "anonymous_id"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's profile."""

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
        return self.name or self.email or self.phone or str(self.id)[-8:]

    def _first(self, kind: IdentifierKind) -> str:
        return next((each.value for each in self.identifiers if each.kind is kind), "")
