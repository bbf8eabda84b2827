"""Local days against zoneinfo, periods against plain Python."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention import calendar
from retention.calendar import Period, local_day, local_days
from retention.reasons import InvalidInput

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # Changed at midnight until 2019: some of its days began at one o'clock.
    "Asia/Beirut",  # Changes at midnight.
    "Asia/Kathmandu",  # Three quarters of an hour.
    "Australia/Lord_Howe",  # Summer time is half an hour.
    "Pacific/Apia",  # Left out 2011-12-30 altogether.
    "Africa/Casablanca",  # Four changes a year.
    "UTC",
)
PERIODS: tuple[Period, ...] = ("week", "month", "quarter")


def days_of(instants: Sequence[datetime | None], zone: str, first_year: int, last_year: int) -> list[date | None]:
    table = ibis.memtable(pa.table({"at": pa.array(instants, pa.timestamp("us"))}))
    days: list[date | None] = (
        local_day(table["at"], zone, first_year=first_year, last_year=last_year).to_pyarrow().to_pylist()
    )
    return days


def days_in_memory(instants: Sequence[datetime], zone: str, first_year: int, last_year: int) -> list[date]:
    seconds = np.array([(instant - datetime(1970, 1, 1)) // timedelta(seconds=1) for instant in instants])  # noqa: DTZ001
    days = local_days(seconds, zone, first_year=first_year, last_year=last_year)
    return [date(1970, 1, 1) + timedelta(days=day) for day in days.tolist()]


def zoneinfo_day(instant: datetime, zone: str) -> date:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_around_each_change_of_offset_falls_on_the_day_that_zoneinfo_says(zone: str) -> None:
    begin = datetime(2008, 1, 2)  # noqa: DTZ001  (UTC, as the column is)
    hours = [begin + timedelta(hours=count) for count in range(0, 24 * 365 * 5, 6)]
    near = [
        hour + timedelta(minutes=minutes)
        for hour, following in itertools.pairwise(hours)
        if ZoneInfo(zone).utcoffset(hour) != ZoneInfo(zone).utcoffset(following)
        for minutes in range(-2_880, 2_880, 30)
    ]
    instants = [*hours, *near]
    expected = [zoneinfo_day(instant, zone) for instant in instants]
    assert days_of(instants, zone, 2007, 2013) == expected
    assert days_in_memory(instants, zone, 2007, 2013) == expected


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(1960, 1, 3), datetime(2029, 12, 29)), min_size=1, max_size=20),  # noqa: DTZ001
)
def test_any_instant_falls_on_the_day_that_zoneinfo_says(zone: str, instants: list[datetime]) -> None:
    expected = [zoneinfo_day(instant, zone) for instant in instants]
    assert days_of(instants, zone, 1960, 2029) == expected
    assert days_in_memory(instants, zone, 1960, 2029) == expected


@pytest.mark.parametrize(("month", "day"), [(1, 1), (12, 31)])
def test_in_memory_an_instant_outside_the_years_is_refused(month: int, day: int) -> None:
    inside = datetime(2020, month, day, 12)  # noqa: DTZ001
    assert days_in_memory([inside], "Europe/Berlin", 2020, 2020) == [inside.date()]
    for year in (2019, 2021):
        with pytest.raises(InvalidInput, match="outside the years"):
            days_in_memory([inside.replace(year=year)], "Europe/Berlin", 2020, 2020)


def test_half_a_second_before_midnight_is_still_the_old_day() -> None:
    before = datetime(2024, 6, 30, 21, 59, 59, 999_999)  # noqa: DTZ001
    assert days_of([before, before + timedelta(microseconds=1)], "Europe/Berlin", 2024, 2024) == [
        date(2024, 6, 30),
        date(2024, 7, 1),
    ]


def test_instants_that_know_their_zone_are_read_as_instants() -> None:
    column = pa.array([datetime(2024, 6, 30, 22, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    table = ibis.memtable(pa.table({"at": column}))
    days = local_day(table["at"], "Europe/Berlin", first_year=2024, last_year=2024).to_pyarrow().to_pylist()
    assert days == [date(2024, 7, 1)]


def test_an_instant_outside_the_years_or_missing_has_no_day() -> None:
    instants = [
        None,
        datetime(2019, 12, 31, 22, 59, 59),  # noqa: DTZ001
        datetime(2019, 12, 31, 23),  # noqa: DTZ001
        datetime(2020, 12, 31, 22, 59, 59),  # noqa: DTZ001
        datetime(2020, 12, 31, 23),  # noqa: DTZ001
    ]
    assert days_of(instants, "Europe/Berlin", 2020, 2020) == [None, None, date(2020, 1, 1), date(2020, 12, 31), None]


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        days_of([None], zone, 2020, 2020)
    assert refusal.value.reason.code == "unknown_zone"


@pytest.mark.parametrize(("first", "last"), [(2021, 2020), (1800, 2020), (2020, 3000)])
def test_years_that_are_no_interval_are_refused(first: int, last: int) -> None:
    with pytest.raises(InvalidInput, match="interval"):
        days_of([None], "UTC", first, last)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PERIODS), st.lists(st.tuples(st.dates(), st.dates()), min_size=1, max_size=20))
def test_columns_and_plain_days_have_the_same_periods(period: Period, pairs: list[tuple[date, date]]) -> None:
    pairs = [(max(a, date(1, 1, 8)), max(b, date(1, 1, 8))) for a, b in pairs]
    table = ibis.memtable(
        pa.table({name: pa.array(days, pa.date32()) for name, days in zip("ab", zip(*pairs, strict=True), strict=True)})
    )
    rows = table.select(
        start=calendar.period_of(table.a, period), between=calendar.periods_between(table.a, table.b, period)
    )
    for (a, b), row in zip(pairs, rows.to_pyarrow().to_pylist(), strict=True):
        assert row["start"] == calendar.start_of(a, period)
        assert calendar.shift(a, period, row["between"]) == calendar.start_of(b, period)


def test_weeks_start_on_monday() -> None:
    week = [date(2024, 1, 1) + timedelta(days=count) for count in range(-1, 8)]
    table = ibis.memtable(pa.table({"day": week}))
    mondays = calendar.week_of(table.day).to_pyarrow().to_pylist()
    assert mondays == [date(2023, 12, 25), *[date(2024, 1, 1)] * 7, date(2024, 1, 8)]


@pytest.mark.parametrize("period", PERIODS)
def test_periods_follow_each_other_without_a_gap(period: Period) -> None:
    starts = calendar.periods(date(2022, 11, 17), date(2025, 2, 3), period)
    assert starts[0] <= date(2022, 11, 17) < starts[1]
    assert starts[-1] <= date(2025, 2, 3) < calendar.shift(starts[-1], period, 1)
    assert all(calendar.shift(a, period, 1) == b for a, b in itertools.pairwise(starts))


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(InvalidInput, match="fortnight"):
        calendar.start_of(date(2024, 1, 1), "fortnight")  # type: ignore[arg-type]


def test_days_can_be_added_and_counted() -> None:
    table = ibis.memtable(pa.table({"day": [date(2024, 2, 28)], "count": [2]}))
    later = calendar.add_days(table.day, table["count"])
    row = table.select(later=later, between=calendar.days_between(table.day, later)).to_pyarrow().to_pylist()
    assert row == [{"later": date(2024, 3, 1), "between": 2}]
