"""Times that come again: an iCal RRULE in words, and the plain weekly ones as the builder holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from babel.dates import get_day_names

from regulars.faces.console.loyalty.programs.words import all_of
from regulars.kit import formats
from regulars.kit.i18n import gettext, language, ngettext
from regulars.loyalty.definitions.document.rules import Hours

DAYS: Sequence[str] = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_MINUTES = 24 * 60
_SOME_DAY = date(2001, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Some days of each week, from a time of day on, for so many minutes."""

    days: Sequence[str]
    begins: time
    minutes: int

    @property
    def ends(self) -> time:
        """The time of day at which it is over; on the next day where that is not later."""
        return (datetime.combine(_SOME_DAY, self.begins) + timedelta(minutes=self.minutes)).time()

    @property
    def rrule(self) -> str:
        """The same as an RRULE."""
        days = ",".join(self.days)
        return f"FREQ=WEEKLY;BYDAY={days};BYHOUR={self.begins.hour};BYMINUTE={self.begins.minute}"


def weekly_of(days: Sequence[str], begins: time, ends: time) -> Weekly:
    """Return the hours from one time of day to another, on the next day where that is not later."""
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    return Weekly(days=[each for each in DAYS if each in days], begins=begins, minutes=minutes % _DAY_MINUTES or 1440)


def find_weekly(hours: Hours) -> Weekly | None:
    """Return happy hours as the builder holds them; None where only their RRULE can say them."""
    parts = _parts(hours.rrule)
    days = parts.get("BYDAY", "").split(",")
    is_plain = parts.keys() <= {"FREQ", "BYDAY", "BYHOUR", "BYMINUTE"} and parts.get("FREQ") == "WEEKLY"
    hour, minute = parts.get("BYHOUR", ""), parts.get("BYMINUTE", "0")
    if not (is_plain and set(days) <= set(DAYS) and hour.isdecimal() and minute.isdecimal()):
        return None
    if int(hour) > 23 or int(minute) > 59 or hours.minutes > _DAY_MINUTES:
        return None
    return Weekly(days=days, begins=time(int(hour), int(minute)), minutes=hours.minutes)


def hours_words(hours: Hours) -> str:
    """Return happy hours in words."""
    weekly = find_weekly(hours)
    if weekly is None:
        length = ngettext("for {count} minute", "for {count} minutes", hours.minutes)
        return f"{recurrence_words(hours.rrule)} {length.format(count=formats.number(hours.minutes))}"
    begins, ends = _clock(weekly.begins), _clock(weekly.ends)
    if set(weekly.days) == set(DAYS):
        return gettext("daily {begins}–{ends}").format(begins=begins, ends=ends)
    return gettext("{days} {begins}–{ends}").format(days=_days(weekly.days), begins=begins, ends=ends)


def recurrence_words(rrule: str) -> str:
    """Return on which days an RRULE comes, in words where it is one of the plain ones, else as it is."""
    parts = _parts(rrule)
    known = set(parts) - {"FREQ"}
    day = parts.get("BYMONTHDAY", "")
    match parts.get("FREQ"):
        case "DAILY" if not known:
            return gettext("each day")
        case "WEEKLY" if known == {"BYDAY"} and set(parts["BYDAY"].split(",")) <= set(DAYS):
            return gettext("each week on {days}").format(days=_days(parts["BYDAY"].split(",")))
        case "MONTHLY" if known == {"BYMONTHDAY"} and day == "-1":
            return gettext("on the last day of each month")
        case "MONTHLY" if known == {"BYMONTHDAY"} and day.isdecimal():
            return gettext("on day {day} of each month").format(day=day)
        case "YEARLY" if known == {"BYMONTH", "BYMONTHDAY"} and _is_day(parts):
            told = formats.day_of_year(date(2000, int(parts["BYMONTH"]), int(day)))
            return gettext("each year on {day}").format(day=told)
    return gettext("as {rrule} says").format(rrule=rrule)


def day_names() -> Mapping[str, str]:
    """Return the days of the week by their codes."""
    names = get_day_names("wide", locale=language())
    return {code: names[number] for number, code in enumerate(DAYS)}


def _is_day(parts: Mapping[str, str]) -> bool:
    try:
        date(2000, int(parts["BYMONTH"]), int(parts["BYMONTHDAY"]))
    except ValueError:
        return False
    return True


def _days(codes: Sequence[str]) -> str:
    names = day_names()
    return all_of([names[code] for code in codes])


def _clock(moment: time) -> str:
    return formats.time_of_day(datetime.combine(_SOME_DAY, moment))


def _parts(rrule: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in rrule.upper().removeprefix("RRULE:").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
