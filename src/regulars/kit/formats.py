"""Numbers, money and dates as the reader's locale writes them."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale, dates, numbers

from regulars.kit.i18n import language
from regulars.kit.money import minor_digits

MISSING = "–"
_LOCALES = {"en": "en_GB", "de": "de_DE"}
# A page shows hundreds of figures, many of them alike; writing them took a fifth of its time.
_REMEMBERED = 20_000


def _locale() -> Locale:
    return _parsed(language())


@cache
def _parsed(name: str) -> Locale:
    return Locale.parse(_LOCALES.get(name, name))


def number(value: float | None, digits: int = 0) -> str:
    """Return `value` with `digits` decimals and the locale's separators; a dash where there is none."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    # Minus nought is the same key as nought, and is written as that.
    return _number(value + 0, digits, _locale())


@lru_cache(_REMEMBERED)
def _number(value: float, digits: int, locale: Locale) -> str:
    return numbers.format_decimal(value, format="#,##0" + ("." + "0" * digits if digits else ""), locale=locale)


def percent(share: float | None, digits: int = 0) -> str:
    """Return the share (0.25) as a percentage of the locale (25 % or 25%)."""
    if share is None or not math.isfinite(share):
        return MISSING
    locale = _locale()
    pattern = locale.percent_formats[None].pattern.replace("0", "0" + ("." + "0" * digits if digits else ""), 1)
    return numbers.format_percent(share, format=pattern if digits else None, locale=locale)


def money(minor: float | None, currency: str | None, *, whole: bool = False) -> str:
    """Return an amount of minor units as money; `whole` drops the minor units for headline figures."""
    if minor is None or not math.isfinite(minor):
        return MISSING
    return _money(round(minor), currency, whole, _locale())


@lru_cache(_REMEMBERED)
def _money(minor: int, currency: str | None, whole: bool, locale: Locale) -> str:  # noqa: FBT001  # A key of the cache.
    digits = minor_digits(currency)
    amount = Decimal(minor).scaleb(-digits)
    if whole:
        amount = amount.quantize(Decimal(1))
    if currency is None:
        return number(float(amount), 0 if whole else digits)
    if whole:
        return numbers.format_currency(
            amount, currency, format=_whole_pattern(locale), locale=locale, currency_digits=False
        )
    return numbers.format_currency(amount, currency, locale=locale)


def _whole_pattern(locale: Locale) -> str:
    return str(locale.currency_formats["standard"].pattern).replace(".00", "")


def day(value: date | None, style: str = "medium") -> str:
    """Return a day in the locale's form; `style` is one of Babel's: short, medium, long, full."""
    return MISSING if value is None else _day(_date(value), style, _locale())


@lru_cache(_REMEMBERED)
def _day(value: date, style: str, locale: Locale) -> str:
    return dates.format_date(value, format=style, locale=locale)


def month(value: date) -> str:
    """Return the month of a day, as `Apr 2026`."""
    return dates.format_skeleton("yMMM", value, locale=_locale())


def month_name(value: date) -> str:
    """Return the month of a day without its year, as `April`."""
    return dates.format_date(value, format="LLLL", locale=_locale())


def day_of_year(value: date) -> str:
    """Return a day without its year, as `18 Nov`."""
    return _day_of_year(_date(value), _locale())


@lru_cache(_REMEMBERED)
def _day_of_year(value: date, locale: Locale) -> str:
    return dates.format_skeleton("MMMd", value, locale=locale)


def _date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def time_of_day(value: datetime) -> str:
    """Return the time of a moment in its own zone, as `18:40`."""
    return dates.format_time(value, format="short", locale=_locale())


def territory(code: str) -> str:
    """Return a country's name (`AT`: Austria); the code where it has none."""
    return str(_locale().territories.get(code, code))


def currency_name(code: str) -> str:
    """Return a currency's name (`EUR`: Euro); the code where it has none."""
    return numbers.get_currency_name(code, locale=_locale())
