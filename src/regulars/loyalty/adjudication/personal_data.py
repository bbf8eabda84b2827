"""What the adjudication holds of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.adjudication.models import Order

COLUMNS: Columns = {
    **columns(
        "loyalty_adjudication_order",
        none="id program_id placed_at order_version program_version digest headroom spread refusals counted"
        " adjudicated_at",
        personal="order_id member_id known",
    ),
    **columns(
        "loyalty_adjudication_earning", none="id order_id rule currency lot_id points uses", personal="member_id"
    ),
    **columns("loyalty_adjudication_member_use", none="bound period used", personal="member_id"),
    **columns("loyalty_adjudication_escrow", none="program_id bound period slot left"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return by what was known of a customer the orders were judged, under all of its ids."""
    rows = Order.objects.filter(member__customer_id__in=customer_ids).order_by("placed_at", "id")
    return {
        "adjudicated_orders": [
            {"order_id": str(row.order_id), "placed_at": row.placed_at.isoformat(), "known": row.known} for row in rows
        ]
    }
