"""Events: all that has happened, in the order of the stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.exports.kinds.protocol import Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.stream.contracts import Cursor, Event
from regulars.stream.queries import count_events_in_order, get_horizon, list_events_in_order

COLUMNS = (
    *texts("id", "type", "customer_id"),
    Column("occurred_at", ColumnType.MOMENT),
    Column("received_at", ColumnType.MOMENT),
    # The payload is JSON in a text.
    *texts("actor", "source", "payload"),
)


class EventsKind:
    """Events in stream order."""

    takes = frozenset({"source", "since"})

    def settle(self, chosen: Chosen) -> Settled:  # noqa: ARG002  # Nothing can be chosen.
        """Settle the end: the oldest transaction that runs now, before which nothing can still appear."""
        return {"horizon": get_horizon()}

    def columns(self, settled: Settled) -> Sequence[Column]:  # noqa: ARG002  # They are always these.
        """Return the columns."""
        return COLUMNS

    def count(self, wanted: Wanted) -> int:
        """Return how many events there are."""
        return count_events_in_order(horizon=wanted.settled["horizon"], source=wanted.source, since=wanted.since)

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Event]:
        """Return events in stream order."""
        cursor = Cursor(int(after[0]), int(after[1])) if after else Cursor()
        return list_events_in_order(
            limit=limit, after=cursor, horizon=wanted.settled["horizon"], source=wanted.source, since=wanted.since
        )

    def place_of(self, item: Event) -> Place:
        """Return the place in the stream."""
        return [item.cursor.transaction, item.cursor.position]

    def rows_of(self, items: Sequence[Event], wanted: Wanted) -> Iterable[Sequence[Value]]:  # noqa: ARG002
        """Yield a row for each; the payload is JSON in a cell."""
        for item in items:
            told = _told(item)
            yield [*(told[column.name] for column in COLUMNS[:-1]), json.dumps(told["payload"], ensure_ascii=False)]

    def objects_of(self, items: Sequence[Event], wanted: Wanted) -> Iterable[Mapping[str, Any]]:  # noqa: ARG002
        """Yield events, with moments as in the table."""
        for item in items:
            moments = {name: getattr(item, name).isoformat() for name in ("occurred_at", "received_at")}
            yield _told(item) | moments


def _told(item: Event) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "type": item.type,
        "customer_id": str(item.customer_id) if item.customer_id else None,
        "occurred_at": item.occurred_at,
        "received_at": item.received_at,
        "actor": str(item.actor),
        "source": item.source,
        "payload": item.payload,
    }
