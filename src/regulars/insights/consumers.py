"""What insights do when something happens: an order moves its customer's RFM at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from regulars.insights.moving import RFM_MOVED_BY, move_customers
from regulars.insights.queries import find_seen_until
from regulars.stream.contracts import Event

__all__ = ["RFM_MOVED_BY", "move_rfm"]


def move_rfm(events: Sequence[Event]) -> None:
    """Fold anew the RFM of the customers in these events, by the last run's boundaries.

    What the last run has seen is in its scores: a new subscription need not fold the whole past.
    """
    seen_until = find_seen_until()
    customers = {event.customer_id for event in events if event.customer_id and event.cursor.transaction >= seen_until}
    if customers:
        move_customers(customers, now=timezone.now())
