"""Change the staff, and write the audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.contracts import Account, NewApiKey, Role
from regulars.staff.models import Account as AccountRow
from regulars.staff.models import ApiKey as ApiKeyRow
from regulars.staff.models import AuditEntry
from regulars.staff.permissions import PERMISSIONS
from regulars.staff.queries import PREFIX_LENGTH, account_of, api_key_of, digest_of
from regulars.stream.contracts import Actor


class EmailTaken(DomainError):
    """Somebody of the staff has this address already."""

    code = "email_taken"


class UnknownScope(DomainError):
    """A key was to have a scope that does not exist."""

    code = "unknown_scope"


def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: object,
    *,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry of the audit trail. `details` names fields and counts, never what stands in them."""
    AuditEntry.objects.create(
        id=new_id(),
        at=now,
        actor=str(actor),
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        details=dict(details or {}),
    )


@transaction.atomic
def create_account(
    *, email: str, name: str, role: Role, password: str | None, language: str = "en", now: datetime, actor: Actor
) -> Account:
    """Make an account; without a password it cannot sign in by one.

    Raises
    ------
    EmailTaken
        Somebody has this address.
    """
    address = email.strip().lower()
    if AccountRow.objects.filter(email=address).exists():
        raise EmailTaken(gettext("Somebody of the staff has this address already."))
    row = AccountRow.objects.create(
        email=address,
        name=name.strip(),
        role=role.value,
        password=make_password(password),
        language=language,
        created_at=now,
    )
    record(actor, "account.created", "account", row.id, now=now, details={"role": role.value})
    return account_of(row)


@transaction.atomic
def create_api_key(
    *, name: str, scopes: Collection[str], expires_at: datetime | None = None, now: datetime, actor: Actor
) -> NewApiKey:
    """Make a key for a program; its secret is in the answer and nowhere else.

    Raises
    ------
    UnknownScope
        A scope is none of `PERMISSIONS`.
    """
    unknown = sorted(set(scopes) - PERMISSIONS.keys())
    if unknown:
        raise UnknownScope(gettext("There is no scope {scope}.").format(scope=unknown[0]))
    secret = f"rk_{secrets.token_hex(4)}{secrets.token_urlsafe(32)}"
    row = ApiKeyRow.objects.create(
        id=new_id(),
        name=name.strip(),
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of(secret),
        scopes=sorted(scopes),
        created_at=now,
        created_by=str(actor),
        expires_at=expires_at,
    )
    record(actor, "api_key.created", "api_key", row.id, now=now, details={"scopes": sorted(scopes)})
    return NewApiKey(key=api_key_of(row), secret=secret)
