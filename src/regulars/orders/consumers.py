"""What orders do when something happens."""

from __future__ import annotations

from collections.abc import Sequence

from procrastinate.contrib.django import app

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
        "order.converted",
        "customer.merged",
        "customer.unmerged",
    }
)


RATES_CHANGED = frozenset({"rates.changed"})


def convert_by_new_rates(events: Sequence[Event]) -> None:
    """Have the orders converted that waited for a rate; it may be many, so that a job does it."""
    currencies = sorted({currency for event in events for currency in event.payload["currencies"]})
    app.configure_task("orders.convert").defer(currencies=currencies)


def keep_facts(events: Sequence[Event]) -> None:
    """Count anew what the orders of the customers in these events come to."""
    customers = {event.customer_id for event in events if event.customer_id}
    if customers:
        survivors = sorted(set(map_survivors(customers).values()))
        rows_of("keep_facts", {"customer_ids": survivors})
