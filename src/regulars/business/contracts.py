"""What others see of the business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """The business: days, weeks and cohorts are counted in `zone`, money is reported in `reporting_currency`."""

    name: str
    zone: str
    reporting_currency: str
    language: str
    country: str
    brand_colour: str

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone as the standard library knows it."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One unit of `currency` is `rate` units of the reporting currency, from `valid_on` until the next rate."""

    currency: str
    valid_on: date
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOutcome:
    """What became of a rate that was put; where it was refused, why and where."""

    currency: str
    valid_on: date
    outcome: str
    code: str = ""
    message: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop, on the street or on the net."""

    id: UUID
    code: str
    name: str
    zone: str
    closed_on: date | None
