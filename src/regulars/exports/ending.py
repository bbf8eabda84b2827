"""How an export ends, and what the stream and the audit trail are told of it."""

from __future__ import annotations

from datetime import datetime

from regulars.exports.contracts import ExportState
from regulars.exports.models import Export as ExportRow
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


def finish(row: ExportRow, *, now: datetime) -> None:
    """End an export well."""
    row.state, row.ended_at = ExportState.DONE.value, now
    row.save()
    _tell(row, "export.finished", {"items": row.items_done, "rows": row.rows}, now=now)


def fail(row: ExportRow, code: str, message: str, *, now: datetime) -> None:
    """End an export that cannot go on, and say why."""
    row.state, row.ended_at = ExportState.FAILED.value, now
    row.error_code, row.error_message = code, message
    row.save()
    _tell(row, "export.failed", {"code": code}, now=now)


def _tell(row: ExportRow, what: str, details: dict[str, int | str], *, now: datetime) -> None:
    """Tell stream and audit trail the same, by the actor who asked for the export."""
    actor, told = Actor.parse(row.asked_by), {"kind": row.kind, "format": row.format, **details}
    payload = {"export_id": str(row.id), **told}
    append([NewEvent(type=what, actor=actor, source="regulars", occurred_at=now, payload=payload)], now=now)
    record(actor, what, "export", row.id, now=now, details=told)
