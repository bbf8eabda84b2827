"""Read the staff: who may do what, keys, the audit trail."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from regulars.staff.contracts import Account, ApiKey, AuditEntry, Invitation, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import ApiKey as ApiKeyRow
from regulars.staff.models import AuditEntry as AuditEntryRow
from regulars.staff.models import Invitation as InvitationRow

# `rk_` and eight characters find the key's row; the rest is its secret.
PREFIX_LENGTH = 11


def account_of(row: AccountRow) -> Account:
    """Return the contract of an account's row."""
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        is_active=row.is_active,
        language=row.language,
        created_at=row.created_at,
        last_login=row.last_login,
    )


def api_key_of(row: ApiKeyRow) -> ApiKey:
    """Return the contract of a key's row."""
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_on=row.last_used_on,
    )


def list_accounts() -> list[Account]:
    """Return the people of the staff by name."""
    return [account_of(row) for row in AccountRow.objects.order_by("name", "email")]


def find_account(account_id: UUID) -> Account | None:
    """Return the person with this id, or None."""
    row = AccountRow.objects.filter(id=account_id).first()
    return account_of(row) if row else None


def find_account_of_address(email: str) -> Account | None:
    """Return the person who signs in with this address, whatever its case, or None."""
    row = AccountRow.objects.filter(email=email.strip().lower()).first()
    return account_of(row) if row else None


def list_api_keys() -> list[ApiKey]:
    """Return the keys, the newest first."""
    return [api_key_of(row) for row in ApiKeyRow.objects.order_by("-id")]


def find_api_key(secret: str, *, now: datetime) -> ApiKey | None:
    """Return the key that `secret` is, if it is one and still good."""
    prefix = secret[:PREFIX_LENGTH]
    row = ApiKeyRow.objects.filter(prefix=prefix).first()
    if row is None or not hmac.compare_digest(bytes(row.digest), digest_of(secret)):
        return None
    if row.revoked_at or (row.expires_at and row.expires_at <= now):
        return None
    return api_key_of(row)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).digest()


def invitation_of(row: InvitationRow) -> Invitation:
    """Return the contract of an invitation's row."""
    return Invitation(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def list_open_invitations(*, now: datetime) -> list[Invitation]:
    """Return the invitations that can still be accepted, the newest first."""
    rows = InvitationRow.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    return [invitation_of(row) for row in rows.order_by("-id")]


def find_open_invitation(secret: str, *, now: datetime) -> Invitation | None:
    """Return the invitation whose link holds `secret`, if it can still be accepted."""
    rows = InvitationRow.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)
    row = rows.filter(digest=digest_of(secret)).first()
    return invitation_of(row) if row else None


def map_names(actors: Collection[str]) -> dict[str, str]:
    """Return what to call some actors, as they are written on the audit trail and on events."""
    ids = [actor.partition(":")[2] for actor in actors if actor.startswith(("staff:", "api_key:"))]
    known: dict[str, str] = {}
    for row in AccountRow.objects.filter(id__in=[each for each in ids if _is_uuid(each)]):
        known[f"staff:{row.id}"] = row.name
    for key in ApiKeyRow.objects.filter(id__in=[each for each in ids if _is_uuid(each)]):
        known[f"api_key:{key.id}"] = key.name
    return {actor: known.get(actor, actor.partition(":")[2]) for actor in actors}


def list_audit_entries(
    *,
    limit: int,
    before: tuple[int, int] | None = None,
    actor: str | None = None,
    action: str | None = None,
    object_kind: str | None = None,
    object_id: str | None = None,
) -> list[tuple[AuditEntry, tuple[int, int]]]:
    """Return entries of the audit trail, the latest first, each with its place, before a place in that order."""
    rows = AuditEntryRow.objects.order_by("-transaction", "-position")
    wanted = {"actor": actor, "action": action, "object_kind": object_kind, "object_id": object_id}
    rows = rows.filter(**{field: value for field, value in wanted.items() if value is not None})
    if before:
        moved, position = before
        # The first condition alone bounds the walk along the index.
        rows = rows.filter(transaction__lte=moved).exclude(transaction=moved, position__gte=position)
    return [(audit_entry_of(row), (row.transaction, row.position)) for row in rows[:limit]]


def list_audit_actions() -> list[str]:
    """Return the sorts of action among the latest entries."""
    latest = AuditEntryRow.objects.order_by("-transaction", "-position").values_list("action", flat=True)[:10_000]
    return sorted(set(latest))


def audit_entry_of(row: AuditEntryRow) -> AuditEntry:
    """Return the contract of an entry's row."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        details=row.details,
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
