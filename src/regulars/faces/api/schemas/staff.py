"""The staff's own things on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from regulars.faces.api.schemas.wire import Out
from regulars.staff.contracts import Account, ApiKey, Role


class ApiKeyOut(Out):
    """A key, without its secret. `last_used_on` is kept to the day."""

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
