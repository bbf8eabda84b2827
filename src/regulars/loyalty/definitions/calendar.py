"""The calendar of a programme: spans, periods, and when points become active and expire, in the programme's zone.

A local day ends when its date is over for good, and the next begins there: days are half-open, follow each other
without gap, and each moment is in one of them, also where clocks go back over midnight. A day that a zone has skipped
has no moment.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.document.common import Period, SpanUnit, span_of
from regulars.loyalty.definitions.document.currencies import (
    Calendar,
    FixedDay,
    Inactivity,
    Never,
    PlainExpiry,
    Rolling,
    RoundTo,
)
from regulars.loyalty.definitions.document.rules import Activation, Delay, Now, OnDay, UponEvent

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

# Python's calendar ends with the year 9999; what is good until then is good for ever.
_LAST_YEAR = date.max.year


def add_span(day: date, span: str) -> date:
    """Return the day a span later: 31 January + 1 month is the last of February; never beyond 31 December 9999."""
    return _moved(day, span, 1)


def subtract_span(day: date, span: str) -> date:
    """Return the day a span earlier: 31 March - 1 month is the last of February; never before the year 1."""
    return _moved(day, span, -1)


def end_of(day: date, stretch: RoundTo) -> date:
    """Return the last day of the month, quarter or year that a day is in."""
    match stretch:
        case RoundTo.MONTH:
            month = day.month
        case RoundTo.QUARTER:
            month = _quarter(day) * 3
        case RoundTo.YEAR:
            month = 12
        case _:
            assert_never(stretch)
    return _clamped(day.year, month, 31)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day that a moment is in."""
    day = moment.astimezone(zone).date()
    # Where clocks go back over midnight, the next date shows for a while before the day is over.
    return day if moment >= first_instant_of(day, zone) else day - _DAY


def first_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins, in UTC; for one that the zone has skipped, when the next one does."""
    midnight = datetime.combine(day, datetime.min.time(), zone)
    first, second = (midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    changed = _offset_change(min(first, second), max(first, second), zone)
    if second < first:
        # Midnight does not exist: the day begins where the clocks were put forward over it.
        return changed
    # Midnight comes twice: the second counts where the date before it shows again between them.
    return second if changed < second else first


def first_instant_after(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day is over and the next begins, in UTC."""
    return first_instant_of(day + _DAY, zone)


def period_bounds(period: Period, moment: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return from when (included) until when (excluded) the period of a moment lasts, in UTC; `ever` has no bounds."""
    day = local_day(moment, zone)
    match period:
        case Period.DAY:
            first, last = day, day
        case Period.WEEK:
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=6)
        case Period.MONTH:
            first, last = day.replace(day=1), end_of(day, RoundTo.MONTH)
        case Period.QUARTER:
            first, last = date(day.year, _quarter(day) * 3 - 2, 1), end_of(day, RoundTo.QUARTER)
        case Period.YEAR:
            first, last = date(day.year, 1, 1), end_of(day, RoundTo.YEAR)
        case Period.EVER:
            return None, None
        case _:
            assert_never(period)
    return first_instant_of(first, zone), first_instant_after(last, zone)


def period_key(period: Period, moment: datetime, zone: ZoneInfo) -> str:
    """Return the name of the period of a moment: 2026-11-29, 2026-W48, 2026-11, 2026-Q4, 2026 or ever."""
    day = local_day(moment, zone)
    match period:
        case Period.DAY:
            return day.isoformat()
        case Period.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case Period.MONTH:
            return f"{day.year:04}-{day.month:02}"
        case Period.QUARTER:
            return f"{day.year:04}-Q{_quarter(day)}"
        case Period.YEAR:
            return f"{day.year:04}"
        case Period.EVER:
            return "ever"
        case _:
            assert_never(period)


def expires_at(expiry: PlainExpiry, activated_at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first instant at which points are no longer good, in UTC; None where they are good for ever.

    Points are good through the whole of their last day. Inactivity counts from the moment that is given, which is then
    that of the member's last earning or spending.
    """
    last = _last_day(expiry, local_day(activated_at, zone))
    if last is None or last.year == _LAST_YEAR:
        return None
    return first_instant_after(last, zone)


def activates_at(
    activation: Activation, granted_at: datetime, zone: ZoneInfo, *, happened_at: datetime | None = None
) -> datetime | None:
    """Return when points become active, in UTC; None while the event that they wait for has not happened.

    A span counts days: points are active from the first instant of the day that lies so long after. Nothing is active
    before it is granted.
    """
    match activation:
        case Now():
            active = granted_at
        case Delay(after=after):
            active = first_instant_of(add_span(local_day(granted_at, zone), after), zone)
        case OnDay(on=on):
            active = first_instant_of(on, zone)
        case UponEvent(after=after):
            if happened_at is None:
                return None
            active = first_instant_of(add_span(local_day(happened_at, zone), after), zone) if after else happened_at
        case _:
            assert_never(activation)
    return max(active, granted_at).astimezone(UTC)


def cancels_at(activation: UponEvent, granted_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the event comes too late, in UTC: it has the whole of the last day."""
    return first_instant_after(add_span(local_day(granted_at, zone), activation.cancel_after), zone)


def _moved(day: date, span: str, direction: int) -> date:
    number, unit = span_of(span)
    match unit:
        case SpanUnit.DAYS | SpanUnit.WEEKS:
            days = number * (7 if unit is SpanUnit.WEEKS else 1)
            return date.fromordinal(min(max(day.toordinal() + direction * days, 1), date.max.toordinal()))
        case SpanUnit.MONTHS | SpanUnit.YEARS:
            months = number * (12 if unit is SpanUnit.YEARS else 1)
            year, month = divmod(day.year * 12 + day.month - 1 + direction * months, 12)
            if year > _LAST_YEAR:
                return date.max
            return _clamped(year, month + 1, day.day) if year >= 1 else date.min
        case _:
            assert_never(unit)


def _clamped(year: int, month: int, day: int) -> date:
    """Return a day of a month, or its last where it has fewer."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _last_day(expiry: PlainExpiry, begun: date) -> date | None:
    match expiry:
        case Never():
            return None
        case Rolling(after=after, round_to=round_to) | Inactivity(after=after, round_to=round_to):
            last = add_span(begun, after)
            return end_of(last, round_to) if round_to else last
        case Calendar(month=month, day=day, years=years):
            passed = _clamped(begun.year, month, day) < begun
            return _clamped(min(begun.year + passed + years, _LAST_YEAR), month, day)
        case FixedDay(on=on):
            return on
        case _:
            assert_never(expiry)


def _offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second at which a zone's offset is no longer what it was before."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
