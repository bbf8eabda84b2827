"""What the staff's tables hold of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from regulars.kit.classification import Columns, columns
from regulars.staff.models import AuditEntry

COLUMNS: Columns = {
    **columns(
        "staff_account",
        none="id role is_active language created_at last_login",
        personal="email name",
        hidden="password session_round",
    ),
    **columns("staff_policy", none="id second_factor_required"),
    **columns(
        "staff_api_key",
        none="id name prefix scopes created_at created_by expires_at revoked_at last_used_on",
        hidden="digest",
    ),
    **columns(
        "staff_invitation",
        none="id role invited_by created_at expires_at accepted_at withdrawn_at",
        personal="email",
        hidden="digest",
    ),
    **columns(
        "staff_audit_entry",
        none="id at actor action object_kind details transaction position",
        personal="object_id",
    ),
    # What somebody looks for may name a person.
    **columns("staff_saved_view", none="id account_id section is_shared created_at", personal="name query"),
    **columns("staff_audit_seal", none="number transaction position entries leaves digest sealed_at"),
}


def export(customer_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return when who of the staff did what with a customer: the person may know it (GDPR, article 15)."""
    ids = [str(each) for each in customer_ids]
    entries = AuditEntry.objects.filter(object_kind="customer", object_id__in=ids).order_by("transaction", "position")
    return {"audit": [{"at": entry.at.isoformat(), "action": entry.action} for entry in entries.iterator()]}
