"""The metrics of the business, what they are wanted to be, and what needs somebody, on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import In, Out
from regulars.insights.catalogue import METRICS, Better, MetricUnit
from regulars.insights.contracts import Attention, NextStep, Severity
from regulars.kit.i18n import gettext
from regulars.report.wording import say


class PointOut(Out):
    """A metric of the window that ends with a day, or on a day, with the bounds of its interval (95 %)."""

    until: date
    value: float | None
    low: float | None
    high: float | None


class BenchmarkOut(Out):
    """What somebody has published of other businesses."""

    value: float
    who: str
    source: str
    address: str


class SeriesOut(Out):
    """A metric over time, the latest first, of windows of so many days (0: of none), and what it is wanted to be."""

    window_days: int
    target: float | None
    points: list[PointOut]


class MetricOut(Out):
    """A metric of the business: shares between 0 and 1, money in minor units of the reporting currency."""

    name: str
    label: str
    definition: str
    unit: MetricUnit
    better: Better
    benchmarks: list[BenchmarkOut]
    series: list[SeriesOut]


class MetricsOut(Out):
    """All metrics, as the last run that succeeded told them."""

    run_id: UUID
    as_of: date
    items: list[MetricOut]


class TargetIn(In):
    """What a metric is wanted to be: a share between 0 and 1, money in minor units; null takes the target away."""

    value: float | None = Field(examples=[0.6])


class TargetOut(Out):
    """What a metric is wanted to be, of windows of so many days (0: of none)."""

    metric: str
    window_days: int
    value: float | None


class AttentionOut(Out):
    """Something that needs somebody; `condition` finds its customers as they are now.

    `about` is the metric or the product that it is about, `name` what that is called, and `step` what to do first: look
    at the customers, the product, or the metric. `customers` is null where the run could not tell how many they are.
    """

    code: str
    severity: Severity
    text: str
    customers: int | None
    worth_minor: float | None
    condition: str
    about: str
    name: str
    step: NextStep

    @classmethod
    def of(cls, item: Attention, currency: str) -> AttentionOut:
        """Return what needs somebody as it is told."""
        names = [name for name in cls.model_fields if name not in ("text", "name")]
        metric = METRICS.get(item.about)
        return cls(
            **{name: getattr(item, name) for name in names},
            name=gettext(metric.label) if metric else item.name,
            text=say(item.reason, currency),
        )


class AttentionsOut(Out):
    """What needs somebody, as the last run that succeeded found it."""

    run_id: UUID
    as_of: date
    items: list[AttentionOut]
