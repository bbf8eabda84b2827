"""Loyalty and orders."""

from __future__ import annotations

from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource


class LoyaltyOrders(Resource):
    """What orders and carts earn."""

    def preview(self, order: shapes.Order, *, member_id: str | None = None) -> list[shapes.Adjudicated]:
        """Return what an order or a cart would earn in each programme; nothing is kept or posted."""
        answer = self._caller.ask("loyalty/preview", {**order, "member_id": member_id})
        return cast("list[shapes.Adjudicated]", answer["loyalty"])
