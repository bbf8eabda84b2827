"""What orders do when something happens."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.customers.queries import map_survivors
from regulars.orders.statements import rows_of
from regulars.stream.contracts import Event

FACTS_CHANGED_BY = frozenset(
    {
        "order.placed",
        "order.changed",
        "order.moved",
        "order.cancelled",
        "order.reinstated",
        "order.returned",
        "customer.merged",
        "customer.unmerged",
    }
)


def keep_facts(events: Sequence[Event]) -> None:
    """Count anew what the orders of the customers in these events come to."""
    customers = {event.customer_id for event in events if event.customer_id}
    if customers:
        survivors = sorted(set(map_survivors(customers).values()))
        rows_of("keep_facts", {"customer_ids": survivors})
