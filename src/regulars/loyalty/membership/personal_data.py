"""What the membership holds of a person; `erasing` forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.membership.models import Adjustment

COLUMNS: Columns = columns(
    "loyalty_membership_adjustment",
    none="id program_id currency points expires_at state asked_by asked_as asked_at decided_by decided_at"
    " transaction_id",
    # Why is what the staff has written.
    personal="member_id reason refusal",
)


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return what was given to a customer or taken by hand, under all of its ids, and what was asked for."""
    rows = Adjustment.objects.filter(member__customer_id__in=customer_ids).order_by("id")
    return {
        "adjustments": [
            {
                "currency": row.currency,
                "points": row.points,
                "reason": row.reason,
                "state": row.state,
                "asked_at": row.asked_at.isoformat(),
                "decided_at": row.decided_at.isoformat() if row.decided_at else None,
                "refusal": row.refusal,
            }
            for row in rows
        ]
    }
