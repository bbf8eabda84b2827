"""What a watchman measures, in the form of Prometheus: requests by route, the stream, dead letters, jobs.

Each process of the web keeps its counts in a file of its own, in the folder that `PROMETHEUS_MULTIPROC_DIR` names
before this module is imported; whichever process is asked adds them up. No label carries what a person wrote.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from regulars.stream.job_states import get_job_states
from regulars.stream.queries import list_states
from regulars.stream.registry import subscriptions

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Set by a proxy: the request comes from farther away than it seems.
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")

REQUESTS = Counter("regulars_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram("regulars_request_seconds", "How long requests took.", ["route", "method"], buckets=_BOUNDS_SECONDS)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all measurements, to who may read them."""
    if not may_read(request):
        return HttpResponseForbidden("Only this machine, or who has the token.\n", content_type="text/plain")
    registry = CollectorRegistry()
    if os.environ.get(MULTIPROCESS):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # It has no types.
    else:
        registry.register(_Own())
    registry.register(StateCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """Tell whether the request comes from this machine itself, or carries the token."""
    token = settings.INSTALLATION.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class _Own(Collector):
    """What this process has counted, where it is the only one."""

    def collect(self) -> Iterable[Metric]:
        """Yield our own counts, without those of the interpreter."""
        return (metric for metric in REGISTRY.collect() if metric.name.startswith("regulars_"))


class StateCollector(Collector):
    """What the database tells at the moment of asking."""

    def describe(self) -> Iterable[Metric]:
        """Keep the registry from asking the database in order to learn the names."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Yield the state of the stream and of jobs, or only that the database does not answer."""
        up = GaugeMetricFamily("regulars_database_up", "Whether the database answers.")
        try:
            found = list(_states())
        except DatabaseError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]


def _states() -> Iterable[Metric]:
    now = timezone.now()
    behind = GaugeMetricFamily(
        "regulars_stream_behind_events", "Events that wait, to ten thousand.", labels=["subscription"]
    )
    age = GaugeMetricFamily(
        "regulars_stream_behind_seconds", "How long the first of them has waited.", labels=["subscription"]
    )
    dead = GaugeMetricFamily("regulars_stream_dead_letters", "Events not taken.", labels=["subscription"])
    for state in list_states(subscriptions()):
        behind.add_metric([state.name], state.behind_events)
        waited = (now - state.oldest_waiting_at).total_seconds() if state.oldest_waiting_at else 0
        age.add_metric([state.name], max(0, waited))
        dead.add_metric([state.name], state.dead_letters)
    jobs = GaugeMetricFamily(
        "regulars_jobs", "Jobs by their state; those that were done are not kept.", labels=["state"]
    )
    found = get_job_states(now=now)
    for name in ("todo", "doing", "failed"):
        jobs.add_metric([name], found.by_state.get(name, 0))
    jobs.add_metric(["stalled"], found.stalled)
    yield from (behind, age, dead, jobs)
