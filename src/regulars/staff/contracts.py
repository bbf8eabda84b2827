"""What others see of the staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Role(StrEnum):
    """What somebody is here for."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    AGENT = "agent"
    TILL = "till"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person of the staff."""

    id: UUID
    email: str
    name: str
    role: Role
    is_active: bool
    language: str
    created_at: datetime
    last_login: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that lets a program act, within its scopes. The key itself is shown once, and only its hash is kept."""

    id: UUID
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key just made, with its secret, which nobody sees again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to what. `details` names fields and counts, never what stands in them."""

    id: UUID
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody asked to join the staff, and not yet here."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation just made, with the secret of its link, which is sent and not kept."""

    invitation: Invitation
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """Whether the audit trail is as it was sealed; where not, the first entry or seal that is wrong, and why."""

    is_whole: bool
    sealed_entries: int
    unsealed_entries: int
    wrong_seal: int | None = None
    wrong_entry: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A list as somebody has asked for it: `query` is the query of its address."""

    id: UUID
    account_id: UUID
    section: str
    name: str
    query: str
    is_shared: bool
    created_at: datetime
