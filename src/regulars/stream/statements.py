"""The statements of the stream, and the shape of their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from regulars.kit.sqlfile import read_statements
from regulars.stream.contracts import Actor, Cursor, Event

STATEMENTS = read_statements(Path(__file__).parent / "sql" / "stream.sql")


def rows_of(name: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run the statement `name` and return its rows; none where it returns none."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name].sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def event_of(row: tuple[Any, ...]) -> Event:
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
