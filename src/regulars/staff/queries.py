"""Read the staff: who may do what, keys, the audit trail."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from regulars.staff.contracts import Account, ApiKey, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import ApiKey as ApiKeyRow


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


# `rk_` and eight characters find the key's row; the rest is its secret.
PREFIX_LENGTH = 11


def digest_of(secret: str) -> bytes:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode()).digest()
