"""Between an import's row and its contract: what is kept as JSON, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.imports.contracts import Counts, FileMapping, Import, ImportKind, ImportState, Recognised
from regulars.imports.files import find_file
from regulars.imports.kinds.protocol import Wanted
from regulars.imports.models import Import as ImportRow
from retention.reasons import Reason


def json_of_recognised(recognised: Recognised) -> dict[str, Any]:
    """Return how a file was understood as JSON."""
    # What a reason's values are is not to be copied: where it has none, they are a view that refuses it.
    return asdict(replace(recognised, notes=())) | {
        "notes": [
            {"code": note.code, "template": note.template, "values": dict(note.values)} for note in recognised.notes
        ]
    }


def recognised_of(kept: Mapping[str, Any] | None) -> Recognised | None:
    """Return how a file was understood."""
    if kept is None:
        return None
    notes = [Reason(note["code"], note["template"], note["values"]) for note in kept["notes"]]
    return Recognised(**{**kept, "notes": notes})


def settled_now(row: ImportRow, today: date) -> dict[str, str]:
    """Return what is settled when a run begins: whose clock, which money, and which day it is."""
    business = get_business()
    return {
        "zone": business.zone,
        "currency": row.mapping.get("currency") or business.reporting_currency,
        "today": today.isoformat(),
    }


def wanted_of(row: ImportRow, settled: Mapping[str, str]) -> Wanted:
    """Return what is to be read of an import's file.

    Raises
    ------
    FileGone
        The file is no longer kept.
    """
    return Wanted(
        path=find_file(row.id),
        mapping=FileMapping(**row.mapping),
        source=row.source,
        zone=settled["zone"],
        currency=settled["currency"],
        today=date.fromisoformat(settled["today"]),
    )


def counts_of(row: ImportRow) -> Counts:
    """Return what became of an import's rows so far."""
    return Counts(imported=row.imported, updated=row.updated, unchanged=row.unchanged, refused=row.refused)


def imports_of(rows: Sequence[ImportRow]) -> list[Import]:
    """Return the contracts of some imports' rows."""
    earlier = _same_earlier(rows)
    return [_import_of(row, earlier.get(row.id)) for row in rows]


def import_of(row: ImportRow) -> Import:
    """Return the contract of an import's row."""
    return imports_of([row])[0]


def _same_earlier(rows: Sequence[ImportRow]) -> dict[UUID, UUID]:
    """Return for each import of a file that was imported before which one it was, the latest of them."""
    done = ImportRow.objects.filter(sha256__in={row.sha256 for row in rows}, state=ImportState.DONE.value)
    found: dict[UUID, UUID] = {}
    for same in done.order_by("created_at").only("id", "sha256", "kind", "source", "created_at"):
        for row in rows:
            if _file_of(same) == _file_of(row) and (same.created_at, same.id) < (row.created_at, row.id):
                found[row.id] = same.id
    return found


def _file_of(row: ImportRow) -> tuple[str, str, str]:
    return row.sha256, row.kind, row.source


def _import_of(row: ImportRow, same_as: UUID | None) -> Import:
    return Import(
        id=row.id,
        kind=ImportKind(row.kind),
        state=ImportState(row.state),
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        source=row.source,
        mapping=FileMapping(**row.mapping),
        recognised=recognised_of(row.recognised),
        counts=counts_of(row),
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        dry_run=Counts(**row.dry_run) if row.dry_run else None,
        error_code=row.error_code,
        error_message=row.error_message,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        file_removed_at=row.file_removed_at,
        same_as=same_as,
    )
