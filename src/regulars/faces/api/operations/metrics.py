"""The metrics of the business over time, what they are wanted to be, and what needs somebody."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone

from regulars.business.queries import get_business
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.schemas.metrics import (
    AttentionOut,
    AttentionsOut,
    BenchmarkOut,
    MetricOut,
    MetricsOut,
    TargetIn,
    TargetOut,
)
from regulars.insights import queries
from regulars.insights.catalogue import METRICS, Metric
from regulars.insights.contracts import Run, RunState
from regulars.insights.queries import NoSuchRun
from regulars.insights.services import set_target
from regulars.kit.i18n import gettext

metrics = Resource("Metrics")


@metrics.get("/insights/metrics", scope="insights.read", answer=MetricsOut, finds=True)
def list_metrics(request: HttpRequest) -> Any:
    """List the metrics of the business over time, with intervals, targets, and what others publish."""
    run = _latest()
    found = queries.find_metrics(run.id)
    if found is None:
        raise NoSuchRun(gettext("The last run told no metrics; the next one does."))
    targets = {(each.metric, each.window_days): each.value for each in queries.list_targets()}
    items = [_told(metric, found.get(name, {}), targets) for name, metric in METRICS.items()]
    return {"run_id": run.id, "as_of": run.as_of, "items": items}


@metrics.get("/insights/attention", scope="insights.read", answer=AttentionsOut, finds=True)
def list_attention(request: HttpRequest) -> Any:
    """List what needs somebody, as the last run that succeeded found it."""
    run, currency = _latest(), get_business().reporting_currency
    items = [AttentionOut.of(each, currency) for each in queries.list_attention(run.id)]
    return AttentionsOut(run_id=run.id, as_of=run.as_of, items=items)


@metrics.put("/insights/targets/{metric}/{window_days}", scope="business.manage", answer=TargetOut)
def put_target(request: HttpRequest, metric: str, window_days: int, body: Annotated[TargetIn, JsonBody(...)]) -> Any:
    """Set what a metric is wanted to be, of windows of so many days (0: of none); null takes the target away."""
    set_target(metric=metric, window_days=window_days, value=body.value, now=timezone.now(), actor=actor_of(request))
    return TargetOut(metric=metric, window_days=window_days, value=body.value)


def _latest() -> Run:
    run = queries.find_latest_run(state=RunState.SUCCEEDED)
    if run is None:
        raise NoSuchRun(gettext("Nobody has been scored yet."))
    return run


def _told(metric: Metric, found: Mapping[int, Any], targets: Mapping[tuple[str, int], float]) -> MetricOut:
    series: list[dict[str, Any]] = [
        {"window_days": days, "target": targets.get((metric.name, days)), "points": points}
        for days, points in found.items()
    ]
    return MetricOut.model_validate(
        {
            "name": metric.name,
            "label": gettext(metric.label),
            "definition": gettext(metric.definition),
            "unit": metric.unit,
            "better": metric.better,
            "benchmarks": [
                BenchmarkOut(value=each.value, who=gettext(each.who), source=each.source, address=each.address)
                for each in metric.benchmarks
            ],
            "series": series,
        }
    )
