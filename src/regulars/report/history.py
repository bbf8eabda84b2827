"""What has happened: the descriptive half of the report, read off the daily state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import ibis
import numpy as np
from ibis.expr.types import Table

from regulars.report.contracts import Cohort, Estimate, Period, Survival
from retention import cohorts, metrics, survival
from retention.calendar import Period as PeriodName
from retention.estimates import Interval
from retention.in_memory import DayState, measures
from retention.purchases import with_worth
from retention.reasons import RetentionError

# As a table of an engine, or in memory.
State: TypeAlias = Table | DayState

# Thirteen weeks, so that it holds as many of each weekday as the one before; pages show the same window.
WINDOW_DAYS = 91
LAPSE_PERIODS = {"week": 4, "month": 3, "quarter": 1}
MOST_CURVE_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What came in the last days, and in as many before them."""

    days: int
    active: int
    previous_active: int
    revenue_minor: int
    previous_revenue_minor: int
    returning_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is counted rather than estimated, and the rates with their intervals."""

    totals: metrics.Totals
    average_purchase_value_minor: float
    purchase_frequency: float
    historic_value_minor: float
    gap_days: float | None
    repeat_purchase_rate: Estimate
    retention_rate: Estimate
    previous_retention_rate: Estimate
    churn_rate: Estimate
    window: Window
    concentration: metrics.Concentration | None
    period: PeriodName
    activity: tuple[Period, ...]
    cohorts: tuple[Cohort, ...]
    second_purchase: Survival | None


def read_history(state: State, daily: State, *, first_on: date, as_of: date, margin: float) -> History:
    """Read what happened until `as_of`.

    `state` has the grain of a purchase, `daily` that of a day: windows and periods begin and end on days, whatever
    counts as one purchase.
    """
    span = (as_of - first_on).days + 1
    window = min(WINDOW_DAYS, max(1, span // 2))
    period = _period(span)
    retained = metrics.retention_rate(daily, as_of=as_of, window_days=window)
    before = metrics.retention_rate(daily, as_of=as_of - timedelta(days=window), window_days=window)
    return History(
        totals=metrics.totals(state),
        average_purchase_value_minor=metrics.average_purchase_value(state).value,
        purchase_frequency=metrics.purchase_frequency(state).value,
        historic_value_minor=metrics.historic_lifetime_value(state, margin=margin).value,
        gap_days=_finite(metrics.inter_purchase_time(state).median_days.value),
        repeat_purchase_rate=estimate(metrics.repeat_purchase_rate(state)),
        retention_rate=estimate(retained),
        previous_retention_rate=estimate(before),
        churn_rate=estimate(metrics.churn_rate(daily, as_of=as_of, window_days=window)),
        window=_window(daily, as_of=as_of, days=window),
        concentration=_concentration(state),
        period=period,
        activity=_activity(daily, period, as_of),
        cohorts=_cohorts(daily, period, as_of),
        second_purchase=_second_purchase(state, as_of),
    )


def estimate(interval: Interval) -> Estimate:
    """Return an interval of the library as the report holds it: None for what cannot be computed."""
    return Estimate(
        value=_finite(interval.value), low=_finite(interval.low), high=_finite(interval.high), reason=interval.reason
    )


def _period(span_days: int) -> PeriodName:
    """Choose periods so that a history shows between a few and a few dozen of them."""
    if span_days < 120:
        return "week"
    return "month" if span_days <= 5 * 366 else "quarter"


def _window(state: State, *, as_of: date, days: int) -> Window:
    start, before = as_of - timedelta(days=days), as_of - timedelta(days=2 * days)
    row: Mapping[str, int]
    if isinstance(state, DayState):
        row = measures.windows(state, before=before, start=start, until=as_of)
    else:
        row = _windows(state, before=before, start=start, until=as_of)
    revenue = int(row["revenue"] or 0)
    return Window(
        days=days,
        active=row["active"],
        previous_active=row["previous_active"],
        revenue_minor=revenue,
        previous_revenue_minor=int(row["previous_revenue"] or 0),
        returning_share=int(row["returning"] or 0) / revenue if revenue > 0 else None,
    )


def _windows(state: Table, *, before: date, start: date, until: date) -> Mapping[str, int]:
    worth = with_worth(state)
    # Refunds count on the day of the state: of the purchase that they undo, or their own where that is unknown.
    seen = worth.mutate(
        bought_on=(worth.purchase == 1).ifelse(worth.day, ibis.null("date")),
    ).mutate(first_on=ibis._.bought_on.min().over(group_by="customer"))
    now = (seen.day > ibis.date(start)) & (seen.day <= ibis.date(until))
    then = (seen.day > ibis.date(before)) & (seen.day <= ibis.date(start))
    buys = seen.bought_on.notnull()
    windows = seen.aggregate(
        active=seen.customer.nunique(where=now & buys),
        previous_active=seen.customer.nunique(where=then & buys),
        revenue=seen.net_minor.sum(where=now),
        previous_revenue=seen.net_minor.sum(where=then),
        returning=seen.net_minor.sum(where=now & (seen.first_on <= ibis.date(start))),
    )
    [row] = windows.to_pyarrow().to_pylist()
    return dict(row)


def _activity(state: State, period: PeriodName, as_of: date) -> tuple[Period, ...]:
    rows = metrics.activity(state, period, as_of=as_of, lapse_periods=LAPSE_PERIODS[period])
    return tuple(
        Period(
            period=row.period,
            new=row.new,
            returning=row.returning,
            reactivated=row.reactivated,
            lapsed=row.lapsed,
            orders=row.orders,
            revenue_new_minor=row.revenue_new_minor,
            revenue_returning_minor=row.revenue_returning_minor,
            revenue_reactivated_minor=row.revenue_reactivated_minor,
            partial=row.partial,
        )
        for row in rows
    )


def _cohorts(state: State, period: PeriodName, as_of: date) -> tuple[Cohort, ...]:
    matrix = cohorts.cohort_matrix(state, period, as_of=as_of)
    seen = matrix.eligible > 0
    return tuple(
        Cohort(
            period=start,
            size=int(matrix.sizes[row]),
            retained=tuple(matrix.customers[row][seen[row]].tolist()),
            revenue_minor=tuple(matrix.revenue_minor[row][seen[row]].tolist()),
        )
        for row, start in enumerate(matrix.cohorts)
        if matrix.sizes[row]
    )


def _second_purchase(state: State, as_of: date) -> Survival | None:
    try:
        curve = survival.time_to_purchase(state, as_of=as_of)
    except RetentionError:
        return None
    # Where the curve reaches zero the likelihood gives no bounds; the drawing ends before.
    shown = (curve.times <= MOST_CURVE_DAYS) & np.isfinite(curve.low) & np.isfinite(curve.high)
    if not shown.any():
        return None
    return Survival(
        days=tuple(curve.times[shown].astype(int).tolist()),
        share=tuple(curve.survival[shown].tolist()),
        low=tuple(curve.low[shown].tolist()),
        high=tuple(curve.high[shown].tolist()),
    )


def _concentration(state: State) -> metrics.Concentration | None:
    try:
        return metrics.revenue_concentration(state)
    except RetentionError:
        return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
