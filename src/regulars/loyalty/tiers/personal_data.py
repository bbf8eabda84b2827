"""What the tiers hold of a person. A merge moves nothing, and its undo nothing back: see `merging`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from regulars.kit.classification import Columns, columns
from regulars.loyalty.tiers.models import Change, Merge, Progress, Standing

COLUMNS: Columns = {
    **columns(
        "loyalty_tiers_progress",
        none="id tier_set occurred_at amount source_kind occasion recorded_at",
        personal="member_id source_id",
    ),
    **columns(
        "loyalty_tiers_standing",
        none="id program_id tier_set tier since kept_until grace_ends_at is_locked locked_until invited evaluated_at"
        " version due_at progress next_tier missing falls_at falls_to",
        # Why it was locked is what the staff has written.
        personal="member_id lock_reason",
    ),
    **columns(
        "loyalty_tiers_change",
        none="id tier_set from_tier to_tier reason effective_at recorded_at version is_up",
        personal="member_id",
    ),
    **columns(
        "loyalty_tiers_merge",
        none="id merged_at undone_at last_progress",
        personal="survivor_id merged_id survivor_before merged_before survivor_after",
    ),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that the tiers' tables hold of a customer, under all of its ids."""
    merges = Merge.objects.filter(
        Q(survivor__customer_id__in=customer_ids) | Q(merged__customer_id__in=customer_ids)
    ).order_by("id")
    return {
        "tiers": [
            {
                "tier_set": row.tier_set,
                "tier": row.tier,
                "since": row.since and row.since.isoformat(),
                "kept_until": row.kept_until and row.kept_until.isoformat(),
                "progress": row.progress,
                "locked": row.is_locked,
                "lock_reason": row.lock_reason,
                "invited": row.invited,
            }
            for row in Standing.objects.filter(member__customer_id__in=customer_ids).order_by("member_id", "tier_set")
        ],
        "tier_changes": [
            {
                "tier_set": row.tier_set,
                "from": row.from_tier,
                "to": row.to_tier,
                "reason": row.reason,
                "effective_at": row.effective_at.isoformat(),
            }
            for row in Change.objects.filter(member__customer_id__in=customer_ids).order_by("id")
        ],
        "tier_progress": [
            {
                "tier_set": row.tier_set,
                "occurred_at": row.occurred_at.isoformat(),
                "amount": row.amount,
                "source": row.source_kind,
            }
            for row in Progress.objects.filter(member__customer_id__in=customer_ids).order_by("occurred_at", "id")
        ],
        "tier_merges": [
            {
                "merged_at": row.merged_at.isoformat(),
                "undone_at": row.undone_at and row.undone_at.isoformat(),
                "stood_before": [row.survivor_before, row.merged_before],
                "stood_after": row.survivor_after,
            }
            for row in merges
        ],
    }
