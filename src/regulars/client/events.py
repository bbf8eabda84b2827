"""Events: append one's own, read all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Events(Resource):
    """Events: one's own to append, all to read."""

    def append(  # What an event is made of.
        self,
        type: str,  # noqa: A002  # The wire's name.
        *,
        occurred_at: str,
        customer_id: str | None = None,
        identifiers: Sequence[shapes.Identifier] = (),
        source: str = "api",
        key: str | None = None,
        payload: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.EventPut:
        """Append an event to a customer's timeline; the second with the same `key` is not kept."""
        body = {
            "type": type,
            "occurred_at": occurred_at,
            "customer_id": customer_id,
            "identifiers": list(identifiers),
            "source": source,
            "key": key,
            "payload": payload or {},
        }
        return cast("shapes.EventPut", self._caller.write("POST", "events", body, idempotency_key=idempotency_key))

    def append_many(
        self, events: Sequence[shapes.NewEvent], *, idempotency_key: str | None = None
    ) -> list[shapes.EventOfMany]:
        """Append up to 500 events; return what became of each."""
        answer = self._caller.write("POST", "events/bulk", {"events": list(events)}, idempotency_key=idempotency_key)
        return cast("list[shapes.EventOfMany]", answer["items"])

    def page(
        self,
        *,
        type: str | None = None,  # noqa: A002  # The wire's name.
        since: str | None = None,
        until: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> shapes.StreamPage:
        """Return a page of the stream; with `resume` of the last one as cursor, what has come since."""
        told = {"type": type, "since": since, "until": until, "cursor": cursor, "limit": limit}
        return cast("shapes.StreamPage", self._caller.get("events", told))

    def list(
        self,
        *,
        type: str | None = None,  # noqa: A002  # As above.
        since: str | None = None,
        until: str | None = None,
        page_size: int = 100,
    ) -> Iterator[shapes.Event]:
        """Return the events of all customers, in the order in which they became certain."""
        return self._each("events", {"type": type, "since": since, "until": until, "limit": page_size})
