"""Numbers, money and times as the reader's locale writes them, and the addresses of built files."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone

from regulars.design import AssetsNotBuilt, asset_path
from regulars.kit import formats
from regulars.kit.i18n import gettext

register = template.Library()

_DIGEST_LENGTH = 12


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Return an amount of minor units of a currency."""
    return formats.money(minor, currency)


@register.filter
def number(value: float | None) -> str:
    """Return a number with the locale's separators."""
    return formats.number(value)


@register.filter
def quantity(value: Decimal) -> str:
    """Return a quantity with the decimals that it has."""
    digits = max(0, -int(value.normalize().as_tuple().exponent))
    return formats.number(float(value), digits)


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a day, that of a moment in the business's zone."""
    return formats.day(_local(value) if isinstance(value, datetime) else value)


@register.filter
def moment(value: datetime | None) -> str:
    """Return a moment with its day and time."""
    if value is None:
        return formats.MISSING
    return f"{formats.day(_local(value))}, {formats.time_of_day(_local(value))}"


@register.filter
def recently(value: datetime | None) -> str:
    """Return a moment as one says it: its time where it is of today or yesterday, else its day."""
    if value is None:
        return formats.MISSING
    there, today = _local(value), _local(timezone.now()).date()
    if there.date() == today:
        return gettext("Today {time}").format(time=formats.time_of_day(there))
    if there.date() == today - timedelta(days=1):
        return gettext("Yesterday {time}").format(time=formats.time_of_day(there))
    return formats.day_of_year(there) if there.year == today.year else formats.day(there)


@register.filter
def country(code: str) -> str:
    """Return a country's name."""
    return formats.territory(code)


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name; a dot where there is none."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a built file with its content's hash, so that browsers keep it until it changes."""
    # What a template passes is Django's own kind of text, which paths refuse; a slice of it is plain.
    return f"{static(name)}?{_version(name[:])}"


@cache
def _version(name: str) -> str:
    try:
        return hashlib.sha256(asset_path(name).read_bytes()).hexdigest()[:_DIGEST_LENGTH]
    except AssetsNotBuilt:
        # A page without its look still tells what it has to tell, as an error page must.
        return "missing"


def _local(value: datetime) -> datetime:
    return timezone.localtime(value)
