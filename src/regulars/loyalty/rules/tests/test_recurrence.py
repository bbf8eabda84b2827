"""Days and hours that come again come as RFC 5545 says, at a bounded cost, and in local time."""

# ruff: noqa: DTZ001  # Local times are those of their own zone.

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings

from regulars.loyalty.definitions.document.common import Dates
from regulars.loyalty.definitions.document.rules import Hours
from regulars.loyalty.rules.recurrence import WrongRecurrence, read_recurrence
from regulars.loyalty.rules.tests.programs import VIENNA
from regulars.loyalty.rules.times import happy_hours, span_of

START = date(2024, 1, 31)


def listed(*values: Any) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True).map(",".join)


@st.composite
def rrules(draw: st.DrawFn) -> str:
    """Rules by the hour or longer, of all parts that are known."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = {"FREQ": frequency}
    may: dict[str, st.SearchStrategy[str]] = {
        "INTERVAL": st.integers(1, 5).map(str),
        "BYMONTH": listed("1", "2", "6", "12"),
        "BYDAY": listed("MO", "WE", "SU"),
        "BYHOUR": listed("0", "2", "17", "23"),
        "BYMINUTE": listed("0", "30"),
        "BYSETPOS": listed("1", "2", "-1"),
        "WKST": st.sampled_from(["MO", "SU"]),
    }
    if frequency in {"YEARLY", "MONTHLY", "DAILY"}:
        may["BYMONTHDAY"] = listed("1", "29", "31", "-1")
    if frequency in {"YEARLY", "MONTHLY"}:
        may["BYDAY"] = listed("MO", "1FR", "-1SU", "2TU")
    if frequency == "YEARLY":
        may |= {"BYYEARDAY": listed("1", "100", "-1"), "BYWEEKNO": listed("1", "20", "53")}
    for name in draw(st.sets(st.sampled_from(sorted(may)), max_size=4)):
        parts[name] = draw(may[name])
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(deadline=None)
@given(rrules())
def test_times_are_those_that_the_library_finds_one_by_one(rule):
    # Where nothing fits, the library looks on until the year 9999, which is soon reached here.
    start, first, last = datetime(9990, 1, 31), datetime(9992, 1, 1), datetime(9993, 12, 31, 23, 59)
    try:
        found = [each for each in rrulestr(f"{rule};UNTIL=99940301", dtstart=start) if first <= each <= last]
    except ValueError:
        # Every fourth hour that is an odd one: the library tells beforehand that there is none.
        found = []
    ours = read_recurrence(rule, start=start.date())
    assert list(ours.times_between(first.date(), last.date())) == found


def test_a_rule_that_never_comes_costs_no_more_than_another():
    began = time.process_time()
    never = read_recurrence("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", start=date(1990, 1, 1))
    assert list(never.times_between(date(2020, 1, 1), date(2040, 1, 1))) == []
    assert time.process_time() - began < 2


def test_a_rule_with_a_count_ends_with_its_last_time():
    three = read_recurrence("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3", start=date(2026, 12, 31))
    assert [each.date() for each in three.times_between(date(2026, 1, 1), date(2028, 1, 1))] == [
        date(2026, 12, 31),
        date(2027, 1, 4),
        date(2027, 1, 7),
    ]


def test_until_a_day_means_through_it():
    daily = read_recurrence("FREQ=DAILY;BYHOUR=17;UNTIL=20260105", start=date(2026, 1, 4))
    assert list(daily.times_between(date(2026, 1, 1), date(2026, 2, 1))) == [
        datetime(2026, 1, 4, 17),
        datetime(2026, 1, 5, 17),
    ]
    assert daily.is_on(date(2026, 1, 5))
    assert not daily.is_on(date(2026, 1, 6))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYHOUR=x",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=a",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9",
        "every day",
    ],
)
def test_what_is_no_recurrence_is_refused(text):
    with pytest.raises(WrongRecurrence):
        read_recurrence(text, start=START)


# --- Happy hours ------------------------------------------------------------------------------------------------------


def is_happy(rrule: str, minutes: int, moment: str, zone: ZoneInfo = VIENNA, **dates: str) -> bool:
    hours = happy_hours(Hours(rrule=rrule, minutes=minutes), Dates.model_validate(dates), zone)
    return hours.has(datetime.fromisoformat(moment))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-16T16:59:59.999999+01:00", False),
        ("2026-11-16T17:00:00+01:00", True),
        ("2026-11-16T18:59:59+01:00", True),
        ("2026-11-16T19:00:00+01:00", False),
        # It is Monday in Vienna, whatever the till's zone.
        ("2026-11-16T16:30:00+00:00", True),
        ("2026-11-17T17:30:00+01:00", False),
    ],
)
def test_happy_hours_are_in_the_programmes_zone(moment, expected):
    assert is_happy("FREQ=WEEKLY;BYDAY=MO;BYHOUR=17", 120, moment) is expected


def test_happy_hours_go_on_after_midnight():
    assert is_happy("FREQ=WEEKLY;BYDAY=SA;BYHOUR=23", 180, "2026-11-22T01:30:00+01:00")
    assert is_happy("FREQ=WEEKLY;BYDAY=MO", 7 * 24 * 60, "2026-11-22T23:59:00+01:00")


def test_the_local_hour_stays_where_clocks_change():
    daily = "FREQ=DAILY;BYHOUR=17"
    assert is_happy(daily, 60, "2026-07-01T15:30:00+00:00")
    assert is_happy(daily, 60, "2026-12-01T16:30:00+00:00")
    assert not is_happy(daily, 60, "2026-12-01T15:30:00+00:00")


def test_an_hour_that_clocks_skip_comes_that_much_later():
    # On 29 March 2026 there is no 02:30 in Vienna; as RFC 5545 has it, that is 03:30 of the summer.
    assert is_happy("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", 10, "2026-03-29T01:35:00+00:00")
    assert not is_happy("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", 10, "2026-03-29T00:35:00+00:00")


def test_of_an_hour_that_comes_twice_the_first_counts():
    # On 25 October 2026 it is 02:30 at 00:30 and at 01:30 of UTC; an hour passes in an hour.
    half_past_two = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"
    assert is_happy(half_past_two, 30, "2026-10-25T00:45:00+00:00")
    assert not is_happy(half_past_two, 30, "2026-10-25T01:45:00+00:00")
    assert is_happy(half_past_two, 90, "2026-10-25T01:45:00+00:00")


def test_every_second_week_counts_from_the_first_day_of_the_rule():
    every_other = ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;BYHOUR=9", 60)
    assert is_happy(*every_other, "2026-11-18T09:30:00+01:00", start="2026-11-16")
    assert not is_happy(*every_other, "2026-11-18T09:30:00+01:00", start="2026-11-09")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.integers(1, 2_000),
    st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe"]),
)
def test_it_is_happy_for_so_long_from_each_beginning(moment, minutes, name):
    zone, rule = ZoneInfo(name), "FREQ=WEEKLY;BYDAY=SU,MO;BYHOUR=1,2,23;BYMINUTE=15"
    at = moment.replace(tzinfo=UTC)
    begins = rrulestr(f"{rule};UNTIL=20270201", dtstart=datetime(2025, 12, 1))
    expected = any(
        (start := each.replace(tzinfo=zone).astimezone(UTC)) <= at < start + timedelta(minutes=minutes)
        for each in begins
    )
    assert is_happy(rule, minutes, at.isoformat(), zone) is expected


def test_dates_are_whole_local_days():
    day = span_of(Dates(start=date(2026, 11, 18), end=date(2026, 11, 18)), VIENNA)
    assert (day.start, day.end) == (
        datetime(2026, 11, 17, 23, tzinfo=UTC),
        datetime(2026, 11, 18, 23, tzinfo=UTC),
    )
