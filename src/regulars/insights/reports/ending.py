"""How the making of a report ends, and what the stream is told of it."""

from __future__ import annotations

from datetime import datetime

from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.reports.contracts import ReportState
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


def succeed(row: ReportRow, *, now: datetime) -> None:
    """Let a report be ready, within the transaction that keeps what it holds."""
    row.state, row.finished_at, row.step, row.share_done = ReportState.READY.value, now, "", 1.0
    row.save()
    _tell(row, "report.made", now=now, customers=row.customers)


def fail(row: ReportRow, code: str, message: str, *, now: datetime) -> None:
    """End a report that cannot be made, and say why."""
    row.state, row.finished_at, row.step = ReportState.FAILED.value, now, ""
    row.error_code, row.error_message = code, message
    row.save()
    _tell(row, "report.failed", now=now, code=code)


def _tell(row: ReportRow, kind: str, *, now: datetime, **more: object) -> None:
    actor = Actor.parse(row.requested_by)
    schedule = str(row.schedule_id) if row.schedule_id else None
    payload = {"report_id": str(row.id), "schedule_id": schedule, "as_of": row.as_of.isoformat(), **more}
    append([NewEvent(type=kind, actor=actor, source="regulars", occurred_at=now, payload=payload)], now=now)
    record(actor, kind, "report", row.id, now=now, details=dict(more))
