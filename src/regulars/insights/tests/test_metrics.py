"""A run tells the metrics of the business over time, as the library computes them from the same orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from ibis.expr.types import Table

from regulars.insights import queries
from regulars.insights.catalogue import METRICS, NO_WINDOW, WINDOWS_DAYS
from regulars.insights.contracts import Point, Run
from regulars.insights.lake.reading import read_orders
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import current_snapshot
from regulars.insights.tests import shop
from retention import metrics, rfm
from retention.purchases import within

pytestmark = pytest.mark.begins_with(what=shop.scored_shop(160))


@pytest.fixture
def state(begun: Run, tmp_path: Path) -> Iterator[Table]:
    snapshot = current_snapshot(now=shop.NOW)
    with workspace(tmp_path) as connection, read_orders(connection, snapshot, zone=shop.ZONE) as bought:
        yield rfm.daily_state(bought.orders, as_of=begun.as_of)


def series(run: Run, name: str, days: int) -> list[Point]:
    found = queries.find_metrics(run.id)
    assert found
    return list(found[name][days])


def test_each_metric_has_its_windows_and_ends_with_the_run(begun: Run) -> None:
    found = queries.find_metrics(begun.id)
    assert found
    assert list(found) == list(METRICS)
    for name, metric in METRICS.items():
        assert list(found[name]) == (list(WINDOWS_DAYS) if metric.windowed else [NO_WINDOW])
        for days, points in found[name].items():
            if points:
                assert points[0].until == begun.as_of, (name, days)
                assert [point.until for point in points] == sorted({point.until for point in points}, reverse=True)
    assert len(found["retention_rate"][28]) > len(found["retention_rate"][91]) > len(found["retention_rate"][364])


def test_the_figures_are_those_of_the_library(begun: Run, state: Table) -> None:
    for days in (28, 91):
        for point in series(begun, "retention_rate", days):
            told = metrics.retention_rate(state, as_of=point.until, window_days=days)
            assert (point.value, point.low, point.high) == (told.value, told.low, told.high)
        for point in series(begun, "revenue", days):
            window = within(state, after=point.until - timedelta(days=days), until=point.until)
            assert point.value == metrics.totals(window).revenue_minor
        after = begun.as_of - timedelta(days=days)
        window = within(state, after=after)
        told_by_customers = {
            "average_purchase_value": metrics.average_purchase_value(window),
            "purchase_frequency": metrics.purchase_frequency(window),
            "refunded_share": metrics.refunded_share(window),
            "returning_share": metrics.returning_share(state, after=after, until=begun.as_of),
        }
        for name, told in told_by_customers.items():
            [latest, before, *_] = series(begun, name, days)
            assert (latest.value, latest.low, latest.high) == (told.value, told.low, told.high)
            assert latest.low is not None
            assert before.value is not None
            assert before.low is None
    [latest, *_] = series(begun, "repeat_purchase_rate", NO_WINDOW)
    told = metrics.repeat_purchase_rate(state)
    assert (latest.value, latest.low, latest.high) == (told.value, told.low, told.high)


def test_no_window_begins_before_the_first_purchase(begun: Run, state: Table) -> None:
    first: date = state.day.min().to_pyarrow().as_py()
    for days in WINDOWS_DAYS:
        assert all(point.until - timedelta(days=days - 1) >= first for point in series(begun, "revenue", days))


def test_what_hangs_on_the_models_is_the_reports_and_kept_for_later_runs(begun: Run) -> None:
    report = queries.find_report(begun.id)
    assert report
    [point] = series(begun, "revenue_at_stake", NO_WINDOW)
    stake = report["metrics"]["revenue_at_stake_minor"]
    assert (point.value, point.low, point.high) == (stake["value"], stake["low"], stake["high"])
    [(as_of, stock)] = queries.list_stock(after=begun.as_of - timedelta(days=1))
    assert as_of == begun.as_of
    assert stock["revenue_at_stake"] == point
    assert queries.find_stock_before(begun.as_of) == {}
    before = queries.find_stock_before(begun.as_of + timedelta(days=28))
    assert before["as_of"] == begun.as_of.isoformat()
