"""Read exports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.exports.contracts import Export, ExportFormat, ExportKind, ExportState
from regulars.exports.models import Export as ExportRow
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class NoSuchExport(DomainError):
    """No export has this id."""

    code = "no_such_export"


def get_export(export_id: UUID) -> Export:
    """Return an export.

    Raises
    ------
    NoSuchExport
        There is none.
    """
    row = ExportRow.objects.filter(id=export_id).first()
    if row is None:
        raise NoSuchExport(gettext("There is no such export."))
    return export_of(row)


def list_exports(
    *, limit: int, before: tuple[datetime, UUID] | None = None, kind: ExportKind | None = None
) -> list[Export]:
    """Return exports, the newest first, those of the same moment by id; after a moment and id in that order."""
    rows = ExportRow.objects.order_by("-asked_at", "id")
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    if before is not None:
        moment, identity = before
        rows = rows.filter(asked_at__lte=moment).exclude(asked_at=moment, id__lte=identity)
    return [export_of(row) for row in rows[:limit]]


def export_of(row: ExportRow) -> Export:
    """Return the contract of an export's row."""
    return Export(
        id=row.id,
        kind=ExportKind(row.kind),
        format=ExportFormat(row.format),
        state=ExportState(row.state),
        source=row.source,
        since=row.since,
        condition=row.settled.get("condition", ""),
        facts=row.settled.get("facts", []),
        items_total=row.items_total,
        items_done=row.items_done,
        rows=row.rows,
        size_bytes=row.size_bytes,
        error_code=row.error_code,
        error_message=row.error_message,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        file_removed_at=row.file_removed_at,
    )
