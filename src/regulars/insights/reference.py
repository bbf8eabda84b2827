"""The reference of the metrics, as a page of the documentation: made from the catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from regulars.insights.catalogue import METRICS, STEP_DAYS, WINDOWS_DAYS, Better, Metric, MetricUnit
from regulars.report.definitions import DEFINITIONS

_MADE = "<!-- Made by `make reference` from what the code declares; a test holds it to that. -->\n"
_UNITS = {
    MetricUnit.SHARE: "share, 0 to 1",
    MetricUnit.CUSTOMERS: "customers",
    MetricUnit.MONEY: "minor units of the reporting currency",
    MetricUnit.NUMBER: "number",
}
_BETTER = {Better.MORE: "more", Better.LESS: "less", Better.NEITHER: "neither"}


def metrics_page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    windows = ", ".join(map(str, WINDOWS_DAYS[:-1])) + f" and {WINDOWS_DAYS[-1]}"
    yield "# Metrics\n"
    yield _MADE
    yield (
        f"Figures of the whole business. What is of a window is told for windows of {windows} days that end with the\n"
        f"run's day, with days {STEP_DAYS} apart before it, and one window before; days are in the business's zone.\n"
        "Rates have Wilson's interval (95 %), means one by customers. Of each, a manager may set a target.\n"
    )
    yield "| metric | meaning | in | of a window | better | who is behind it |\n|---|---|---|---|---|---|"
    for metric in METRICS.values():
        people = f"`{metric.people}`" if metric.people else "–"
        window = "yes" if metric.windowed else "no"
        cells = (f"`{metric.name}`", f"**{metric.label}.** {metric.definition}", _UNITS[metric.unit], window)
        yield "| " + " | ".join((*cells, _BETTER[metric.better], people)) + " |"
    yield "\n## What others publish\n"
    yield "Other businesses, other customers: a place to begin asking, not a mark to reach.\n"
    yield "| metric | of whom | value | source |\n|---|---|---|---|"
    for metric in METRICS.values():
        yield from _published(metric)
    yield "\n## Terms\n"
    yield "| term | meaning |\n|---|---|"
    for term in DEFINITIONS.values():
        yield f"| {term.term} | {term.text} |"


def _published(metric: Metric) -> Iterator[str]:
    for each in metric.benchmarks:
        yield f"| `{metric.name}` | {each.who} | {each.value:.1%} | [{each.source}]({each.address}) |"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "metrics.md").write_text(metrics_page(), encoding="utf-8")
