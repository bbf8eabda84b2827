"""Events: all that has happened, in the order of the stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.exports.kinds.protocol import Cell, Place, Settled, Wanted
from regulars.stream.contracts import Cursor, Event
from regulars.stream.queries import count_events_in_order, get_horizon, list_events_in_order

COLUMNS = ("id", "type", "customer_id", "occurred_at", "received_at", "actor", "source", "payload")


class EventsKind:
    """Events in stream order."""

    def settle(self) -> Settled:
        """Settle the end: the oldest transaction that runs now, before which nothing can still appear."""
        return {"horizon": get_horizon()}

    def columns(self, settled: Settled) -> Sequence[str]:  # noqa: ARG002  # They are always these.
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

    def rows_of(self, items: Sequence[Event], wanted: Wanted) -> Iterable[Sequence[Cell]]:  # noqa: ARG002
        """Yield a row for each; the payload is JSON in a cell."""
        for item in items:
            told = self.object_of(item)
            yield [*(told[name] for name in COLUMNS[:-1]), json.dumps(told["payload"], ensure_ascii=False)]

    def object_of(self, item: Event) -> Mapping[str, Any]:
        """Return an event."""
        return {
            "id": str(item.id),
            "type": item.type,
            "customer_id": str(item.customer_id) if item.customer_id else None,
            "occurred_at": item.occurred_at.isoformat(),
            "received_at": item.received_at.isoformat(),
            "actor": str(item.actor),
            "source": item.source,
            "payload": item.payload,
        }
