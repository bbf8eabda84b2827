"""Events of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Events(Resource):
    """Events of one's own."""

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
