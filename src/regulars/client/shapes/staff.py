"""The staff's own things."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class ApiKey(TypedDict):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_on: str | None


class NewApiKey(TypedDict):
    """A key just made; `secret` is None where the answer is told again."""

    key: ApiKey
    secret: str | None


Role = Literal["owner", "manager", "analyst", "agent", "till"]


class Account(TypedDict):
    """A person of the staff."""

    id: str
    email: str
    name: str
    role: Role
    is_active: bool
    created_at: str


class AccountChange(TypedDict):
    """Whose account was changed, and what it is now."""

    account_id: str
    role: Role
    is_active: bool


class RolePermissions(TypedDict):
    """A role, and what it may do: the same words as scopes."""

    role: Role
    permissions: list[str]


class Invitation(TypedDict):
    """Somebody asked to join, and not yet here."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: str
    expires_at: str


class NewInvitation(TypedDict):
    """An invitation just made; `link` is None where the answer is told again."""

    invitation_id: str
    expires_at: str
    link: str | None


class AuditEntry(TypedDict):
    """Who did what to what."""

    id: str
    at: str
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]
