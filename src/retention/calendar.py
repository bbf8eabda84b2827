"""Days, weeks and longer periods, as expressions that every engine answers alike.

Engines disagree about time zones: each has a zone of its session, and casts follow it. Here the zone is part of the
expression instead: its changes of offset are read from `zoneinfo` and become one `CASE`. Weeks start on Monday.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ibis
import numpy as np
import numpy.typing as npt
from ibis.expr.types import DateValue, IntegerValue, TimestampValue

from retention.reasons import InvalidInput, Reason, mark

Period = Literal["week", "month", "quarter"]
Int64s = npt.NDArray[np.int64]

_DAY_SECONDS = 86_400
_AT_ONCE = 65_536
# No zone has ever changed its offset there and back within half a day.
_STEP = timedelta(hours=12)
_UNITS = {"week": "W", "month": "M", "quarter": "Q"}


def local_day(instant: TimestampValue, zone: str, *, first_year: int, last_year: int) -> DateValue:
    """Return the day in `zone` on which each instant falls.

    Parameters
    ----------
    instant : TimestampValue
        Column of timestamps in UTC, with or without a zone in their type (the session's zone stays the UTC that Ibis
        sets on connecting).
    zone : str
        Name of the tz database, such as "Europe/Berlin".
    first_year, last_year : int
        The local years that the expression covers, both included; 1900 to 2200. The fewer, the shorter it is.

    Returns
    -------
    DateValue
        The local day; null where the instant is null or lies outside the years.

    Raises
    ------
    InvalidInput
        The zone is unknown, or the years are out of range.

    Examples
    --------
    Berlin is an hour ahead of UTC in winter and two hours in summer.

    >>> from datetime import datetime
    >>> import ibis
    >>> table = ibis.memtable({"at": [datetime(2024, 3, 30, 22, 30), datetime(2024, 3, 31, 22, 30)]})
    >>> [str(day) for day in local_day(table.at, "Europe/Berlin", first_year=2024, last_year=2024).to_pyarrow()]
    ['2024-03-30', '2024-04-01']
    """
    spans = _spans(_zone(zone), *_years(first_year, last_year))
    # Without the truncation DuckDB rounds the last half second of a day into the next one.
    seconds = instant.truncate("s").epoch_seconds().cast("int64")
    # The latest spans come first, because most orders are recent and a CASE stops at its first match.
    offset = ibis.cases(
        (seconds >= spans[-1][0], ibis.null("int64")),
        *((seconds >= start, ibis.literal(offset, "int64")) for start, offset in reversed(spans[:-1])),
        else_=ibis.null("int64"),
    )
    return add_days(ibis.date(1970, 1, 1), (seconds + offset) // _DAY_SECONDS)


def local_days(seconds: Int64s, zone: str, *, first_year: int, last_year: int) -> npt.NDArray[np.int32]:
    """Return the days in `zone` on which instants in memory fall, as `local_day` does for a column of an engine.

    Parameters
    ----------
    seconds : ndarray of int64, shape (n,)
        Whole seconds since 1970-01-01 UTC, those of a part of a second that has begun.
    zone, first_year, last_year
        As for `local_day`.

    Returns
    -------
    ndarray of int32, shape (n,)
        Days since 1970-01-01.

    Raises
    ------
    InvalidInput
        As `local_day`, and where an instant lies outside the years.

    Examples
    --------
    >>> import numpy as np
    >>> local_days(np.array([1711837800, 1711924200]), "Europe/Berlin", first_year=2024, last_year=2024).tolist()
    [19812, 19814]
    """
    spans = _spans(_zone(zone), *_years(first_year, last_year))
    if len(seconds) and not spans[0][0] <= int(seconds.min()) <= int(seconds.max()) < spans[-1][0]:
        values = {"first": first_year, "last": last_year}
        raise InvalidInput(
            Reason("outside_years", mark("An instant lies outside the years {first} to {last}."), values)
        )
    starts, offsets = np.array(spans[:-1], np.int64).T
    days = np.empty(len(seconds), np.int32)
    # Some after others, so that what is needed on the way stays small.
    for first in range(0, len(seconds), _AT_ONCE):
        some = seconds[first : first + _AT_ONCE]
        offset = offsets[np.searchsorted(starts, some, side="right") - 1] if len(offsets) > 1 else offsets[0]
        days[first : first + _AT_ONCE] = (some + offset) // _DAY_SECONDS
    return days


def week_of(day: DateValue) -> DateValue:
    """Return the Monday of the week of each day."""
    return period_of(day, "week")


def period_of(day: DateValue, period: Period) -> DateValue:
    """Return the first day of the week, month or quarter of each day.

    Parameters
    ----------
    day : DateValue
        Column of days.
    period : {"week", "month", "quarter"}
        A week starts on Monday.

    Returns
    -------
    DateValue
        The first day of the period.

    Raises
    ------
    InvalidInput
        `period` is none of the three.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> table = ibis.memtable({"day": [date(2024, 5, 16)]})
    >>> [str(period_of(table.day, period).to_pyarrow()[0]) for period in ("week", "month", "quarter")]
    ['2024-05-13', '2024-05-01', '2024-04-01']
    """
    return day.truncate(_UNITS[_known(period)]).cast("date")


def days_between(earlier: DateValue, later: DateValue) -> IntegerValue:
    """Return the days from `earlier` to `later` as int64; negative where they stand the other way round."""
    return later.delta(earlier, unit="day").cast("int64")


def periods_between(earlier: DateValue, later: DateValue, period: Period) -> IntegerValue:
    """Return how many periods the period of `later` comes after the period of `earlier`.

    Parameters
    ----------
    earlier, later : DateValue
        Any days of the two periods, columns or scalars.
    period : {"week", "month", "quarter"}
        The period to count in.

    Returns
    -------
    IntegerValue
        int64; 0 within one period, negative where the days stand the other way round.

    Raises
    ------
    InvalidInput
        `period` is none of the three.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> table = ibis.memtable({"a": [date(2023, 12, 31)], "b": [date(2024, 1, 1)]})
    >>> [periods_between(table.a, table.b, period).to_pyarrow()[0].as_py() for period in ("week", "month", "quarter")]
    [1, 1, 1]
    """
    if _known(period) == "week":
        return days_between(week_of(earlier), week_of(later)) // 7
    per_year = 12 if period == "month" else 4
    first, last = (day.month() if period == "month" else day.quarter() for day in (earlier, later))
    years = later.year().cast("int64") - earlier.year().cast("int64")
    return years * per_year + last.cast("int64") - first.cast("int64")


def add_days(day: DateValue, days: IntegerValue) -> DateValue:
    """Return the day that comes `days` days after `day`; before it where they are negative."""
    return (day + days.as_interval("D")).cast("date")


def start_of(day: date, period: Period) -> date:
    """Return the first day of the period of one plain day; `period_of` for a single `date`."""
    if _known(period) == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(month=day.month if period == "month" else (day.month - 1) // 3 * 3 + 1, day=1)


def shift(start: date, period: Period, count: int) -> date:
    """Return the first day of the period `count` periods after the one that `start` falls in.

    Examples
    --------
    >>> from datetime import date
    >>> str(shift(date(2024, 11, 30), "quarter", 1))
    '2025-01-01'
    """
    first = start_of(start, period)
    if period == "week":
        return first + timedelta(weeks=count)
    months = first.year * 12 + first.month - 1 + count * (1 if period == "month" else 3)
    return date(months // 12, months % 12 + 1, 1)


def periods(first: date, last: date, period: Period) -> list[date]:
    """Return the first days of all periods from that of `first` to that of `last`, both included, in order.

    Examples
    --------
    >>> from datetime import date
    >>> [str(month) for month in periods(date(2023, 12, 24), date(2024, 2, 1), "month")]
    ['2023-12-01', '2024-01-01', '2024-02-01']
    """
    starts = []
    start = start_of(first, period)
    while start <= last:
        starts.append(start)
        start = shift(start, period, 1)
    return starts


def _known(period: Period) -> Period:
    if period not in get_args(Period):
        raise InvalidInput(
            Reason("unknown_period", mark("“{period}” is no period; it is week, month or quarter."), {"period": period})
        )
    return period


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        reason = Reason("unknown_zone", mark("There is no time zone “{zone}”."), {"zone": name})
        raise InvalidInput(reason) from error


def _years(first: int, last: int) -> tuple[int, int]:
    if not 1900 <= first <= last <= 2200:
        reason = Reason(
            "bad_years",
            mark("The years {first} to {last} are not an interval between 1900 and 2200."),
            {"first": first, "last": last},
        )
        raise InvalidInput(reason)
    return first, last


@cache
def _spans(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[tuple[int, int], ...]:
    """Return (UTC second of its start, offset in seconds) of each span of one offset; the last one ends the years."""
    begin, end = (datetime(year, 1, 1, tzinfo=zone).astimezone(UTC) for year in (first_year, last_year + 1))
    spans = [(int(begin.timestamp()), _offset(zone, begin))]
    at = begin
    while at < end:
        following = min(at + _STEP, end)
        if _offset(zone, at) != _offset(zone, following):
            spans.append((_change(zone, at, following), _offset(zone, following)))
        at = following
    final = int(end.timestamp())
    return (*(span for span in spans if span[0] < final), (final, 0))


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  (a datetime in a ZoneInfo always has one)
    return int(offset.total_seconds())


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> int:
    """Return the first UTC second after `before` at which the offset is that of `after`."""
    low, high = int(before.timestamp()), int(after.timestamp())
    old = _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == old:
            low = middle
        else:
            high = middle
    return high
