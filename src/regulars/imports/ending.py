"""How an import ends, and what the stream is told of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from regulars.imports.contracts import ImportState
from regulars.imports.kept import counts_of
from regulars.imports.models import Import as ImportRow
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


def tell(row: ImportRow, kind: str, *, now: datetime, actor: Actor) -> None:
    """Append an event of an import."""
    payload = {"import_id": str(row.id), "kind": row.kind, "source": row.source, **asdict(counts_of(row))}
    append([NewEvent(type=kind, actor=actor, source="regulars", occurred_at=now, payload=payload)], now=now)


def finish(row: ImportRow, *, now: datetime) -> None:
    """End an import well, or a dry run: then all is as before it, but for what it found."""
    actor = Actor.parse(row.started_by)
    if row.state == ImportState.CHECKING:
        row.state, row.dry_run = ImportState.MAPPED.value, asdict(counts_of(row))
    else:
        row.state, row.ended_at = ImportState.DONE.value, now
        tell(row, "import.finished", now=now, actor=actor)
        record(actor, "import.finished", "import", row.id, now=now, details=asdict(counts_of(row)))
    row.save()


def fail(row: ImportRow, code: str, message: str, *, now: datetime) -> None:
    """End an import that cannot go on, and say why; what it has kept stays. A dry run leaves it to be mapped anew."""
    row.error_code, row.error_message = code, message
    if row.state == ImportState.CHECKING:
        row.state = ImportState.MAPPED.value
    else:
        actor = Actor.parse(row.started_by)
        row.state, row.ended_at = ImportState.FAILED.value, now
        tell(row, "import.failed", now=now, actor=actor)
        record(actor, "import.failed", "import", row.id, now=now, details={"code": code})
    row.save()
