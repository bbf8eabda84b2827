"""What the orders' tables hold of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.orders.models import Line, Order

COLUMNS: Columns = {
    **columns("orders_category", none="id name parent_id"),
    **columns("orders_product", none="id source external_id name category_id updated_at"),
    **columns("orders_channel", none="id code name"),
    **columns("orders_location", none="id code name shop_id"),
    **columns(
        "orders_order",
        none="id source external_id number number_key version digest placed_at currency total_minor tax_minor"
        " tax_included shipping_minor shipping_tax_minor discount_minor returned_minor rate net_reporting_minor"
        " returned_reporting_minor items payment_state cancelled_at delivered_at channel_id location_id received_at",
        # `staff` is who served; what a source puts into `attributes` may be a gift's card.
        personal="customer_id staff attributes",
    ),
    **columns(
        "orders_line",
        none="order_id number product_id name quantity unit_price_minor discount_minor tax_minor total_minor",
    ),
    **columns("orders_discount", none="order_id number name coupon amount_minor"),
    **columns("orders_tender", none="order_id number kind amount_minor paid_at"),
    **columns(
        "orders_return", none="order_id number external_id returned_at shipping_minor amount_minor", personal="reason"
    ),
    **columns("orders_returned_line", none="order_id return_number line_number quantity amount_minor"),
    **columns(
        "orders_customer_facts",
        none="orders revenue_minor returned_minor first_ordered_at last_ordered_at unconverted_orders average_minor"
        " first_channel first_location first_products",
        personal="customer_id",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that the orders' tables hold of a customer, under all of its ids."""
    orders = list(Order.objects.filter(customer_id__in=customer_ids).order_by("placed_at", "id"))
    lines: dict[UUID, list[dict[str, Any]]] = {order.id: [] for order in orders}
    for line in Line.objects.filter(order_id__in=lines).order_by("order_id", "number"):
        lines[line.order_id].append(
            {"name": line.name, "quantity": str(line.quantity), "total_minor": line.total_minor}
        )
    return {
        "orders": [
            {
                "source": order.source,
                "number": order.number,
                "placed_at": order.placed_at.isoformat(),
                "currency": order.currency,
                "total_minor": order.total_minor,
                "returned_minor": order.returned_minor,
                "attributes": order.attributes,
                "lines": lines[order.id],
            }
            for order in orders
        ]
    }
