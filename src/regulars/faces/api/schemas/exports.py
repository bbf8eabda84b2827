"""Exports on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.exports.contracts import ExportFormat, ExportKind, ExportState
from regulars.faces.api.schemas.wire import In, Moment, Number, Out


class ExportIn(In):
    """What is to be exported: of a source, or all; `since` leaves out what is older, or has not changed since."""

    kind: ExportKind
    format: ExportFormat = ExportFormat.CSV
    source: Number | None = None
    since: Moment | None = None


class ExportOut(Out):
    """A file on its way out. `items_done` counts what was asked for, `rows` the file's; `is_ready`: it can be had."""

    id: UUID
    kind: ExportKind
    format: ExportFormat
    state: ExportState
    source: str | None
    since: datetime | None
    items_total: int | None
    items_done: int
    share_done: float
    rows: int
    size_bytes: int
    is_ready: bool
    error_code: str
    error_message: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    file_removed_at: datetime | None


class ExportsOut(Out):
    """A page of exports, the newest first."""

    items: list[ExportOut]
    next: str | None
