"""Which night comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.calendar import first_instant_of, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.nights.contracts import Planned
from regulars.loyalty.nights.planning import Lived, next_night

DOCUMENT = Program.model_validate(
    {"program": "beans", "name": "Beans", "currencies": [{"key": "points", "name": "Points"}]}
)
# Summer time at two o'clock, at midnight forth and back, at midnight of another day, half hours, a day skipped.
ZONES = [
    "Europe/Vienna",
    "America/Santiago",
    "Asia/Beirut",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "America/Los_Angeles",
]
PROGRAM = new_id()


def version(effective_at: datetime, zone: str = "Europe/Vienna", number: int = 1) -> ProgramVersion:
    return ProgramVersion(
        program_id=PROGRAM,
        program_key="beans",
        number=number,
        effective_at=effective_at,
        document=DOCUMENT,
        digest="",
        zone=ZoneInfo(zone),
    )


def nights(*versions: ProgramVersion, last: Lived | None = None) -> list[Planned]:
    """The next two hundred nights."""

    def following() -> Iterator[Planned]:
        place = last
        while (planned := next_night(versions, place)) is not None:
            yield planned
            place = Lived(planned.at, planned.day)

    return list(islice(following(), 200))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_a_programme_published_at_noon_has_its_first_night_when_that_day_is_over() -> None:
    first = nights(version(utc(2026, 3, 2, 11)))[0]
    assert (first.at, first.day, first.first_day) == (utc(2026, 3, 2, 23), date(2026, 3, 3), date(2026, 3, 3))


def test_a_programme_in_force_from_the_first_instant_of_a_day_has_that_night() -> None:
    assert nights(version(utc(2026, 3, 2, 23)))[0].at == utc(2026, 3, 2, 23)
    assert nights(version(utc(2026, 3, 2, 23) + timedelta(seconds=1)))[0].at == utc(2026, 3, 3, 23)


def test_before_anything_is_published_there_is_no_night() -> None:
    assert next_night([], None) is None


def test_summer_time_makes_days_of_twenty_three_and_twenty_five_hours() -> None:
    found = nights(version(utc(2026, 3, 27, 23)))
    lengths = {(after.at - before.at) // timedelta(hours=1): before.day for before, after in pairwise(found)}
    assert lengths[23] == date(2026, 3, 29)
    found = nights(version(utc(2026, 10, 20, 22)))
    assert (found[4].day, found[5].at - found[4].at) == (date(2026, 10, 25), timedelta(hours=25))


def test_where_midnight_does_not_exist_the_night_is_when_the_clocks_go_forward() -> None:
    # Beirut, 29 March 2026: 00:00 becomes 01:00.
    [night] = [each for each in nights(version(utc(2026, 3, 20), "Asia/Beirut")) if each.day == date(2026, 3, 29)]
    assert night.at.astimezone(ZoneInfo("Asia/Beirut")).isoformat() == "2026-03-29T01:00:00+03:00"


def test_where_midnight_comes_twice_the_night_is_lived_once() -> None:
    # Beirut, 24 October 2026: at 24:00 clocks go back to 23:00.
    found = nights(version(utc(2026, 10, 20), "Asia/Beirut"))
    days = [each.day for each in found]
    assert len(days) == len(set(days))
    [night] = [each for each in found if each.day == date(2026, 10, 25)]
    assert night.at == utc(2026, 10, 24, 22)


def test_a_day_that_a_zone_skipped_belongs_to_the_night_after_it() -> None:
    # Samoa had no 30 December 2011.
    found = nights(version(utc(2011, 12, 27, 12), "Pacific/Apia"))
    [night] = [each for each in found if each.day == date(2011, 12, 31)]
    assert night.first_day == date(2011, 12, 30)
    assert [each.day for each in found if each.first_day != each.day] == [date(2011, 12, 31)]


def test_another_version_has_its_own_midnights_from_then_on() -> None:
    found = nights(version(utc(2026, 3, 1, 12)), version(utc(2026, 3, 3, 12), "America/Los_Angeles", 2))
    assert [(each.at, each.version.number) for each in found[:4]] == [
        (utc(2026, 3, 1, 23), 1),
        (utc(2026, 3, 2, 23), 1),
        (utc(2026, 3, 4, 8), 2),
        (utc(2026, 3, 5, 8), 2),
    ]


def test_a_day_that_another_zone_has_begun_already_is_not_left_out() -> None:
    # From far in the west, where it was 2 March, to far in the east, where it is 4 March before that night comes.
    found = nights(
        version(utc(2026, 3, 1, 12), "America/Los_Angeles"), version(utc(2026, 3, 3, 7, 59), "Pacific/Kiritimati", 2)
    )
    assert [(each.day, each.first_day) for each in found[:2]] == [
        (date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 4), date(2026, 3, 3)),
    ]


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=4),
    start=st.integers(0, 20 * 365 * 24 * 60),
    gaps=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=60)), min_size=4, max_size=4),
)
def test_each_day_has_its_night_whatever_the_zones(zones: list[str], start: int, gaps: list[timedelta]) -> None:
    moment, versions = utc(2010, 1, 1) + timedelta(minutes=start), []
    for number, (zone, gap) in enumerate(zip(zones, gaps, strict=False), start=1):
        versions.append(version(moment, zone, number))
        moment += gap
    found = nights(*versions)
    for before, after in pairwise(found):
        assert before.at < after.at <= before.at + timedelta(days=2)
        # No day is left out, and none is before the one that was last.
        assert after.first_day <= before.day + timedelta(days=1)
        assert after.day >= before.day - timedelta(days=1)
    for each in found:
        assert each.at == first_instant_of(local_day(each.at, each.version.zone), each.version.zone)
        in_force = [one for one in versions if one.effective_at <= each.at]
        assert in_force[-1] is each.version


@pytest.mark.parametrize("zone", ZONES)
def test_in_one_zone_every_local_day_of_a_year_has_one_night(zone: str) -> None:
    days = [each.day for each in nights(version(utc(2026, 1, 1), zone))]
    assert [after - before for before, after in pairwise(days)] == [timedelta(days=1)] * 199
