"""The business on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from regulars.business.contracts import Rate, Shop
from regulars.faces.api.schemas.wire import Country, Currency, In, Out, Text

Worth = Annotated[Decimal, Field(gt=0, max_digits=20, decimal_places=10)]


class BusinessIn(In):
    """What is to change; what is left out, or null, stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    zone: Text | None = None
    reporting_currency: Currency | None = None
    language: Annotated[str, Field(max_length=8)] | None = None
    country: Country | None = None
    brand_colour: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")] | None = None


class BusinessOut(Out):
    """The business: days are counted in `zone`, money is reported in `reporting_currency`."""

    name: str
    zone: str
    reporting_currency: str
    language: str
    country: str
    brand_colour: str


class ShopIn(In):
    """A shop; `closed_on` is the day from which it is no more."""

    name: Text
    zone: Text
    closed_on: date | None = None

    def contract(self, code: str) -> Shop:
        """Return what services take; its id is theirs to say."""
        return Shop(id=UUID(int=0), code=code, name=self.name, zone=self.zone, closed_on=self.closed_on)


class ShopOut(Out):
    """A shop, on the street or on the net."""

    id: UUID
    code: str
    name: str
    zone: str
    closed_on: date | None


class ShopsOut(Out):
    """All shops."""

    items: list[ShopOut]


class RateIn(In):
    """One unit of `currency` is `rate` units of the reporting currency, from `valid_on` until the next rate."""

    currency: Currency
    valid_on: date
    rate: Worth

    def contract(self) -> Rate:
        """Return what services take."""
        return Rate(currency=self.currency, valid_on=self.valid_on, rate=self.rate, source="api")


class RatesIn(In):
    """Up to 500 rates; one of the same currency and day replaces the one before."""

    rates: Annotated[tuple[RateIn, ...], Field(min_length=1, max_length=500)]


class RateOut(Out):
    """A rate."""

    currency: str
    valid_on: date
    rate: Decimal
    source: str


class RatesOut(Out):
    """The rates, the newest of each currency first."""

    items: list[RateOut]


class RatePutOut(Out):
    """What became of a rate; where it was refused, why and where."""

    currency: str
    valid_on: date
    outcome: Literal["kept", "refused"]
    code: str
    message: str
    pointer: str


class RatesPutOut(Out):
    """What became of each rate, in the order in which they were sent."""

    items: list[RatePutOut]
