"""What is kept of a person by the facts of members. A merge moves nothing: the next look reads the alias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.facts.models import CustomerFacts

COLUMNS: Columns = {
    **columns("loyalty_facts_program", none="program_id version zone currency tier_set tier_scale"),
    **columns("loyalty_facts_series", none="id program_id key uses ends_at"),
    **columns(
        "loyalty_facts_customer",
        none="programs zone tier_set tier_scale",
        personal="customer_id member_id member_ids account_id member_since lifetime_points spent_points redemptions"
        " last_earned_at last_redeemed_at",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return what a customer's membership has come to, under all of its ids."""
    return {
        "membership_figures": [
            {
                "programs": row.programs,
                "member_since": row.member_since.isoformat(),
                "lifetime_points": row.lifetime_points,
                "spent_points": row.spent_points,
                "redemptions": row.redemptions,
                "last_earned_at": row.last_earned_at and row.last_earned_at.isoformat(),
                "last_redeemed_at": row.last_redeemed_at and row.last_redeemed_at.isoformat(),
            }
            for row in CustomerFacts.objects.filter(customer_id__in=customer_ids).order_by("customer_id")
        ]
    }
