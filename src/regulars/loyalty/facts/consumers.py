"""What is known of members follows what happens to them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from regulars.loyalty.facts.facts import PROGRAM_CHANGED
from regulars.loyalty.facts.keeping import follow_programs, keep_facts_of
from regulars.stream.contracts import Event


def keep_facts(events: Sequence[Event]) -> None:
    """Keep anew what is known of the customers in these events, by what their programmes say by now."""
    if any(event.type in PROGRAM_CHANGED for event in events):
        follow_programs(timezone.now())
    keep_facts_of({event.customer_id for event in events if event.customer_id})
