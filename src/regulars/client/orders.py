"""Orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class Orders(Resource):
    """Orders, put in full state."""

    def put(
        self, source: str, external_id: str, order: shapes.Order, *, idempotency_key: str | None = None
    ) -> shapes.OrderPutAlone:
        """Keep the full state of an order; return what became of it and, under `loyalty`, what it earned."""
        path = f"orders/{key_of(source, external_id)}"
        return cast("shapes.OrderPutAlone", self._caller.write("PUT", path, order, idempotency_key=idempotency_key))

    def put_many(self, orders: Sequence[shapes.Order], *, idempotency_key: str | None = None) -> list[shapes.OrderPut]:
        """Keep up to 500 orders, each with its `source` and `external_id`; return what became of each.

        What they earn is adjudicated by a worker, within seconds.
        """
        body = {"orders": list(orders)}
        answer = self._caller.write("POST", "orders/bulk", body, idempotency_key=idempotency_key)
        return cast("list[shapes.OrderPut]", answer["items"])

    def get(self, source: str, external_id: str) -> dict[str, Any]:
        """Return an order in full."""
        return cast("dict[str, Any]", self._caller.get(f"orders/{key_of(source, external_id)}"))

    def list(
        self, *, customer_id: str | None = None, since: str | None = None, page_size: int = 100
    ) -> Iterator[shapes.OrderHead]:
        """Return orders, the latest first."""
        return self._each("orders", {"customer_id": customer_id, "since": since, "limit": page_size})
