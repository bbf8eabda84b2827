"""Files on their way in, for tests that show a file's text and say what becomes of it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow.csv

from regulars.demo.orders import make_orders
from regulars.imports import services
from regulars.imports.carrying_on import carry_on
from regulars.imports.contracts import FileMapping, Import, ImportKind
from regulars.imports.queries import get_import, iter_refusals
from regulars.stream.contracts import Actor, ActorKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MIRA = Actor(ActorKind.STAFF, "mira")


def receive(content: str | bytes, kind: ImportKind = ImportKind.ORDERS, source: str = "shop") -> Import:
    """Send a file in."""
    return services.receive_file(
        kind=kind,
        file_name="export.csv",
        chunks=[content if isinstance(content, bytes) else content.encode()],
        source=source,
        now=NOW,
        actor=MIRA,
    )


def send(content: str | bytes, kind: ImportKind = ImportKind.ORDERS, source: str = "shop", **told: Any) -> Import:
    """Send a file in, and say of its columns what is `told`."""
    received = receive(content, kind, source)
    return services.map_columns(import_id=received.id, mapping=FileMapping(**told), now=NOW, actor=MIRA)


def run(sent: Import) -> Import:
    """Start an import and do its work here, as a worker would."""
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    return work(sent)


def work(sent: Import) -> Import:
    """Do what is left of an import."""
    assert carry_on(sent.id, clock=lambda: NOW)
    return get_import(sent.id)


def refused_of(sent: Import) -> dict[int, str]:
    return {refusal.row: refusal.code for refusal in iter_refusals(sent.id)}


def demo(customers: int) -> bytes:
    """Return the demo shop's export, with its returns, guests and slips."""
    out = io.BytesIO()
    pyarrow.csv.write_csv(make_orders(customers, date(2026, 11, 1)), out)
    return out.getvalue()
