"""When schedules are due: by night, once, and by days of the business's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.insights.reports.contracts import Every
from regulars.insights.reports.due import due_on, first_after, night_of

VIENNA = ZoneInfo("Europe/Vienna")
HELSINKI = ZoneInfo("Europe/Helsinki")


def at(text: str, zone: ZoneInfo = VIENNA) -> datetime:
    """Return a moment that is told in local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_a_night_begins_at_three_in_the_business_zone():
    assert night_of(at("2026-11-20 02:59"), VIENNA) == date(2026, 11, 19)
    assert night_of(at("2026-11-20 03:00"), VIENNA) == date(2026, 11, 20)
    # The same moment is another night elsewhere.
    assert night_of(at("2026-11-20 03:00"), ZoneInfo("America/New_York")) == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("every", "weekday", "after", "first"),
    [
        (Every.WEEK, 1, date(2026, 11, 20), date(2026, 11, 23)),
        (Every.WEEK, 5, date(2026, 11, 20), date(2026, 11, 27)),
        (Every.WEEK, 7, date(2026, 12, 31), date(2027, 1, 3)),
        (Every.MONTH, None, date(2026, 11, 20), date(2026, 12, 1)),
        (Every.MONTH, None, date(2026, 12, 1), date(2027, 1, 1)),
        # February ends a day later in a leap year; the report of the first stands on its last day all the same.
        (Every.MONTH, None, date(2028, 2, 28), date(2028, 3, 1)),
        (Every.MONTH, None, date(2028, 2, 29), date(2028, 3, 1)),
        (Every.QUARTER, None, date(2026, 11, 20), date(2027, 1, 1)),
        (Every.QUARTER, None, date(2027, 1, 1), date(2027, 4, 1)),
        (Every.QUARTER, None, date(2027, 9, 30), date(2027, 10, 1)),
    ],
)
def test_the_next_day_is_the_first_that_the_pattern_names(every, weekday, after, first):
    assert first_after(after, every, weekday) == first


def test_nothing_is_due_before_its_night_and_once_it_is_done():
    monday = date(2026, 11, 23)
    before, night = at("2026-11-23 02:30"), at("2026-11-23 03:10")
    assert due_on(date(2026, 11, 20), Every.WEEK, 1, now=before, zone=VIENNA) is None
    assert due_on(date(2026, 11, 20), Every.WEEK, 1, now=night, zone=VIENNA) == monday
    # It is due until it is done, also by day, and not a second time.
    assert due_on(date(2026, 11, 20), Every.WEEK, 1, now=at("2026-11-25 18:00"), zone=VIENNA) == monday
    assert due_on(monday, Every.WEEK, 1, now=at("2026-11-29 23:00"), zone=VIENNA) is None


def test_of_several_that_were_missed_the_last_is_made():
    assert due_on(date(2026, 1, 1), Every.MONTH, None, now=at("2026-11-20 12:00"), zone=VIENNA) == date(2026, 11, 1)
    assert due_on(date(2026, 1, 1), Every.QUARTER, None, now=at("2026-11-20 12:00"), zone=VIENNA) == date(2026, 10, 1)


def hours(start: datetime, count: int) -> list[datetime]:
    return [start + timedelta(minutes=20 * number) for number in range(3 * count)]


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        # Clocks go on from 2 to 3 in Vienna, from 3 to 4 in Helsinki: there three o'clock is not.
        (VIENNA, date(2026, 3, 29)),
        (HELSINKI, date(2026, 3, 29)),
        # They go back from 3 to 2 in Vienna, from 4 to 3 in Helsinki: there three o'clock is twice.
        (VIENNA, date(2026, 10, 25)),
        (HELSINKI, date(2026, 10, 25)),
    ],
)
def test_a_night_in_which_clocks_are_changed_is_one_night(zone, night):
    done, made = night - timedelta(days=1), []
    for now in hours(datetime(night.year, night.month, night.day, tzinfo=zone).astimezone(UTC) - timedelta(hours=1), 9):
        day = due_on(done, Every.WEEK, 7, now=now, zone=zone)
        if day is not None:
            made.append((day, now.astimezone(zone).hour))
            done = day
    [(day, hour)] = made
    assert day == night
    # Twenty minutes after it began, at the latest.
    assert hour in {3, 4}


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.one_of(st.tuples(st.just(Every.WEEK), st.integers(1, 7)), st.sampled_from(Every).filter(lambda e: e != "week")),
    st.integers(1, 200),
)
def test_day_by_day_all_are_made_once_and_none_other(start, pattern, days):
    every, weekday = pattern if isinstance(pattern, tuple) else (pattern, None)
    done, made = start, []
    for number in range(1, days + 1):
        now = datetime.combine(start + timedelta(days=number), datetime.min.time(), tzinfo=VIENNA).replace(hour=4)
        day = due_on(done, every, weekday, now=now, zone=VIENNA)
        if day is not None:
            made.append(day)
            done = day
    expected, day = [], first_after(start, every, weekday)
    while day <= start + timedelta(days=days):
        expected.append(day)
        day = first_after(day, every, weekday)
    assert made == expected
