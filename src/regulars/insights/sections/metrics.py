"""The metrics of the business over time: of windows that end on the run's day and on days before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from ibis.expr.types import Table

from regulars.insights.catalogue import METRICS, NO_WINDOW, STEP_DAYS, WINDOWS_DAYS
from regulars.insights.contracts import SectionJson
from regulars.insights.sections.by_day import ByDay
from regulars.insights.sections.ground import Ground
from regulars.report.contracts import Estimate, Metrics
from retention import metrics
from retention.estimates import Interval
from retention.in_memory import DayState
from retention.metrics import Course
from retention.purchases import within

POINTS = 26

Figure = Interval | Estimate | float | None
Points = list[dict[str, Any]]

WINDOWED: Mapping[str, Callable[[Course, date, int], Figure]] = {
    "retention_rate": Course.retention_rate,
    "churn_rate": lambda went, until, days: went.retention_rate(until, days).complement(),
    "active_customers": Course.active,
    "new_customers": Course.new,
    "revenue": Course.revenue_minor,
    "revenue_of_regulars": Course.revenue_of_earlier_minor,
    "returning_share": lambda went, until, days: _share(
        went.revenue_of_earlier_minor(until, days), went.revenue_minor(until, days)
    ),
    "average_purchase_value": Course.average_purchase_value,
    "purchase_frequency": lambda went, until, days: _share(went.count_purchases(until, days), went.active(until, days)),
    "refunded_share": Course.refunded_share,
}
"""Of a window that ends on a day."""

# How far these can be trusted, their customers tell; for the days before the value alone is kept.
TOLD_BY_CUSTOMERS: Mapping[str, Callable[[Table | DayState, date, date], Interval]] = {
    "returning_share": lambda state, after, until: metrics.returning_share(state, after=after, until=until),
    "average_purchase_value": lambda state, after, until: metrics.average_purchase_value(_within(state, after, until)),
    "purchase_frequency": lambda state, after, until: metrics.purchase_frequency(_within(state, after, until)),
    "refunded_share": lambda state, after, until: metrics.refunded_share(_within(state, after, until)),
}
"""The same of a window (after, until], with an interval, from the state itself."""

SO_FAR: Mapping[str, Callable[[Course, date], Figure]] = {"repeat_purchase_rate": Course.repeat_purchase_rate}
"""Of all time up to a day."""

STOCK: Mapping[str, Callable[[Metrics], Figure]] = {
    "customers_at_risk": lambda told: told.customers_at_risk,
    "revenue_at_stake": lambda told: told.revenue_at_stake_minor,
    "clv_expected": lambda told: told.clv_expected_minor,
    "customer_equity": lambda told: told.customer_equity_minor,
}
"""Of the state on the run's day, by its models: what they were before, the runs of then have told."""

# These are held against the window before.
_OF_TWO_WINDOWS = {"retention_rate", "churn_rate"}


def make_metrics(ground: Ground, bought: ByDay) -> SectionJson:
    """Return `{"as_of", "series": {metric: {window: [{"until", "value", "low", "high"}]}}}`, the latest point first.

    What is of no window stands under "0". A point whose window, or the one it is held against, begins before the first
    purchase is left out: it would tell of the history's beginning, not of the customers.
    """
    state, as_of = bought.state, ground.as_of
    went = metrics.course(state)
    latest = {
        (name, days): estimate(state, as_of - timedelta(days=days), as_of)
        for name, estimate in TOLD_BY_CUSTOMERS.items()
        for days in WINDOWS_DAYS
    }
    told = ground.scored.analysis.report.metrics
    return {
        "as_of": as_of.isoformat(),
        "series": {name: _series(name, went, told, latest, as_of) for name in METRICS},
    }


def _within(state: Table | DayState, after: date, until: date) -> Table | DayState:
    if isinstance(state, DayState):
        return state.within(after=after, until=until)
    return within(state, after=after, until=until)


def _series(
    name: str, went: Course, told: Metrics, latest: Mapping[tuple[str, int], Interval], as_of: date
) -> dict[str, Points]:
    if name in STOCK:
        return {str(NO_WINDOW): [_point(as_of, STOCK[name](told))]}
    ends = _ends(as_of)
    if name in SO_FAR:
        known = [until for until in ends if went.first_on and until >= went.first_on]
        return {str(NO_WINDOW): [_point(until, SO_FAR[name](went, until)) for until in known]}
    series = {}
    for days in WINDOWS_DAYS:
        asked_days = 2 * days if name in _OF_TWO_WINDOWS else days
        points = [_point(until, WINDOWED[name](went, until, days)) for until in ends if _knows(went, until, asked_days)]
        if points and (name, days) in latest:
            points[0] = _point(as_of, latest[name, days])
        series[str(days)] = points
    return series


def _ends(as_of: date) -> list[date]:
    """Return the days on which windows end: steps of four weeks, and one window of each length before."""
    back = {*(STEP_DAYS * step for step in range(POINTS)), *WINDOWS_DAYS}
    return [as_of - timedelta(days=days) for days in sorted(back)]


def _knows(went: Course, until: date, days: int) -> bool:
    return went.first_on is not None and until - timedelta(days=days - 1) >= went.first_on


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _point(until: date, figure: Figure) -> dict[str, Any]:
    if isinstance(figure, Interval | Estimate):
        value, low, high = figure.value, figure.low, figure.high
    else:
        value, low, high = figure, None, None
    return {"until": until.isoformat(), "value": _finite(value), "low": _finite(low), "high": _finite(high)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
