"""Read orders."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from regulars.orders.contracts import CustomerFacts, OrderHead, PaymentState
from regulars.orders.models import CustomerFacts as FactsRow
from regulars.orders.models import Order as OrderRow


def find_customer_facts(customer_id: UUID) -> CustomerFacts | None:
    """Return what a customer's orders come to, or None where there has been none."""
    row = FactsRow.objects.filter(customer_id=customer_id).first()
    if row is None:
        return None
    return CustomerFacts(
        customer_id=row.customer_id,
        orders=row.orders,
        revenue_minor=row.revenue_minor,
        returned_minor=row.returned_minor,
        first_ordered_at=row.first_ordered_at,
        last_ordered_at=row.last_ordered_at,
        unconverted_orders=row.unconverted_orders,
    )


def list_orders_of(customer_ids: Sequence[UUID], *, limit: int) -> list[OrderHead]:
    """Return the orders of a customer under all of its ids, the latest first."""
    rows = OrderRow.objects.select_related("channel").filter(customer_id__in=customer_ids).order_by("-placed_at")
    return [head_of(row) for row in rows[:limit]]


def head_of(row: OrderRow) -> OrderHead:
    """Return the contract of an order's row."""
    return OrderHead(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        number=row.number,
        version=row.version,
        customer_id=row.customer_id,
        placed_at=row.placed_at,
        currency=row.currency,
        total_minor=row.total_minor,
        returned_minor=row.returned_minor,
        payment_state=PaymentState(row.payment_state),
        cancelled_at=row.cancelled_at,
        channel=row.channel.name if row.channel else "",
        items=row.items,
    )
