"""The business, its shops and rates."""

from __future__ import annotations

from typing import Literal, TypedDict


class BusinessSettings(TypedDict):
    """The business."""

    name: str
    zone: str
    reporting_currency: str
    language: str
    country: str
    brand_colour: str


class Shop(TypedDict):
    """A shop, on the street or on the net."""

    id: str
    code: str
    name: str
    zone: str
    closed_on: str | None


class RatePut(TypedDict):
    """What became of a rate; where it was refused, why and where."""

    currency: str
    valid_on: str
    outcome: Literal["kept", "refused"]
    code: str
    message: str
    pointer: str


class Rate(TypedDict):
    """One unit of `currency` in the reporting currency, from a day on."""

    currency: str
    valid_on: str
    rate: str
