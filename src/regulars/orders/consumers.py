"""What orders do when something happens."""

from __future__ import annotations

from collections.abc import Sequence

from procrastinate.contrib.django import app

from regulars.orders.facts_kept import keep_facts_of
from regulars.stream.contracts import Event

RATES_CHANGED = frozenset({"rates.changed"})


def convert_by_new_rates(events: Sequence[Event]) -> None:
    """Have the orders converted that waited for a rate; it may be many, so that a job does it."""
    currencies = sorted({currency for event in events for currency in event.payload["currencies"]})
    app.configure_task("orders.convert").defer(currencies=currencies)


def keep_facts(events: Sequence[Event]) -> None:
    """Count anew what the orders of the customers in these events come to."""
    keep_facts_of({event.customer_id for event in events if event.customer_id})
