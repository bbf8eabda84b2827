"""When a schedule is due: by night, in the business's zone, with the day before as the report's last.

Days are compared, never moments: a night in which clocks are changed has the hour once, twice or not at all, and is one
night still.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.insights.reports.contracts import Every

# By then the nightly run has begun, and what the day before brought has come in.
HOUR = 3
_DAY = timedelta(days=1)
_MONTHS_IN_QUARTER = 3


def night_of(now: datetime, zone: ZoneInfo) -> date:
    """Return the day whose night's work may be done: today from the hour on, before it yesterday."""
    there = now.astimezone(zone)
    return there.date() if there.hour >= HOUR else there.date() - _DAY


def first_after(day: date, every: Every, weekday: int | None) -> date:
    """Return the first day after a day on which a report is made."""
    following = day + _DAY
    while not _falls_on(following, every, weekday):
        following += _DAY
    return following


def due_on(done_until: date, every: Every, weekday: int | None, *, now: datetime, zone: ZoneInfo) -> date | None:
    """Return the day of which a report is to be made now; of several that were missed, as while off, the last.

    `done_until` is the last day of which nothing is left to be done.
    """
    night = night_of(now, zone)
    while night > done_until:
        if _falls_on(night, every, weekday):
            return night
        night -= _DAY
    return None


def _falls_on(day: date, every: Every, weekday: int | None) -> bool:
    if every is Every.WEEK:
        return day.isoweekday() == weekday
    return day.day == 1 and (every is Every.MONTH or day.month % _MONTHS_IN_QUARTER == 1)
