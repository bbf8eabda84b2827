"""How jobs stand: what procrastinate keeps of them, as those who watch over an installation want it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from regulars.stream.jobs import SILENT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStates:
    """Jobs by their state (`todo`, `doing`, `failed` …), those whose worker fell silent, and the last heartbeat."""

    by_state: Mapping[str, int]
    stalled: int
    last_heartbeat_at: datetime | None


def get_job_states(*, now: datetime) -> JobStates:
    """Return how jobs stand. Those that were done are not kept."""
    counted = dict(ProcrastinateJob.objects.values_list("status").annotate(Count("id")).order_by())
    alive = [
        worker
        for worker, at in ProcrastinateWorker.objects.values_list("id", "last_heartbeat")
        if (now - at).total_seconds() < SILENT_SECONDS
    ]
    return JobStates(
        by_state=counted,
        stalled=ProcrastinateJob.objects.filter(status="doing").exclude(worker_id__in=alive).count(),
        last_heartbeat_at=ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))["last"],
    )
