"""What an order's new state means: the events it appends to the stream. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from regulars.orders.checking import returned_minor
from regulars.orders.contracts import OrderState, PaymentState
from regulars.stream.contracts import Actor, NewEvent


@dataclass(frozen=True, slots=True)
class Before:
    """What was kept of an order before it was told anew."""

    id: UUID
    version: int
    digest: bytes
    customer_id: UUID | None
    payment_state: str
    cancelled: bool
    delivered: bool
    returned_minor: int


def events_of(
    order: OrderState,
    before: Before | None,
    *,
    order_id: UUID,
    customer_id: UUID | None,
    now: datetime,
    actor: Actor,
) -> list[NewEvent]:
    """Return the events of an order that was created or has changed, in the order in which they happened."""
    payload = {
        "order_id": str(order_id),
        "number": order.number or order.external_id,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "channel": order.channel,
    }
    events = [
        NewEvent(
            type=kind,
            actor=actor,
            source=order.source,
            occurred_at=occurred_at,
            customer_id=customer_id,
            payload=payload | more,
        )
        for kind, occurred_at, more in _happened(order, before, now)
    ]
    if before and before.customer_id != customer_id and before.customer_id:
        # The one who had the order before has lost it.
        events.append(
            NewEvent(
                type="order.moved",
                actor=actor,
                source=order.source,
                occurred_at=now,
                customer_id=before.customer_id,
                payload=payload,
            )
        )
    return events


def _happened(
    order: OrderState, before: Before | None, now: datetime
) -> Iterator[tuple[str, datetime, dict[str, object]]]:
    if before is None:
        yield "order.placed", order.placed_at, {"items": len(order.lines)}
    else:
        yield "order.changed", now, {}
    if order.payment_state is PaymentState.PAID and (before is None or before.payment_state == PaymentState.UNPAID):
        paid = [tender.paid_at for tender in order.tenders if tender.paid_at]
        yield "order.paid", max(paid, default=order.placed_at), {}
    if order.delivered_at and not (before and before.delivered):
        yield "order.delivered", order.delivered_at, {}
    returned = returned_minor(order)
    if returned != (before.returned_minor if before else 0):
        moments = [each.returned_at for each in order.returns]
        yield "order.returned", max(moments, default=now), {"returned_minor": returned}
    if order.cancelled_at and not (before and before.cancelled):
        yield "order.cancelled", order.cancelled_at, {}
    if before and before.cancelled and not order.cancelled_at:
        yield "order.reinstated", now, {}
