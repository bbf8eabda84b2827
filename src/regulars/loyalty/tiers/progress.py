"""What of a member's progress counts at a moment: the running period and the one before it. Pure.

Periods are half-open and begin with a local day of the programme's zone. What occurred at a moment counts at it. Of a
rolling period, an amount counts through the whole of its last local day, as points are good: what was earned on 15
March counts, over 12 months, through 15 March of the next year.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import assert_never
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.calendar import (
    add_span,
    first_instant_of,
    local_day,
    subtract_span,
)
from regulars.loyalty.definitions.document.tiers import AnniversaryPeriod, CalendarPeriod, RollingPeriod, TierPeriod
from regulars.loyalty.tiers.contracts import Amount

_DAY = timedelta(days=1)
# A zone may be a day off on either side of what Python's calendar knows.
_FIRST, _LAST = date.min + 2 * _DAY, date.max - 2 * _DAY


class Progress:
    """A member's amounts in the order in which they occurred, added up."""

    def __init__(self, amounts: Iterable[Amount]) -> None:
        ordered = sorted(amounts, key=lambda each: each.occurred_at)
        self.moments = [each.occurred_at for each in ordered]
        self._sums = [0, *accumulate(each.amount for each in ordered)]

    def between(self, start: datetime, end: datetime) -> int:
        """Return what occurred from one moment (included) to another (excluded)."""
        first, after = bisect_left(self.moments, start), bisect_left(self.moments, end)
        return self._sums[max(first, after)] - self._sums[first]

    def through(self, start: datetime, last: datetime) -> int:
        """Return what occurred from one moment to another, both included."""
        first, after = bisect_left(self.moments, start), bisect_right(self.moments, last)
        return self._sums[max(first, after)] - self._sums[first]

    def first_from(self, start: datetime) -> datetime | None:
        """Return when the first amount at or after a moment occurred."""
        place = bisect_left(self.moments, start)
        return self.moments[place] if place < len(self.moments) else None

    def leaving(self, start: datetime, last: datetime) -> Iterator[tuple[datetime, int]]:
        """Yield the moments from one to another, both included, each with what is left of these once it is gone."""
        first, after = bisect_left(self.moments, start), bisect_right(self.moments, last)
        for place in range(first, after):
            yield self.moments[place], self._sums[after] - self._sums[place + 1]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when the first amount after a moment occurs."""
        place = bisect_right(self.moments, moment)
        return self.moments[place] if place < len(self.moments) else None

    def known_at(self, moment: datetime) -> Progress:
        """Return the part that has occurred by a moment."""
        part = Progress(())
        place = bisect_right(self.moments, moment)
        part.moments, part._sums = self.moments[:place], self._sums[: place + 1]
        return part


@dataclass(frozen=True, slots=True)
class Window:
    """The running period at a moment. One that ends was preceded and is followed by another."""

    starts_at: datetime
    ends_at: datetime | None = None
    before_starts_at: datetime | None = None
    next_ends_at: datetime | None = None


def window_at(period: TierPeriod, moment: datetime, *, zone: ZoneInfo, enrolled_at: datetime) -> Window:
    """Return the running period at a moment."""
    day = day_of(moment, zone)
    match period:
        case RollingPeriod(span=span):
            return Window(instant_of(_first_day(day, span), zone))
        case CalendarPeriod(first_month=month):
            year = day.year - (day < date(day.year, month, 1))
            before, first, after, last = (date(year + each, month, 1) for each in range(-1, 3))
        case AnniversaryPeriod():
            begun = day_of(enrolled_at, zone)
            years = day.year - begun.year
            years -= day < _anniversary(begun, years)
            before, first, after, last = (_anniversary(begun, years + each) for each in range(-1, 3))
        case _:
            assert_never(period)
    return Window(*(instant_of(each, zone) for each in (first, after, before, last)))


def leaves_at(occurred_at: datetime, span: str, zone: ZoneInfo) -> datetime | None:
    """Return the first instant at which an amount no longer counts in a rolling period; None where years end before."""
    last = _last_day(day_of(occurred_at, zone), span)
    return instant_of(last + _DAY, zone) if last < _LAST else None


def span_after(moment: datetime, span: str, zone: ZoneInfo) -> datetime:
    """Return when the local day begins that is a span after that of a moment."""
    return instant_of(min(add_span(day_of(moment, zone), span), _LAST), zone)


def days_after(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when the local day begins that is so many days after that of a moment."""
    return instant_of(min(day_of(moment, zone), _LAST - days * _DAY) + days * _DAY, zone)


def day_begins_at(moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a local day begins at a moment."""
    return instant_of(day_of(moment, zone), zone) == moment


@lru_cache(maxsize=16384)
def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local day of a moment; the same few moments are asked for again and again."""
    return local_day(moment, zone)


@lru_cache(maxsize=8192)
def instant_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a local day begins."""
    return first_instant_of(day, zone)


@lru_cache(maxsize=8192)
def _first_day(day: date, span: str) -> date:
    """Return the earliest day whose amounts still count: a month's last days may all lead to one day."""
    first = max(subtract_span(day, span), _FIRST)
    while add_span(first, span) < day:
        first += _DAY
    while first > _FIRST and add_span(first - _DAY, span) >= day:
        first -= _DAY
    return first


@lru_cache(maxsize=8192)
def _last_day(day: date, span: str) -> date:
    """Return the last day on which amounts of a day count."""
    return add_span(day, span)


def _anniversary(begun: date, years: int) -> date:
    """Return an anniversary, always counted from the first day, so that 29 February comes again."""
    if years == 0:
        return begun
    return add_span(begun, f"{years} years") if years > 0 else subtract_span(begun, f"{-years} years")
