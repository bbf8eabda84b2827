"""The metrics as the last run told them, each with what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from regulars.faces.console.latest import Latest
from regulars.insights import queries as insights
from regulars.insights.catalogue import METRICS, NO_WINDOW, WINDOWS_DAYS, Metric
from regulars.insights.contracts import METRICS as METRICS_SECTION
from regulars.insights.contracts import Point, Target
from regulars.insights.kept import point_of

USUAL_WINDOW = WINDOWS_DAYS[1]
YEAR_DAYS = WINDOWS_DAYS[-1]
# What hung on the models a while ago, a run of about then has told.
_ABOUT_DAYS = 10
_STOCK_DAYS = 2 * YEAR_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric of a window that ended with a day: what it is, what it was before, and what it is wanted to be.

    `now` is None where nothing could be told yet, `before` and `year_ago` where nothing was known then. `points` are
    all that are known, the latest first.
    """

    metric: Metric
    window_days: int
    now: Point | None
    before: Point | None
    year_ago: Point | None
    target: Target | None
    points: Sequence[Point]


def read_all(latest: Latest, window_days: int) -> Mapping[str, Reading] | None:
    """Return a reading of each metric, by name; None where the run is from before there were metrics."""
    kept = latest.section(METRICS_SECTION)
    if kept is None:
        return None
    as_of = latest.run.as_of
    stock = insights.list_stock(after=as_of - timedelta(days=_STOCK_DAYS))
    targets = {(target.metric, target.window_days): target for target in insights.list_targets()}
    found = {}
    for name, metric in METRICS.items():
        days = window_days if metric.windowed else NO_WINDOW
        points = [point_of(point) for point in kept["series"].get(name, {}).get(str(days), ())]
        told = [replace(values[name], until=on) for on, values in stock if name in values and on < as_of]
        found[name] = Reading(
            metric=metric,
            window_days=days,
            now=points[0] if points and points[0].value is not None else None,
            before=_at([*points, *told], as_of - timedelta(days=window_days)),
            year_ago=_at([*points, *told], as_of - timedelta(days=YEAR_DAYS)),
            target=targets.get((name, days)),
            points=[*points, *told],
        )
    return found


def _at(points: Sequence[Point], day: date) -> Point | None:
    """Return the point of a day, or the nearest that tells of about then."""
    known = [point for point in points[1:] if point.value is not None and abs((point.until - day).days) <= _ABOUT_DAYS]
    return min(known, key=lambda point: abs((point.until - day).days), default=None)
