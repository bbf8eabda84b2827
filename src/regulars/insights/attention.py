"""What needs somebody, found by a run: each with its reason, its customers, and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars.insights.catalogue import METRICS, NO_WINDOW, STEP_DAYS, Better, Metric, MetricUnit
from regulars.insights.contracts import Attention, SectionJson, Severity
from regulars.insights.kept import json_of_attention
from regulars.insights.queries import find_people
from regulars.insights.sections.metrics import STOCK
from regulars.insights.usual import UsualRange, is_season, usual_range
from regulars.report.contracts import Report
from retention.reasons import Reason, mark

# The fifth of the customers who have brought most.
BEST = 5
MOST_PRODUCTS = 3
_UNUSUAL = {
    MetricUnit.SHARE: mark("In the last four weeks it was {now:.1%}; usual are {low:.1%} to {high:.1%}."),
    MetricUnit.MONEY: mark("In the last four weeks it was {now_minor}; usual are {low_minor} to {high_minor}."),
    MetricUnit.CUSTOMERS: mark("In the last four weeks it was {now:.0f}; usual are {low:.0f} to {high:.0f}."),
    MetricUnit.NUMBER: mark("In the last four weeks it was {now:.2f}; usual are {low:.2f} to {high:.2f}."),
}
_STATE_UNUSUAL = {
    MetricUnit.SHARE: mark("It is {now:.1%}; usual are {low:.1%} to {high:.1%}."),
    MetricUnit.MONEY: mark("It is {now_minor}; usual are {low_minor} to {high_minor}."),
    MetricUnit.CUSTOMERS: mark("It is {now:.0f}; usual are {low:.0f} to {high:.0f}."),
    MetricUnit.NUMBER: mark("It is {now:.2f}; usual are {low:.2f} to {high:.2f}."),
}
# What is at stake has an item of its own.
_JUDGED_APART = {"revenue_at_stake"}
# A figure of four weeks, or of the state on a day, is held against as many before as a year has.
WINDOW = "28"
_YEAR_POINTS = 13
# Who has ever bought.
_ALL = "purchases.count >= 1"

Point = Mapping[str, Any]
Series = Mapping[str, Mapping[str, Sequence[Point]]]
Stock = Mapping[str, Any]


def find_attention(
    report: Report, scores: pa.Table, sections: Mapping[str, SectionJson], *, stock_before: Stock
) -> SectionJson:
    """Return `{"items": [...]}`, what is worth most first; `stock_before` is what runs before told."""
    items = [
        *_best_gone_quiet(scores),
        *_more_at_stake(report, stock_before),
        *_products_without_return(sections.get("products", {})),
        *_unusual_metrics(sections["metrics"]["series"], stock_before, report.metrics.customers),
    ]
    return {"items": [json_of_attention(item) for item in items]}


def _best_gone_quiet(scores: pa.Table) -> Iterator[Attention]:
    """Look among the best fifth by revenue for those who break their habit."""
    quiet = scores.filter(pc.and_(pc.equal(scores["m"], BEST), pc.fill_null(scores["at_risk"], False)))  # noqa: FBT003
    if not len(quiet):
        return
    stake = float(pc.sum(quiet["revenue_at_stake_minor"]).as_py() or 0)
    yield Attention(
        code="best_gone_quiet",
        severity=Severity.WARNING,
        reason=Reason(
            "best_gone_quiet",
            mark(
                "They are of the fifth that has brought most, and have been silent for longer than is usual for them:"
                " {stake_minor} are at stake."
            ),
            {"stake_minor": stake},
        ),
        customers=len(quiet),
        worth_minor=stake,
        condition=f"rfm.m = {BEST} and churn.at_risk",
        about="",
    )


def _more_at_stake(report: Report, before: Stock) -> Iterator[Attention]:
    """Tell of a rise of what is at stake that neither interval explains."""
    now, then = report.metrics.revenue_at_stake_minor, before.get("values", {}).get("revenue_at_stake")
    if then is None or now.value is None or now.low is None or then["high"] is None or now.low <= then["high"]:
        return
    yield Attention(
        code="more_at_stake",
        severity=Severity.WARNING,
        reason=Reason(
            "more_at_stake",
            mark("It was {then_minor} on {day} and is {now_minor}: more than chance explains."),
            {
                "then_minor": then["value"],
                "now_minor": now.value,
                "day": date.fromisoformat(before["as_of"]),
            },
        ),
        customers=report.metrics.customers_at_risk,
        worth_minor=now.value - then["value"],
        condition="churn.at_risk",
        about="revenue_at_stake",
    )


def _products_without_return(products: SectionJson) -> Iterator[Attention]:
    """Tell of products whose first buyers return less than others, beyond chance; the largest by revenue."""
    found = sorted(products.get("not_returning", ()), key=lambda each: -each["revenue_minor"])
    buyers = {each["product_id"]: each["buyers"] for each in products.get("products", ())}
    for product in found[:MOST_PRODUCTS]:
        yield Attention(
            code="product_without_return",
            severity=Severity.NOTICE,
            reason=Reason(
                "product_without_return",
                mark(
                    "Of {followed} customers whose first order held it, {share:.0%} came back, of others {others:.0%}."
                ),
                {
                    "followed": product["followed"],
                    "share": product["returned_share"],
                    "others": product["others_share"],
                },
            ),
            customers=buyers.get(product["product_id"]),
            worth_minor=product["revenue_minor"],
            condition=f'purchases.count(where: product_ids contains "{product["product_id"]}") >= 1',
            about=product["product_id"],
            name=product["name"],
        )


def _unusual_metrics(series: Series, stock_before: Stock, all_customers: int) -> Iterator[Attention]:
    for name, metric in METRICS.items():
        point, *before = _course(metric, series, stock_before)
        if metric.better is Better.NEITHER or name in _JUDGED_APART or point is None or point["value"] is None:
            continue
        now = point["value"]
        told = [each["value"] for each in before[: _YEAR_POINTS - 1] if each and each["value"] is not None]
        usual = usual_range(told, least_width=_by_chance(point, now, metric.unit))
        if usual is None or usual.holds(now) or _is_season(now, usual.middle, before):
            continue
        worse = (now < usual.low) == (metric.better is Better.MORE)
        yield Attention(
            code="metric_unusual",
            severity=Severity.WARNING if worse else Severity.NOTICE,
            reason=_out_of_range(metric, now, usual),
            customers=_count_behind(name, now, series, all_customers),
            worth_minor=None,
            condition=_behind(metric, date.fromisoformat(point["until"])),
            about=name,
        )


def _behind(metric: Metric, until: date) -> str:
    """Return the condition that finds who is behind a metric; of a mean all whom it is a mean of."""
    who = metric if metric.people or not metric.windowed else METRICS["active_customers"]
    return find_people(who, until=until, window_days=int(WINDOW)) or _ALL


def _count_behind(name: str, now: float, series: Series, all_customers: int) -> int | None:
    """Return how many are behind a metric, where the metrics of the run tell it."""
    points = series.get("active_customers", {}).get(WINDOW, ())
    active = next((point["value"] for point in points), None)
    count: float | None = None
    match name:
        case "active_customers" | "new_customers" | "customers_at_risk":
            count = now
        case "revenue" | "average_purchase_value" | "purchase_frequency":
            count = active
        case "retention_rate" | "churn_rate":
            before = next((point["value"] for point in points[1:] if _is_step(points[0], point)), None)
            count = None if before is None else now * before
        case "repeat_purchase_rate":
            count = now * all_customers
        case "clv_expected" | "customer_equity":
            count = all_customers
    return None if count is None else round(count)


def _out_of_range(metric: Metric, now: float, usual: UsualRange) -> Reason:
    """Return what a figure was and what is usual, each written by its unit."""
    figures = {"now": now, "low": usual.low, "high": usual.high}
    if metric.unit is MetricUnit.MONEY:
        figures = {f"{name}_minor": value for name, value in figures.items()}
    words = _UNUSUAL if metric.windowed else _STATE_UNUSUAL
    return Reason("metric_unusual", words[metric.unit], figures)


def _course(metric: Metric, series: Series, stock_before: Stock) -> Sequence[Point | None]:
    """Return a metric's points four weeks apart, the latest first; what hangs on the models, as runs before told it."""
    points = series.get(metric.name, {}).get(WINDOW if metric.windowed else str(NO_WINDOW), ())
    if not points:
        return [None]
    if metric.name in STOCK:
        return [points[0], *((step or {}).get(metric.name) for step in stock_before.get("steps", ()))]
    return [point for point in points if _is_step(points[0], point)]


def _is_step(last: Point, point: Point) -> bool:
    """Tell whether a point's window adjoins those of the others."""
    apart = date.fromisoformat(last["until"]) - date.fromisoformat(point["until"])
    return apart % timedelta(days=STEP_DAYS) == timedelta(0)


def _by_chance(point: Point, value: float, unit: MetricUnit) -> float:
    """Return by how much a figure may differ by chance alone."""
    if point["low"] is not None and point["high"] is not None:
        return float(point["high"] - point["low"])
    return 4.0 * max(value, 1.0) ** 0.5 if unit is MetricUnit.CUSTOMERS else 0.0


def _is_season(now: float, middle: float, before: Sequence[Point | None]) -> bool:
    year_ago = before[_YEAR_POINTS - 1] if len(before) >= _YEAR_POINTS else None
    if year_ago is None or year_ago["value"] is None:
        return False
    return is_season(now - middle, year_ago=year_ago["value"] - middle)
