"""Exports for tests, with their work done here, as a worker would."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from regulars.exports import services
from regulars.exports.carrying_on import carry_on
from regulars.exports.contracts import Export, ExportFormat, ExportKind
from regulars.exports.files import path_of
from regulars.exports.queries import get_export
from regulars.stream.contracts import Actor, ActorKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MIRA = Actor(ActorKind.STAFF, "mira")


def ask(kind: ExportKind, form: ExportFormat = ExportFormat.CSV, **told: Any) -> Export:
    return services.ask_for(kind=kind, form=form, now=NOW, actor=MIRA, **told)


def work(export_id: UUID) -> Export:
    """Do what is left of an export."""
    assert carry_on(export_id, clock=lambda: NOW)
    return get_export(export_id, sees_sensitive=True)


def export(kind: ExportKind, form: ExportFormat = ExportFormat.CSV, **told: Any) -> Export:
    """Ask for an export, and do it."""
    return work(ask(kind, form, **told).id)


def content_of(made: Export) -> bytes:
    return path_of(made.id).read_bytes()


def table_of(made: Export) -> list[dict[str, str]]:
    """Return the rows of a CSV by its columns."""
    return list(csv.DictReader(io.StringIO(content_of(made).decode())))


def objects_of(made: Export) -> list[dict[str, Any]]:
    """Return the objects of JSON Lines."""
    return [json.loads(line) for line in content_of(made).decode().splitlines()]
