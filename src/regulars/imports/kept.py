"""Between an import's row and its contract: what is kept as JSON, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from regulars.business.queries import get_business
from regulars.imports.contracts import Counts, FileMapping, Import, ImportKind, ImportState, Recognised
from regulars.imports.files import find_file
from regulars.imports.kinds.protocol import Wanted
from regulars.imports.models import Import as ImportRow
from retention.reasons import Reason


def json_of_recognised(recognised: Recognised) -> dict[str, Any]:
    """Return how a file was understood as JSON."""
    return asdict(recognised) | {
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


def import_of(row: ImportRow) -> Import:
    """Return the contract of an import's row."""
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
        same_as=ImportRow.objects.filter(sha256=row.sha256, kind=row.kind, source=row.source, state="done")
        .exclude(id=row.id)
        .values_list("id", flat=True)
        .first(),
    )
