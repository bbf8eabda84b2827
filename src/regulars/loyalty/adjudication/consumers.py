"""React to what happens to orders."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.stream.contracts import Event, system

ORDERS_CHANGED = frozenset(
    f"order.{what}"
    for what in ("placed", "changed", "paid", "delivered", "returned", "cancelled", "reinstated", "converted")
)


def adjudicate(events: Sequence[Event]) -> None:
    """Adjudicate the orders that events are of, as they are by now; who was told of by `put_order` is done already."""
    order_ids = {UUID(event.payload["order_id"]) for event in events}
    adjudicate_orders(order_ids=order_ids, now=timezone.now(), actor=system("loyalty"))
