"""Whether an iCal RRULE can be meant: what is read of RFC 5545, at most hourly, and not never."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Fault

_FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"}
_NAMES = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"} | {
    "BYHOUR",
    "BYMINUTE",
    "BYSETPOS",
}
_LONGEST_LIST = 400
_LARGEST_NUMBER = 10_000
_NUMBERS = re.compile(r"[0-9]+")
_MOMENT = re.compile(r"([0-9]{8})(?:T([0-9]{6}))?")

# dateutil looks for the next occurrence until the year 9999, whatever the rule says. The calendar of a year is that of
# another one near it with the same first weekday and the same place among leap years, so that looking ends soon.
_LAST_CYCLE = range(9962, 9990)
_YEARS_AHEAD = 10


def fault_of_rrule(text: str, start: date) -> Fault | None:
    """Return what is wrong with an RRULE that begins with a day; None if nothing is.

    It says how often with FREQ from YEARLY to HOURLY, with at most one BYMINUTE and no BYSECOND, so that it never
    comes twice within an hour. UNTIL is local. It comes at least once within its first ten years.
    """
    code = _code_of(text, start)
    match code:
        case None:
            return None
        case "rrule_too_frequent":
            message = gettext("It comes once an hour at most.")
        case "rrule_never":
            message = gettext("It does not come in the first {years} years.").format(years=_YEARS_AHEAD)
        case _:
            message = gettext("This is no RRULE of iCal, as FREQ=MONTHLY;BYMONTHDAY=1.")
    return Fault(code=code, message=message)


def read_until(text: str) -> datetime:
    """Return the last local moment that UNTIL allows; of a day its end, since the day itself is included (RFC 5545).

    Raises
    ------
    ValueError
        It is neither a day nor a moment, as 20260131 or 20260131T180000.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return datetime.strptime(f"{found[1]}{found[2] or '235959'}", "%Y%m%d%H%M%S")  # noqa: DTZ007  # Local.


@lru_cache(maxsize=1_000)
def _code_of(text: str, start: date) -> str | None:
    """Return the code of what is wrong; what never comes takes some hundredths of a second to find out."""
    parts = _parts(text)
    if parts is None:
        return "wrong_rrule"
    if parts["FREQ"] not in _FREQUENCIES or "BYSECOND" in parts or "," in parts.get("BYMINUTE", ""):
        return "rrule_too_frequent"
    if not parts.keys() <= _NAMES or not _is_bounded(text):
        return "wrong_rrule"
    try:
        return "rrule_never" if _first(parts, start) is None else None
    except (ValueError, TypeError, IndexError, KeyError, OverflowError):
        return "wrong_rrule"


def _parts(text: str) -> dict[str, str] | None:
    """Return the parts of a rule by name; None where it is none, or one comes twice."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts or not re.fullmatch(r"[A-Z]+", name):
            return None
        if not re.fullmatch(r"[A-Z0-9,+-]+", value):
            return None
        parts[name] = value
    return parts if "FREQ" in parts else None


def _is_bounded(text: str) -> bool:
    """Tell whether its numbers and lists are of a size that can be meant; a day of UNTIL is no number."""
    numbers = _NUMBERS.findall(re.sub(r"UNTIL=[0-9T]+", "", text))
    return text.count(",") < _LONGEST_LIST and all(
        0 < len(each) <= 5 and int(each) <= _LARGEST_NUMBER for each in numbers
    )


def _first(parts: dict[str, str], start: date) -> datetime | None:
    """Return the first occurrence within the years ahead, if there is one."""
    if any(int(parts.get(name, "1")) < 1 for name in ("INTERVAL", "COUNT")) or {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError(parts)
    begin = datetime.combine(start, datetime.min.time())
    until = read_until(parts["UNTIL"]) if "UNTIL" in parts else None
    moved = begin.replace(year=_year_like(start.year))
    timeless = ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"UNTIL", "COUNT"})
    rule = rrulestr(timeless, dtstart=moved)
    if not isinstance(rule, rrule):
        raise TypeError(timeless)
    # Each number and weekday has been looked at by now; those that can be no date leave an empty rule.
    found = next(iter(rule), None)
    if found is None or found - moved > timedelta(days=_YEARS_AHEAD * 366):
        return None
    first = begin + (found - moved)
    return first if until is None or first <= until else None


def _year_like(year: int) -> int:
    """Return a late year with the same calendar, and so the years after it."""
    return next(
        late
        for late in _LAST_CYCLE
        if late % 4 == year % 4 and date(late, 1, 1).weekday() == date(year, 1, 1).weekday()
    )
