"""The staff's own things: accounts, roles, invitations, API keys, the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from regulars.client import shapes
from regulars.client.resource import Resource


class Staff(Resource):
    """The people of the staff."""

    def accounts(self) -> list[shapes.Account]:
        """Return the people of the staff, by name."""
        return cast("list[shapes.Account]", self._caller.get("accounts")["items"])

    def change(
        self,
        account_id: str,
        *,
        name: str | None = None,
        role: shapes.Role | None = None,
        is_active: bool | None = None,
        language: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.AccountChange:
        """Change a person's name, role or language, or let the person in no longer."""
        body = {"name": name, "role": role, "is_active": is_active, "language": language}
        answer = self._caller.write("PATCH", f"accounts/{account_id}", body, idempotency_key=idempotency_key)
        return cast("shapes.AccountChange", answer)

    def roles(self) -> list[shapes.RolePermissions]:
        """Return the roles, and what each may do."""
        return cast("list[shapes.RolePermissions]", self._caller.get("roles")["items"])

    def invitations(self) -> list[shapes.Invitation]:
        """Return the invitations that can still be accepted, the newest first."""
        return cast("list[shapes.Invitation]", self._caller.get("invitations")["items"])

    def invite(self, email: str, role: shapes.Role, *, idempotency_key: str | None = None) -> shapes.NewInvitation:
        """Ask somebody to join; hand on the link that is in the answer."""
        body = {"email": email, "role": role}
        answer = self._caller.write("POST", "invitations", body, idempotency_key=idempotency_key)
        return cast("shapes.NewInvitation", answer)

    def withdraw(self, invitation_id: str, *, idempotency_key: str | None = None) -> None:
        """Let an invitation be good no longer."""
        self._caller.write("POST", f"invitations/{invitation_id}/withdraw", idempotency_key=idempotency_key)


class ApiKeys(Resource):
    """The keys of programs."""

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        expires_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.NewApiKey:
        """Make a key; its secret is in the answer, and nowhere else."""
        body = {"name": name, "scopes": list(scopes), "expires_at": expires_at}
        return cast("shapes.NewApiKey", self._caller.write("POST", "api-keys", body, idempotency_key=idempotency_key))

    def revoke(self, api_key_id: str, *, idempotency_key: str | None = None) -> shapes.ApiKey:
        """Revoke a key: from now on it is none."""
        answer = self._caller.write("POST", f"api-keys/{api_key_id}/revoke", idempotency_key=idempotency_key)
        return cast("shapes.ApiKey", answer)

    def list(self) -> Sequence[shapes.ApiKey]:
        """Return all keys, without their secrets."""
        return cast("Sequence[shapes.ApiKey]", self._caller.get("api-keys")["items"])


class Audit(Resource):
    """Who did what to what."""

    def list(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object_kind: str | None = None,
        object_id: str | None = None,
        page_size: int = 100,
    ) -> Iterator[shapes.AuditEntry]:
        """Return the audit trail, the latest first."""
        told = {"actor": actor, "action": action, "object_kind": object_kind, "object_id": object_id}
        return self._each("audit", {**told, "limit": page_size})
