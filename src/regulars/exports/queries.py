"""Read exports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.exports.contracts import Export, ExportFormat, ExportKind, ExportState
from regulars.exports.models import Export as ExportRow
from regulars.exports.withholding import as_seen
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class NoSuchExport(DomainError):
    """No export has this id."""

    code = "no_such_export"


def get_export(export_id: UUID, *, sees_sensitive: bool = False) -> Export:
    """Return an export, as somebody may see it.

    Raises
    ------
    NoSuchExport
        There is none.
    """
    row = ExportRow.objects.filter(id=export_id).first()
    if row is None:
        raise NoSuchExport(gettext("There is no such export."))
    return export_of(row, sees_sensitive=sees_sensitive)


def list_exports(
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    kind: ExportKind | None = None,
    sees_sensitive: bool = False,
) -> list[Export]:
    """Return exports as somebody may see them, the newest first, those of the same moment by id.

    They come after a moment and id in that order.
    """
    rows = ExportRow.objects.order_by("-asked_at", "id")
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    if before is not None:
        moment, identity = before
        rows = rows.filter(asked_at__lte=moment).exclude(asked_at=moment, id__lte=identity)
    return as_seen([(row, _in_full(row)) for row in rows[:limit]], sees_sensitive=sees_sensitive)


def export_of(row: ExportRow, *, sees_sensitive: bool) -> Export:
    """Return the contract of an export's row, as somebody may see it."""
    [seen] = as_seen([(row, _in_full(row))], sees_sensitive=sees_sensitive)
    return seen


def _in_full(row: ExportRow) -> Export:
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
        is_withheld=False,
        error_code=row.error_code,
        error_message=row.error_message,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        file_removed_at=row.file_removed_at,
    )
