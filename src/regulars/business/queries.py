"""Read the business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from regulars.business.contracts import Business, Rate, Shop
from regulars.business.models import Business as BusinessRow
from regulars.business.models import Rate as RateRow
from regulars.business.models import Shop as ShopRow


def get_business() -> Business:
    """Return the business; before it has been set up, one with the usual values."""
    row = BusinessRow.objects.filter(id=1).first()
    if row is None:
        return Business(
            name="", zone="UTC", reporting_currency="EUR", language="en", country="AT", brand_colour="#0d6b50"
        )
    return Business(
        name=row.name,
        zone=row.zone,
        reporting_currency=row.reporting_currency,
        language=row.language,
        country=row.country,
        brand_colour=row.brand_colour,
    )


def is_set_up() -> bool:
    """Tell whether the business has been given its name, zone and currency."""
    return BusinessRow.objects.filter(id=1).exists()


def list_rates(currency: str | None = None) -> list[Rate]:
    """Return the rates, the newest first."""
    rows = RateRow.objects.order_by("currency", "-valid_on")
    if currency:
        rows = rows.filter(currency=currency)
    return [Rate(currency=row.currency, valid_on=row.valid_on, rate=row.rate, source=row.source) for row in rows]


def find_rates(wanted: Iterable[tuple[str, date]], reporting_currency: str) -> dict[tuple[str, date], Decimal]:
    """Return for each (currency, day) the rate that held on it; leave out those for which none is known."""
    found: dict[tuple[str, date], Decimal] = {}
    for currency, day in set(wanted):
        if currency == reporting_currency:
            found[currency, day] = Decimal(1)
            continue
        row = RateRow.objects.filter(currency=currency, valid_on__lte=day).order_by("-valid_on").first()
        if row is not None:
            found[currency, day] = row.rate
    return found


def list_shops() -> list[Shop]:
    """Return the shops by name."""
    return [shop_of(row) for row in ShopRow.objects.order_by("name")]


def shop_of(row: ShopRow) -> Shop:
    """Return the contract of a shop's row."""
    return Shop(id=row.id, code=row.code, name=row.name, zone=row.zone, closed_on=row.closed_on)
