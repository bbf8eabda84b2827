"""Read what was adjudicated."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from regulars.loyalty.adjudication.models import Order as OrderRow


def map_orders_of_lots(source_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the orders that lots came from, by the lots' sources; those that are no orders are left out."""
    return dict(OrderRow.objects.filter(id__in=source_ids).values_list("id", "order_id"))
