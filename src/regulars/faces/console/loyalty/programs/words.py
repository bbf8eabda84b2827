"""The small words of a programme's document: spans, amounts, points, periods, when points begin and end."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext
from regulars.loyalty.definitions.document.common import Dates, Period, Rounding, SpanUnit, span_of
from regulars.loyalty.definitions.document.currencies import (
    Calendar,
    Expiry,
    FixedDay,
    Inactivity,
    Never,
    PerTier,
    Rolling,
    RoundTo,
)
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import Activation, Delay, Funding, OnDay, UponEvent

PERIOD_WORDS: Mapping[Period, str] = {
    Period.DAY: mark("a day"),
    Period.WEEK: mark("a week"),
    Period.MONTH: mark("a month"),
    Period.QUARTER: mark("a quarter"),
    Period.YEAR: mark("a year"),
    Period.EVER: mark("ever"),
}
ROUNDING_WORDS: Mapping[Rounding, str] = {
    Rounding.DOWN: mark("rounded down"),
    Rounding.UP: mark("rounded up"),
    Rounding.HALF_UP: mark("rounded, a half up"),
    Rounding.HALF_EVEN: mark("rounded, a half to the even number"),
}
FUNDING_WORDS: Mapping[Funding, str] = {
    Funding.SALE: mark("part of the price of a sale"),
    Funding.WELCOME: mark("a welcome"),
    Funding.PARTNER: mark("paid by a partner"),
    Funding.GOODWILL: mark("goodwill"),
}
AWAITED_WORDS: Mapping[str, str] = {
    "order.delivered": mark("delivery"),
    "order.paid": mark("payment"),
}
# A leap year.
_SOME_YEAR = 2000
_ROUND_TO: Mapping[RoundTo, str] = {
    RoundTo.MONTH: mark("to the end of the month"),
    RoundTo.QUARTER: mark("to the end of the quarter"),
    RoundTo.YEAR: mark("to the end of the year"),
}


def decimal_words(value: Decimal | int) -> str:
    """Return a number with the decimals that it has."""
    digits = max(0, -int(Decimal(value).normalize().as_tuple().exponent))
    return formats.number(float(value), digits)


def span_words(text: str) -> str:
    """Return how long a span is."""
    count, unit = span_of(text)
    match unit:
        case SpanUnit.DAYS:
            words = ngettext("{count} day", "{count} days", count)
        case SpanUnit.WEEKS:
            words = ngettext("{count} week", "{count} weeks", count)
        case SpanUnit.MONTHS:
            words = ngettext("{count} month", "{count} months", count)
        case SpanUnit.YEARS:
            words = ngettext("{count} year", "{count} years", count)
    return words.format(count=formats.number(count))


def amount_words(amount: Decimal, currency: str) -> str:
    """Return an amount in a currency; rates may be finer than its coins."""
    return f"{decimal_words(amount)} {currency}"


def amounts_words(amounts: Mapping[str, Decimal]) -> str:
    """Return an amount in each of some currencies, any of which will do."""
    return any_of([amount_words(amount, currency) for currency, amount in amounts.items()])


def each_of(amounts: Mapping[str, Decimal]) -> str:
    """Return what points are counted by: `EUR or CHF` where it is one of each, else with its amounts."""
    return any_of([code if amount == 1 else amount_words(amount, code) for code, amount in amounts.items()])


def points_words(points: Decimal | int, currency: str, program: Program) -> str:
    """Return so many points; of which currency, where the programme has several."""
    shown = decimal_words(points)
    names = {each.key: each.name for each in program.currencies}
    plural = 1 if points == 1 else 2
    if len(names) == 1:
        return ngettext("{count} point", "{count} points", plural).format(count=shown)
    words = ngettext("{count} point of {currency}", "{count} points of {currency}", plural)
    return words.format(count=shown, currency=names.get(currency, currency))


def any_of(words: Sequence[str]) -> str:
    """Return words of which any will do."""
    if len(words) < 2:
        return "".join(words)
    return gettext("{words} or {last}").format(words=", ".join(words[:-1]), last=words[-1])


def all_of(words: Sequence[str]) -> str:
    """Return words that go together."""
    if len(words) < 2:
        return "".join(words)
    return gettext("{words} and {last}").format(words=", ".join(words[:-1]), last=words[-1])


def dates_words(dates: Dates) -> str:
    """Return on which days something holds; nothing where it always does."""
    start, end = (formats.day(each) if each else "" for each in (dates.start, dates.end))
    if start and end:
        return gettext("from {start} until {end}").format(start=start, end=end)
    if start:
        return gettext("from {start} on").format(start=start)
    return gettext("until {end}").format(end=end) if end else ""


def activation_words(activation: Activation) -> str:
    """Return when points become active; nothing where they are at once."""
    match activation:
        case Delay(after=after):
            return gettext("active after {span}").format(span=span_words(after))
        case OnDay(on=on):
            return gettext("active from {day}").format(day=formats.day(on))
        case UponEvent(event=event, after=after):
            awaited = gettext(AWAITED_WORDS[event])
            if after is None:
                return gettext("active upon {event}").format(event=awaited)
            return gettext("active {span} after {event}").format(span=span_words(after), event=awaited)
    return ""


def expiry_words(expiry: Expiry) -> str:
    """Return how long points are good."""
    match expiry:
        case Never():
            return gettext("good for ever")
        case Rolling(after=after, round_to=round_to):
            return _rounded(gettext("good for {span}").format(span=span_words(after)), round_to)
        case Calendar(month=month, day=day, years=years):
            return _calendar(month, day, years)
        case FixedDay(on=on):
            return gettext("good until {day}").format(day=formats.day(on))
        case Inactivity(after=after, round_to=round_to):
            words = gettext("good until nothing was earned or spent for {span}")
            return _rounded(words.format(span=span_words(after)), round_to)
        case PerTier():
            return gettext("good for as long as the tier says")


def _rounded(words: str, round_to: RoundTo | None) -> str:
    return f"{words}, {gettext(_ROUND_TO[round_to])}" if round_to else words


def _calendar(month: int, day: int, years: int) -> str:
    last = date(_SOME_YEAR, month, min(day, monthrange(_SOME_YEAR, month)[1]))
    words = gettext("good until the next {day}").format(day=formats.day_of_year(last))
    if not years:
        return words
    later = ngettext("{count} year later", "{count} years later", years).format(count=years)
    return f"{words}, {later}"
