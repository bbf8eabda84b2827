"""What the adjudication holds of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.adjudication.models import Occasion, OptIn, Order

COLUMNS: Columns = {
    **columns(
        "loyalty_adjudication_order",
        none="id program_id placed_at order_version program_version digest headroom spread refusals counted"
        " adjudicated_at",
        personal="order_id member_id known",
    ),
    **columns(
        "loyalty_adjudication_earning", none="id order_id rule currency lot_id points led_by uses", personal="member_id"
    ),
    **columns("loyalty_adjudication_member_use", none="bound period used", personal="member_id"),
    **columns("loyalty_adjudication_escrow", none="program_id bound period slot left"),
    **columns(
        "loyalty_adjudication_occasion",
        none="id occurred_at program_version granted refusals adjudicated_at",
        personal="member_id occurrence",
    ),
    **columns("loyalty_adjudication_day", none="id program_id day program_version granted done_at"),
    **columns(
        "loyalty_adjudication_opt_in",
        none="id rule opted_in_at opted_in_by opted_out_at opted_out_by",
        personal="member_id",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return by what was known of a customer the orders were judged, under all of its ids."""
    rows = Order.objects.filter(member__customer_id__in=customer_ids).order_by("placed_at", "id")
    occasions = Occasion.objects.filter(member__customer_id__in=customer_ids).order_by("occurred_at", "id")
    wanted = OptIn.objects.filter(member__customer_id__in=customer_ids).order_by("opted_in_at", "id")
    return {
        "adjudicated_orders": [
            {"order_id": str(row.order_id), "placed_at": row.placed_at.isoformat(), "known": row.known} for row in rows
        ],
        "adjudicated_occasions": [
            {"occurrence": row.occurrence, "occurred_at": row.occurred_at.isoformat(), "granted": row.granted}
            for row in occasions
        ],
        "offers": [
            {
                "rule": row.rule,
                "opted_in_at": row.opted_in_at.isoformat(),
                "opted_out_at": row.opted_out_at and row.opted_out_at.isoformat(),
            }
            for row in wanted
        ],
    }
