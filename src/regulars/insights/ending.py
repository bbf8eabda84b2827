"""What the stream is told of how a run ended."""

from __future__ import annotations

from datetime import datetime

from regulars.insights.contracts import RunState
from regulars.insights.models import Run as RunRow
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


def succeed(row: RunRow, *, now: datetime) -> None:
    """End a run well, within the transaction that puts in place what it found: facts have changed by it."""
    row.state, row.finished_at, row.step, row.share_done = RunState.SUCCEEDED.value, now, "", 1.0
    row.save()
    _tell(row, "insights.run_succeeded", now=now, customers=row.customers, alarms=[each["code"] for each in row.alarms])


def fail(row: RunRow, code: str, message: str, *, now: datetime) -> None:
    """End a run that cannot go on, and say why."""
    row.state, row.finished_at, row.step = RunState.FAILED.value, now, ""
    row.error_code, row.error_message = code, message
    row.save()
    _tell(row, "insights.run_failed", now=now, code=code)


def _tell(row: RunRow, kind: str, *, now: datetime, **more: object) -> None:
    actor = Actor.parse(row.requested_by)
    payload = {"run_id": str(row.id), "trigger": row.trigger, "as_of": row.as_of.isoformat(), **more}
    append([NewEvent(type=kind, actor=actor, source="regulars", occurred_at=now, payload=payload)], now=now)
    record(actor, kind, "insights_run", row.id, now=now, details=dict(more))
