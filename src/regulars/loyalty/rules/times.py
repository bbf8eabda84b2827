"""When a rule holds: from its first local day through its last, and within its happy hours."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.calendar import first_instant_after, first_instant_of
from regulars.loyalty.definitions.document.common import Dates
from regulars.loyalty.definitions.document.rules import Hours
from regulars.loyalty.rules.contracts import Reason, Refusal
from regulars.loyalty.rules.recurrence import Recurrence, read_recurrence

# From where happy hours are counted, where their rule has no first day: a Monday, the first of a year.
FIRST_MONDAY = date(2001, 1, 1)
_MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time from `start` to before `end`; None where it is open."""

    start: datetime | None
    end: datetime | None

    def refuse(self, moment: datetime) -> Refusal | None:
        """Return why a moment is not in it."""
        if self.start is not None and moment < self.start:
            return Refusal(Reason.NOT_STARTED, {"starts_at": self.start.isoformat()})
        if self.end is not None and moment >= self.end:
            return Refusal(Reason.ENDED, {"ended_at": self.end.isoformat()})
        return None


def span_of(dates: Dates, zone: ZoneInfo) -> Span:
    """Return the time of whole local days."""
    return Span(
        start=first_instant_of(dates.start, zone) if dates.start else None,
        end=first_instant_after(dates.end, zone) if dates.end else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HappyHours:
    """Each time of a recurrence in a zone, for so many minutes.

    A local time that a zone skips is that much later, and of one that comes twice the first counts (RFC 5545, 3.3.5);
    minutes are those that pass.
    """

    recurrence: Recurrence
    minutes: int
    zone: ZoneInfo

    def has(self, moment: datetime) -> bool:
        """Tell whether a moment is in one of them."""
        begins = _begins(self, moment.astimezone(self.zone).date())
        place = bisect_right(begins, moment)
        return place > 0 and moment < begins[place - 1] + timedelta(minutes=self.minutes)


def happy_hours(hours: Hours, dates: Dates, zone: ZoneInfo) -> HappyHours:
    """Return the hours of a rule, whose recurrence counts from its first day.

    Raises
    ------
    WrongRecurrence
        The RRULE cannot be meant.
    """
    recurrence = read_recurrence(hours.rrule, start=dates.start or FIRST_MONDAY)
    return HappyHours(recurrence=recurrence, minutes=hours.minutes, zone=zone)


@lru_cache(maxsize=8_192)
def _begins(hours: HappyHours, day: date) -> tuple[datetime, ...]:
    """Return the beginnings that can matter on a local day, in their order."""
    # The day before as well, for what begins late in it, and for times that a zone moves.
    first = day - timedelta(days=hours.minutes // _MINUTES_OF_DAY + 2)
    times = hours.recurrence.times_between(first, day + timedelta(days=1))
    return tuple(sorted(each.replace(tzinfo=hours.zone).astimezone(UTC) for each in times))
