"""Days and hours that come again, by an iCal RRULE (RFC 5545) in local time.

The times of a year are found at once and kept, so that a question costs no more than that, however long ago the first
occurrence was, and also where a rule has none. The rule begins at midnight of its first day, from which it has what it
does not say: the day of the week, the month or the year, and the hour.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, product

from dateutil.rrule import rrulestr

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.repeating import read_until

MOST_TIMES_A_DAY = 96
LARGEST_NUMBER = 10_000
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_DAY_PARTS = frozenset({"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "WKST"})
_OTHERS = frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT", "BYHOUR", "BYMINUTE", "BYSETPOS"})
_CHOOSES_DAYS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ORDINAL = re.compile(r"[+-]?\d+(?=[A-Z])")
_DAY = timedelta(days=1)
_WEEK = 7
_COUNTED_YEARS = 100


class WrongRecurrence(DomainError):
    """An RRULE cannot be meant, or is none that we follow."""

    code = "wrong_rrule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Local times that come again, from the day `start` until `last`, both included."""

    frequency: str
    interval: int
    start: date
    last: datetime | None
    times: tuple[time, ...]
    # Of the times of one year, month, week, day or hour, which ones; all where none is named.
    positions: tuple[int, ...]
    # The parts of the rule that choose days, as a text.
    days: str
    week_start: int

    def is_on(self, day: date) -> bool:
        """Tell whether it comes on a day."""
        return any(True for _ in self.times_between(day, day))

    def times_between(self, first: date, last: date) -> Iterator[datetime]:
        """Return its times from the first to the last day, both included."""
        begin, end = datetime.combine(first, time()), datetime.combine(last, time.max)
        for year in range(first.year, last.year + 1):
            times = _times_of_year(self, year)
            yield from times[bisect_left(times, begin) : bisect_right(times, end)]


def read_recurrence(text: str, *, start: date) -> Recurrence:
    """Return what an RRULE means that begins with a day. UNTIL is local, and of a day its end.

    Raises
    ------
    WrongRecurrence
        It cannot be meant.
    """
    parts = _parts_of(text.strip().upper().removeprefix("RRULE:"))
    week_start = parts.get("WKST", "MO")
    found = Recurrence(
        frequency=parts["FREQ"],
        interval=_number(parts.get("INTERVAL", "1"), "INTERVAL", LARGEST_NUMBER),
        start=start,
        last=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        times=_times_of(parts),
        positions=_positions(parts),
        days=_days_text(parts, start),
        week_start=_WEEKDAYS.index(week_start) if week_start in _WEEKDAYS else 0,
    )
    try:
        _times_of_year(found, start.year)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError):
        raise WrongRecurrence(gettext("This RRULE cannot be read.")) from None
    return _counted(found, _number(parts["COUNT"], "COUNT", LARGEST_NUMBER)) if "COUNT" in parts else found


# --- Reading ----------------------------------------------------------------------------------------------------------


def _parts_of(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts or name not in _DAY_PARTS | _OTHERS:
            message = gettext("{part} is no part of an RRULE that is known here, or stands twice.")
            raise WrongRecurrence(message.format(part=part or rule))
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise WrongRecurrence(gettext("FREQ is one of {known}.").format(known=", ".join(_FREQUENCIES)))
    if {"UNTIL", "COUNT"} <= parts.keys():
        raise WrongRecurrence(gettext("UNTIL and COUNT do not go together."))
    return parts


def _times_of(parts: Mapping[str, str]) -> tuple[time, ...]:
    hours = _numbers(parts, "BYHOUR", 23) or (list(range(24)) if parts["FREQ"] == "HOURLY" else [0])
    minutes = _numbers(parts, "BYMINUTE", 59) or [0]
    if len(hours) * len(minutes) > MOST_TIMES_A_DAY:
        raise WrongRecurrence(gettext("A day has at most {most} times.").format(most=MOST_TIMES_A_DAY))
    return tuple(time(hour, minute) for hour, minute in product(hours, minutes))


def _positions(parts: Mapping[str, str]) -> tuple[int, ...]:
    texts = parts["BYSETPOS"].split(",") if "BYSETPOS" in parts else []
    return tuple(
        _number(text.lstrip("+-"), "BYSETPOS", LARGEST_NUMBER) * (-1 if text.startswith("-") else 1) for text in texts
    )


def _days_text(parts: Mapping[str, str], start: date) -> str:
    """Return the parts that choose days, with those that the start implies where none does."""
    chosen = {name: value for name, value in parts.items() if name in _DAY_PARTS}
    if "BYDAY" in chosen and parts["FREQ"] not in {"YEARLY", "MONTHLY"}:
        # The first Monday of a week is its Monday.
        chosen["BYDAY"] = _ORDINAL.sub("", chosen["BYDAY"])
    if not any(name in chosen for name in _CHOOSES_DAYS):
        match parts["FREQ"]:
            case "DAILY" | "HOURLY":
                chosen["BYDAY"] = ",".join(_WEEKDAYS)
            case "WEEKLY":
                chosen["BYDAY"] = _WEEKDAYS[start.weekday()]
            case "MONTHLY":
                chosen["BYMONTHDAY"] = str(start.day)
            case _:
                chosen = {"BYMONTH": str(start.month)} | chosen | {"BYMONTHDAY": str(start.day)}
    return ";".join(f"{name}={value}" for name, value in chosen.items())


def _until(text: str) -> datetime:
    try:
        return read_until(text)
    except ValueError:
        raise WrongRecurrence(gettext("{text} is no day of an RRULE, as 20260131.").format(text=text)) from None


def _numbers(parts: Mapping[str, str], name: str, most: int) -> list[int]:
    values = parts[name].split(",") if name in parts else []
    return sorted({_number(value, name, most, least=0) for value in values})


def _number(text: str, name: str, most: int, *, least: int = 1) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and least <= int(text) <= most):
        message = gettext("{name} is a number from {least} to {most}.")
        raise WrongRecurrence(message.format(name=name, least=least, most=most))
    return int(text)


def _counted(recurrence: Recurrence, count: int) -> Recurrence:
    """Return a recurrence that ends with its `count`-th time, which is looked for a hundred years ahead."""
    first = recurrence.start.year
    for year in range(first, min(first + _COUNTED_YEARS, date.max.year)):
        times = _times_of_year(recurrence, year)
        if count <= len(times):
            return replace(recurrence, last=times[count - 1])
        count -= len(times)
    return recurrence


# --- Finding ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1_024)
def _times_of_year(recurrence: Recurrence, year: int) -> tuple[datetime, ...]:
    """Return its times in a year, in their order."""
    first, last = datetime.combine(recurrence.start, time()), recurrence.last or datetime.max  # noqa: DTZ901
    if not first.year <= year <= last.year:
        return ()
    days: Iterable[date] = _days_of_year(recurrence, year)
    times = [datetime.combine(day, each) for day in days for each in recurrence.times]
    if recurrence.positions:
        times = list(_positioned(recurrence, year, times))
    return tuple(each for each in times if first <= each <= last and _is_in_turn(recurrence, each))


def _days_of_year(recurrence: Recurrence, year: int) -> Iterator[date]:
    # The library goes on until the calendar ends where nothing fits any more; a step beyond it ends at once.
    if recurrence.frequency == "MONTHLY":
        begins, rule = [datetime(year, month, 1) for month in range(1, 13)], "FREQ=MONTHLY;INTERVAL=120000"  # noqa: DTZ001
    else:
        begins, rule = [datetime(year, 1, 1)], "FREQ=YEARLY;INTERVAL=10000"  # noqa: DTZ001  # Local.
    for start in begins:
        for each in rrulestr(f"{rule};{recurrence.days}", dtstart=start):
            yield each.date()


def _positioned(recurrence: Recurrence, year: int, times: Sequence[datetime]) -> Iterator[datetime]:
    """Return of the times of each year, month, week, day or hour those in the positions that are named."""
    if recurrence.frequency == "WEEKLY":
        # A week may lie in two years.
        near = [*_days_of_year(recurrence, year - 1), *_days_of_year(recurrence, year + 1)]
        around = [day for day in near if abs((day - date(year, 7, 1)).days) < 200]
        more = [datetime.combine(day, each) for day in around for each in recurrence.times]
        times = sorted([*times, *more])
    for _, group in groupby(times, key=lambda each: _turn(recurrence, each)):
        members = list(group)
        places = {place - 1 if place > 0 else len(members) + place for place in recurrence.positions}
        chosen = [members[place] for place in sorted(places) if 0 <= place < len(members)]
        yield from (each for each in chosen if each.year == year)


def _is_in_turn(recurrence: Recurrence, moment: datetime) -> bool:
    """Tell whether its year, month, week, day or hour is one of every so many from the start on."""
    return recurrence.interval == 1 or _turn(recurrence, moment) % recurrence.interval == 0


def _turn(recurrence: Recurrence, moment: datetime) -> int:
    """Return how many years, months, weeks, days or hours have passed since that of the start."""
    start, day = recurrence.start, moment.date()
    match recurrence.frequency:
        case "YEARLY":
            return day.year - start.year
        case "MONTHLY":
            return (day.year - start.year) * 12 + day.month - start.month
        case "WEEKLY":
            begun = start - ((start.weekday() - recurrence.week_start) % _WEEK) * _DAY
            return (day - begun).days // _WEEK
        case "DAILY":
            return (day - start).days
    return (day - start).days * 24 + moment.hour
