"""What the ledger holds of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.loyalty.ledger.models import Entry, Lot, Member

COLUMNS: Columns = {
    **columns(
        "loyalty_ledger_member",
        none="id program_id state merged_into_id enrolled_at enrolled_by left_at",
        personal="customer_id code",
    ),
    **columns("loyalty_ledger_member_merge", none="id merged_at netted_by undone_at", personal="survivor_id merged_id"),
    **columns("loyalty_ledger_account", none="id currency debt leads_to_id", personal="member_id"),
    **columns(
        "loyalty_ledger_lot",
        none="id currency granted_at activates_at expires_at inactivity restored_at source_kind rule version funding"
        " counts_for_tiers occasion pending active reserved debt is_open",
        personal="account_id origin_account_id source_id",
    ),
    **columns(
        "loyalty_ledger_lot_move", none="id lot_id transaction_id activates_at expires_at", personal="account_id"
    ),
    **columns(
        "loyalty_ledger_transaction",
        none="id program_id kind occurred_at posted_at reverses_id occasion entries transaction position",
        personal="actor memo",
    ),
    **columns(
        "loyalty_ledger_entry",
        none="transaction_id number book lot_id state currency points cause",
        personal="account_id",
    ),
    **columns("loyalty_ledger_request", none="client key digest answered_at", personal="answer"),
    **columns("loyalty_ledger_seal", none="number transaction position transactions leaves digest sealed_at"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return what the ledger holds of a customer, under all of its ids: memberships, lots, and every movement."""
    own = Member.objects.filter(customer_id__in=customer_ids).select_related("program")
    members = list(own.order_by("enrolled_at"))
    lots = list(Lot.objects.filter(origin_account__member__in=members).order_by("granted_at", "id"))
    entries = Entry.objects.filter(lot__in=lots, book="member").select_related("transaction")
    return {
        "memberships": [
            {
                "program": member.program.key,
                "code": member.code,
                "state": member.state,
                "enrolled_at": member.enrolled_at.isoformat(),
                "left_at": member.left_at and member.left_at.isoformat(),
            }
            for member in members
        ],
        "lots": [
            {
                "currency": lot.currency,
                "granted_at": lot.granted_at.isoformat(),
                "activates_at": lot.activates_at and lot.activates_at.isoformat(),
                "expires_at": lot.expires_at and lot.expires_at.isoformat(),
                "source": lot.source_kind,
                "rule": lot.rule,
                "pending": lot.pending,
                "active": lot.active,
                "reserved": lot.reserved,
                "debt": lot.debt,
            }
            for lot in lots
        ],
        "movements": [
            {
                "kind": entry.transaction.kind,
                "occurred_at": entry.transaction.occurred_at.isoformat(),
                "currency": entry.currency,
                "state": entry.state,
                "points": entry.points,
                # Why, as the staff has written it, and what it was for.
                "told": entry.transaction.memo,
            }
            for entry in entries.order_by("transaction__position", "number")
        ],
    }
