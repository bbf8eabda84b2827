"""Times of the language at a moment: what `last 90 days`, `today` and `next 7 days` are then, in the business's zone.

Days and longer are counted by the zone's calendar, hours by the clock. All bounds are half open, to the microsecond.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.facts.contracts import Since
from regulars.facts.language import tree

_TICK = timedelta(microseconds=1)
_DAYS = {tree.Span.DAYS: 1, tree.Span.WEEKS: 7}
_MONTHS = {tree.Span.MONTHS: 1, tree.Span.YEARS: 12}
FIRST_DAY, LAST_DAY = date(1, 1, 2), date(9998, 12, 31)


class TooFar(ArithmeticError):
    """A time lies beyond the calendar."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A stretch of time from `low` to before `high`; None where it is open."""

    low: datetime | None
    high: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """A moment, and the zone in which its day is told."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day of the moment."""
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the first moment of a day."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def count(self, since: Since, value: date) -> int:
        """Return how many days ago a moment was, or how many full years a day."""
        if isinstance(value, datetime):
            value = value.astimezone(self.zone).date()
        if since is Since.DAYS:
            return (self.today - value).days
        had_its_day = (self.today.month, self.today.day) >= (value.month, value.day)
        return self.today.year - value.year - (not had_its_day)

    def limit(self, since: Since, count: int) -> date:
        """Return before which moment or day lies what was at least so many days or years ago.

        Raises
        ------
        TooFar
            It is beyond the calendar.
        """
        if since is Since.DAYS:
            return self.start_of(checked(self.today - timedelta(days=count - 1)))
        year, day = self.today.year - count, self.today
        if not FIRST_DAY.year < year <= LAST_DAY.year:
            raise TooFar
        leap_day = (day.month, day.day) == (2, 29) and not calendar.isleap(year)
        return day.replace(year=year, day=28 if leap_day else day.day) + timedelta(days=1)

    def shifted(self, duration: tree.Duration, sign: int) -> datetime:
        """Return now, so much later (`sign` 1) or earlier (-1).

        Raises
        ------
        TooFar
            That is beyond the calendar.
        """
        if duration.unit is tree.Span.HOURS:
            return self.now + sign * timedelta(hours=duration.amount)
        local = self.now.astimezone(self.zone)
        moved = datetime.combine(shifted(local.date(), duration, sign), local.time(), self.zone)
        return moved.astimezone(UTC)

    def last(self, duration: tree.Duration) -> Bounds:
        """Return the last so much time, now included.

        Raises
        ------
        TooFar
            It begins before the calendar.
        """
        return Bounds(self.shifted(duration, -1) + _TICK, self.now + _TICK)

    def next(self, duration: tree.Duration) -> Bounds:
        """Return the next so much time, now included.

        Raises
        ------
        TooFar
            It ends after the calendar.
        """
        return Bounds(self.now, self.shifted(duration, 1))

    def until_now(self, low: datetime | None, high: datetime | None) -> Bounds:
        """Return the time between two moments, as far as it has passed."""
        end = self.now + _TICK
        return Bounds(low, end if high is None else min(high, end))

    def day_of(self, moment: tree.Day | tree.Relative) -> date:
        """Return the day that is told; `now` is today.

        Raises
        ------
        TooFar
            It is beyond the calendar.
        """
        if isinstance(moment, tree.Day):
            return checked(moment.day)
        if moment.plus:
            return shifted(self.today, moment.plus, 1)
        return shifted(self.today, moment.minus, -1) if moment.minus else self.today

    def moment_of(self, moment: tree.Day | tree.Relative) -> datetime:
        """Return the moment that is told; of a day and of `today`, its first.

        Raises
        ------
        TooFar
            It is beyond the calendar.
        """
        if isinstance(moment, tree.Relative) and moment.relative_to == "now":
            if moment.plus:
                return self.shifted(moment.plus, 1)
            return self.shifted(moment.minus, -1) if moment.minus else self.now
        return self.start_of(self.day_of(moment))


def shifted(day: date, duration: tree.Duration, sign: int) -> date:
    """Return a day so much later or earlier; the last of a shorter month where there is none. Hours move no day.

    Raises
    ------
    TooFar
        That is beyond the calendar.
    """
    amount = sign * duration.amount
    try:
        if duration.unit in _DAYS:
            return checked(day + timedelta(days=amount * _DAYS[duration.unit]))
        if duration.unit not in _MONTHS:
            return day
        months = day.year * 12 + day.month - 1 + amount * _MONTHS[duration.unit]
        year, month = months // 12, months % 12 + 1
        return checked(date(year, month, min(day.day, calendar.monthrange(year, month)[1])))
    except (ValueError, OverflowError):
        raise TooFar from None


def checked(day: date) -> date:
    """Return a day that has others before and after it in the calendar.

    Raises
    ------
    TooFar
        It is one of the first or the last.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise TooFar
    return day


def anniversaries(start: date, days: int) -> frozenset[tuple[int, int]]:
    """Return the months and days that come in so many days from `start`; the leap day comes on 28 February too."""
    found = set()
    for number in range(min(days, 366)):
        day = start + timedelta(days=number)
        found.add((day.month, day.day))
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found.add((2, 29))
    return frozenset(found)
