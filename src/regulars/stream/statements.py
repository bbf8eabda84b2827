"""The statements of the stream, and the shape of their rows."""

from __future__ import annotations

import json
from pathlib import Path

from regulars.stream.contracts import Actor, Cursor, Event
from regulars.stream.database import Row, rows_from

rows_of = rows_from(Path(__file__).parent / "sql" / "stream.sql")


def event_of(row: Row) -> Event:
    """Return the event in a row of `id, type, customer_id, actor, source, occurred_at, received_at, payload, …`."""
    identity, kind, customer, actor, source, occurred_at, received_at, payload, transaction, position = row
    return Event(
        id=identity,
        type=kind,
        customer_id=customer,
        actor=Actor.parse(actor),
        source=source,
        occurred_at=occurred_at,
        received_at=received_at,
        payload=json.loads(payload) if isinstance(payload, str) else payload,
        cursor=Cursor(transaction, position),
    )
