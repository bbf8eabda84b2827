"""Carts, and what would come of them, on the wire."""

from __future__ import annotations

from uuid import UUID

from regulars.faces.api.schemas.loyalty_effects import AdjudicatedOut
from regulars.faces.api.schemas.orders import OrderIn
from regulars.faces.api.schemas.wire import Number, Out
from regulars.orders.contracts import OrderState


class CartIn(OrderIn):
    """An order that has no number yet: a cart. `placed_at` is when it is looked at."""

    source: Number = "cart"
    external_id: Number = "cart"

    def cart(self) -> OrderState:
        """Return what services take."""
        return self.contract(self.source, self.external_id)


class LoyaltyPreviewIn(CartIn):
    """An order or a cart, and who buys, where that is known; otherwise its `buyer` tells."""

    member_id: UUID | None = None


class LoyaltyPreviewOut(Out):
    """What would come of it in each programme of its time."""

    loyalty: list[AdjudicatedOut]
