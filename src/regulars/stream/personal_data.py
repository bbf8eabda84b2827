"""What the stream holds of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.stream.queries import list_timeline

# Payloads hold ids, numbers and words of the business; what a site sends of a visit touches the person all the same.
COLUMNS: Columns = {
    **columns(
        "stream_event",
        none="id occurred_at received_at type actor source transaction position",
        personal="customer_id payload",
    ),
    **columns("stream_key", none="source key event_id"),
    **columns("stream_clock", none="id shift server"),
    **columns("stream_cursor", none="subscription transaction position moved_at"),
    **columns(
        "stream_dead_letter",
        none="id subscription event_id occurred_at transaction position state error where attempts first_failed_at"
        " last_failed_at",
        personal="customer_id",
    ),
}
MOST_EVENTS = 1_000_000


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that the stream holds of a customer, under all of its ids."""
    return {
        "events": [
            {
                "id": str(event.id),
                "type": event.type,
                "occurred_at": event.occurred_at.isoformat(),
                "received_at": event.received_at.isoformat(),
                "source": event.source,
                "payload": dict(event.payload),
            }
            for event in list_timeline(customer_ids, limit=MOST_EVENTS)
        ]
    }
