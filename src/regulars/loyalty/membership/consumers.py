"""React to what becomes of customers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from regulars.loyalty.ledger.requests import Busy
from regulars.loyalty.membership.services import follow_customers
from regulars.stream.contracts import Event, system

CUSTOMERS_MERGED = frozenset({"customer.merged", "customer.unmerged"})
# Each waits for the writers of that moment, a minute at most; new ones wait behind it.
_ATTEMPTS = 3


def follow(events: Sequence[Event]) -> None:
    """Merge and part members as their customers are.

    It is to be handed one event at a time: what merges members comes first in its transaction, and keeps all others who
    write to members waiting until that ends.
    """
    for event in events:
        customers = {UUID(event.payload["survivor_id"]), UUID(event.payload["merged_id"])}
        _follow_patiently(customers)


def _follow_patiently(customers: set[UUID]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            follow_customers(customer_ids=customers, now=timezone.now(), actor=system("loyalty"))
        except Busy:
            if attempt == _ATTEMPTS:
                raise
        else:
            return
