"""The metrics as the overview shows them: cards for those that matter most, and a table of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regulars.faces.console.overview.reading import Reading
from regulars.faces.console.overview.words import (
    Change,
    change_since,
    interval_in_words,
    metric_address,
    target_state,
    value_in_words,
)
from regulars.insights.catalogue import Benchmark
from regulars.kit.i18n import gettext
from regulars.report.page.figures import spark_path

CARDS = ("retention_rate", "revenue_of_regulars", "revenue_at_stake", "clv_expected")
# A line of fewer points says nothing.
_FEWEST_POINTS = 3
_MOST_POINTS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A metric in words; `spark` is the path of the line of what it was, oldest first.

    `benchmark` tells who publishes it, `benchmark_source` of whom, and `benchmark_address` where it stands.
    """

    name: str
    label: str
    definition: str
    address: str
    value: str
    is_known: bool
    interval: str
    change: Change | None
    year: Change | None
    target: str
    target_state: str
    benchmark: str
    benchmark_source: str
    benchmark_address: str
    spark: str


def cards_of(readings: Mapping[str, Reading], currency: str) -> list[Line]:
    """Return the metrics that matter most."""
    return [line_of(readings[name], currency) for name in CARDS]


def lines_of(readings: Mapping[str, Reading], currency: str) -> list[Line]:
    """Return all metrics."""
    return [line_of(reading, currency) for reading in readings.values()]


def line_of(reading: Reading, currency: str) -> Line:
    """Return a metric in words."""
    metric, now, target = reading.metric, reading.now, reading.target
    first = next(iter(metric.benchmarks), None)
    return Line(
        name=metric.name,
        label=gettext(metric.label),
        definition=gettext(metric.definition),
        address=metric_address(metric.name, reading.window_days),
        value=value_in_words(metric, now.value if now else None, currency),
        is_known=now is not None and now.value is not None,
        interval=interval_in_words(metric, now, currency),
        change=change_since(reading, reading.before),
        year=change_since(reading, reading.year_ago),
        target="" if target is None else value_in_words(metric, target.value, currency),
        target_state=target_state(reading),
        benchmark="" if first is None else f"{value_in_words(metric, first.value, currency)} ({_publisher(first)})",
        benchmark_source="" if first is None else gettext(first.who),
        benchmark_address="" if first is None else first.address,
        spark=_spark(reading),
    )


def _publisher(benchmark: Benchmark) -> str:
    """Return who stands behind a source: its title, behind the comma, would make the column too wide."""
    return benchmark.source.partition(",")[0]


def _spark(reading: Reading) -> str:
    values: Sequence[float] = [point.value for point in reading.points[:_MOST_POINTS] if point.value is not None]
    return spark_path(values[::-1]) if len(values) >= _FEWEST_POINTS else ""
