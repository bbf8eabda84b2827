"""How many adjustments wait for a second person: what the navigation counts."""

from __future__ import annotations

from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.membership.queries import list_adjustments

# So many are counted; more are many.
MOST_WAITING = 100


def count_waiting() -> int:
    """Return how many adjustments wait for a second person."""
    return len(list_adjustments(state=AdjustmentState.AWAITING, limit=MOST_WAITING))
