"""The staff's own things on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from regulars.faces.api.schemas.wire import Code, In, Moment, Out
from regulars.staff.contracts import Account, ApiKey, Role


class ApiKeyOut(Out):
    """A key, without its secret. `last_used_on` is of the last day on which it called, known some minutes later."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> ApiKeyOut:
        """Return the wire's form of a key, its scopes in order."""
        told = {name: getattr(key, name) for name in cls.model_fields}
        return cls(**{**told, "scopes": sorted(key.scopes)})


class ApiKeysOut(Out):
    """All keys, the newest first."""

    items: list[ApiKeyOut]


class ApiKeyIn(In):
    """A key to be made, with no other scopes than the key that asks has itself."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)]
    expires_at: Moment | None = None


class NewApiKeyOut(Out):
    """A key just made. Its `secret` is in this answer and nowhere else; null where the answer is told again."""

    key: ApiKeyOut
    secret: str | None


class AccountIn(In):
    """What is to change of somebody's account; what is left out, or null, stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    role: Role | None = None
    is_active: bool | None = None
    language: Annotated[str, Field(max_length=8)] | None = None


class AccountChangeOut(Out):
    """Whose account it is, and what it is now."""

    account_id: UUID
    role: Role
    is_active: bool


class InvitationIn(In):
    """Who is asked to join, and as what."""

    email: Annotated[str, Field(min_length=3, max_length=320)]
    role: Role


class NewInvitationOut(Out):
    """An invitation just made. Its `link` is in this answer and nowhere else; null where the answer is told again."""

    invitation_id: UUID
    expires_at: datetime
    link: str | None


class InvitationOut(Out):
    """Somebody asked to join, and not yet here."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


class InvitationsOut(Out):
    """The invitations that can still be accepted, the newest first."""

    items: list[InvitationOut]


class InvitationEndOut(Out):
    """Which invitation is good no longer."""

    invitation_id: UUID


class RoleOut(Out):
    """A role, and what it may do: the same words as scopes."""

    role: Role
    permissions: list[str]


class RolesOut(Out):
    """The roles."""

    items: list[RoleOut]


class AuditEntryOut(Out):
    """Who did what to what; `details` names fields and counts, never what stands in them."""

    id: UUID
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]


class AuditEntriesOut(Out):
    """A page of the audit trail, the latest first."""

    items: list[AuditEntryOut]
    next: str | None


class AccountOut(Out):
    """A person of the staff."""

    id: UUID
    email: str
    name: str
    role: Role
    is_active: bool
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        """Return the wire's form of an account."""
        return cls.model_validate(account)


class AccountsOut(Out):
    """The people of the staff, by name."""

    items: list[AccountOut]
