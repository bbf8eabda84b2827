"""The section of cohorts: the library's numbers on the same orders, whole for all and for each attribute."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from regulars.insights.cohorts import OF_PURCHASES, PERIODS, SECTION, Cohorts, Group, Kind, Told, read_section
from regulars.insights.contracts import METRICS, Run, RunState
from regulars.insights.lake.reading import read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import current_snapshot
from regulars.insights.queries import find_report, find_section
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, ZONE, open_shop, run, scored_shop
from regulars.orders import services as orders
from regulars.orders.tests.order_factory import ines, line, order
from retention import rfm
from retention.calendar import Period
from retention.cohorts import CohortMatrix, cohort_matrix
from retention.estimates import wilson


def told(done: Run, period: Period | None = None) -> Told:
    assert (done.state, done.error_code) == (RunState.SUCCEEDED, "")
    section = find_section(done.id, SECTION)
    assert section is not None
    return read_section(section, period)


def matrices(folder: Path) -> dict[Period, CohortMatrix]:
    """Return the library's cohorts of the orders of the lake."""
    snapshot = current_snapshot(now=NOW)
    with workspace(folder) as connection, read_orders(connection, snapshot, zone=ZONE) as bought:
        state = rfm.daily_state(bought.orders, as_of=UNTIL)
        return {period: cohort_matrix(state, period, as_of=UNTIL) for period in PERIODS}


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_cohorts_are_the_librarys_and_those_of_the_report(begun: Run, tmp_path: Path) -> None:
    run_told = {period: told(begun, period) for period in PERIODS}
    for period, matrix in matrices(tmp_path).items():
        found = run_told[period].cohorts
        rows = {cohort.period: cohort for cohort in found.everybody.cohorts}
        last = max(rows)
        assert len(rows) > 3
        for start, cohort in rows.items():
            row = matrix.cohorts.index(start)
            width = min(len(cohort.retained), int((matrix.eligible[row] > 0).sum()))
            assert len(cohort.retained) == width
            assert cohort.size == matrix.sizes[row]
            assert list(cohort.retained) == matrix.customers[row, :width].tolist()
            assert list(cohort.revenue_minor) == matrix.revenue_minor[row, :width].tolist()
        assert found.open_end == bool(matrix.partial[matrix.cohorts.index(last)].any())
        for age in found.everybody.ages:
            cells = (matrix.eligible[:, age.periods] > 0) & ~matrix.partial[:, age.periods]
            followed, bought = matrix.sizes[cells].sum(), matrix.customers[cells, age.periods].sum()
            share = wilson(int(bought), int(followed))
            assert (age.followed, age.bought) == (followed, bought)
            assert (age.share, age.low, age.high) == (share.value, share.low, share.high)


@pytest.mark.begins_with(what=scored_shop(160))
def test_the_reports_own_period_is_told_as_the_report_tells_it(begun: Run) -> None:
    report, section = find_report(begun.id), find_section(begun.id, SECTION)
    assert report is not None
    assert section is not None
    own = read_section(section, None)
    assert own.own_period == own.cohorts.period == report["cohort_period"] == "month"
    by_start = {each["period"]: each for each in report["cohorts"]}
    for cohort in own.cohorts.everybody.cohorts:
        theirs = by_start[cohort.period.isoformat()]
        assert list(cohort.retained) == theirs["retained"][: len(cohort.retained)]
        assert list(cohort.revenue_minor) == theirs["revenue_minor"][: len(cohort.revenue_minor)]


def apart(found: Cohorts) -> dict[str, tuple[Group, ...]]:
    """Return the groups of each attribute by which nobody is in two of them."""
    return {name: split.groups for name, split in found.splits.items() if not split.overlaps}


@pytest.mark.begins_with(what=scored_shop(160))
def test_each_attribute_adds_up_to_all_customers(begun: Run) -> None:
    for period in PERIODS:
        found = told(begun, period).cohorts
        assert set(OF_PURCHASES) < set(found.splits)
        for name, groups in apart(found).items():
            assert sum(group.customers for group in groups) == found.everybody.customers, name
            for age in found.everybody.ages[:13]:
                parts = [each for group in groups if (each := group.at(age.periods))]
                assert sum(part.followed for part in parts) == age.followed, (name, age)
                assert sum(part.bought for part in parts) == age.bought, (name, age)
                assert sum(part.revenue_minor for part in parts) == age.revenue_minor, (name, age)
        kept = min(len(found.everybody.cohorts), 12)
        for groups in (groups for name, groups in apart(found).items() if name != "joined"):
            sizes = {cohort.period: 0 for cohort in found.everybody.cohorts[-kept:]}
            for group in groups:
                for cohort in group.cohorts:
                    if cohort.period in sizes:
                        sizes[cohort.period] += cohort.size
            assert sizes == {cohort.period: cohort.size for cohort in found.everybody.cohorts[-kept:]}


@pytest.mark.begins_with(what=scored_shop(160))
def test_newer_cohorts_are_held_against_those_of_a_year_before(begun: Run, tmp_path: Path) -> None:
    trend = told(begun, "month").cohorts.trend
    assert trend is not None
    assert trend.is_a_year
    # November is not over, so that October's cohort has not been followed for a month.
    assert (trend.newer.first, trend.newer.last) == (date(2026, 4, 1), date(2026, 9, 1))
    assert (trend.older.first, trend.older.last) == (date(2025, 4, 1), date(2025, 9, 1))
    matrix = matrices(tmp_path)["month"]
    for side in (trend.newer, trend.older):
        first, last = matrix.cohorts.index(side.first), matrix.cohorts.index(side.last)
        assert side.followed == matrix.sizes[first : last + 1].sum()
        assert side.bought == matrix.customers[first : last + 1, 1].sum()
    assert trend.low <= trend.difference <= trend.high


@pytest.mark.begins_with(what=scored_shop(160))
def test_orders_that_do_not_fit_into_memory_come_to_the_same(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = {name: find_section(begun.id, name) for name in (SECTION, METRICS)}
    monkeypatch.setattr("regulars.insights.lake.reading.MOST_ROWS", 0)
    again = run()
    assert again.state is RunState.SUCCEEDED
    assert in_memory[SECTION] is not None
    assert find_section(again.id, SECTION) == in_memory[SECTION]
    told, before = find_section(again.id, METRICS), in_memory[METRICS]
    assert told is not None
    assert before is not None
    for name, windows in before["series"].items():
        for days, points in windows.items():
            for ours, theirs in zip(told["series"][name][days], points, strict=True):
                assert ours == pytest.approx(theirs), (name, days)


def put(number: str, day: date, cents: int, **more: object) -> None:
    placed = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    told = order(number, placed_at=placed, lines=[line(cents, 1)], total_minor=cents, buyer=ines(), **more)
    orders.put_orders(orders=[told], now=NOW, actor=MIRA)


@pytest.fixture
def empty_shop(fresh_database: str) -> None:
    open_shop(0)


def by(found: Cohorts, name: str) -> dict[str, int]:
    return {group.value or group.kind.value: group.customers for group in found.splits[name].groups}


def test_one_order_makes_one_cohort_and_what_is_not_known_is_told_so(empty_shop: None) -> None:
    put("1", date(2026, 11, 2), 900, location="")
    found = told(run(), "month").cohorts
    [cohort] = found.everybody.cohorts
    assert (cohort.period, cohort.size, cohort.retained, cohort.revenue_minor) == (date(2026, 11, 1), 1, (1,), (900,))
    # Its month is not over, so that nobody has been followed to the end of one.
    assert (found.everybody.ages, found.trend, found.open_end) == ((), None, True)
    assert by(found, "location") == {"unknown": 1}
    assert by(found, "size") == {"1": 1}
    assert by(found, "joined") == {"2026-2": 1}


def test_the_first_order_of_the_first_day_says_where_somebody_came_from(empty_shop: None) -> None:
    put("late", date(2026, 9, 2), 5_000, location="second")
    put("early", date(2026, 9, 1), 700, location="first")
    put("undone", date(2026, 8, 1), 300, location="undone", cancelled_at=NOW)
    found = told(run(), "month").cohorts
    assert by(found, "location") == {"first": 1}
    [group] = found.splits["size"].groups
    assert (group.over, group.until, group.kind) == (None, "700", Kind.VALUE)
