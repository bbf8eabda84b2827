"""The page of the metrics is what the catalogue says."""

from __future__ import annotations

from pathlib import Path

from regulars.insights.catalogue import METRICS, MetricUnit
from regulars.insights.reference import metrics_page

DOCS = Path(__file__).parents[4] / "docs"


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "metrics.md").read_text(encoding="utf-8") == metrics_page(), "run `make reference`"


def test_each_metric_says_what_it_means_and_each_benchmark_where_it_stands() -> None:
    page = metrics_page()
    for name, metric in METRICS.items():
        assert f"| `{name}` | **{metric.label}.** {metric.definition}" in page
        for each in metric.benchmarks:
            assert metric.unit is MetricUnit.SHARE
            assert 0 < each.value < 1
            assert each.address.startswith("https://")
