"""The staff's own things: the key that calls, keys, accounts, roles, invitations, the audit trail."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Query

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import ANY_KEY, actor_of, caller, check_scope
from regulars.faces.api.paging import CursorText, Limit, known_place
from regulars.faces.api.schemas.staff import (
    AccountChangeOut,
    AccountIn,
    AccountOut,
    AccountsOut,
    ApiKeyIn,
    ApiKeyOut,
    ApiKeysOut,
    AuditEntriesOut,
    InvitationEndOut,
    InvitationIn,
    InvitationsOut,
    NewApiKeyOut,
    NewInvitationOut,
    RoleOut,
    RolesOut,
)
from regulars.kit.pagination import Page, page_of
from regulars.staff import queries, services
from regulars.staff.contracts import Role
from regulars.staff.permissions import PERMISSIONS, role_may

staff = Resource("Staff")
_AUDIT = "audit trail"


@staff.get("/me", scope=ANY_KEY, answer=ApiKeyOut)
def get_me(request: HttpRequest) -> Any:
    """Return the key that calls: its name and scopes."""
    return ApiKeyOut.of(caller(request))


@staff.get("/api-keys", scope="api_keys.manage", answer=ApiKeysOut)
def list_api_keys(request: HttpRequest) -> Any:
    """List the keys, without their secrets."""
    return {"items": [ApiKeyOut.of(each) for each in queries.list_api_keys()]}


@staff.post("/api-keys", scope="api_keys.manage", answer=NewApiKeyOut, told_once="secret")
def create_api_key(request: HttpRequest, body: Annotated[ApiKeyIn, JsonBody(...)]) -> Any:
    """Make a key. Its secret is in the answer, and nowhere else.

    No scope is given that the key that asks lacks. Told again under the same idempotency key, the answer has no secret:
    revoke the key and make another.
    """
    for scope in body.scopes:
        if scope in PERMISSIONS:
            check_scope(caller(request), scope)
    made = services.create_api_key(
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        now=timezone.now(),
        actor=actor_of(request),
    )
    return NewApiKeyOut(key=ApiKeyOut.of(made.key), secret=made.secret)


@staff.post("/api-keys/{api_key_id}/revoke", scope="api_keys.manage", answer=ApiKeyOut)
def revoke_api_key(request: HttpRequest, api_key_id: UUID) -> Any:
    """Revoke a key: from now on it is none."""
    revoked = services.revoke_api_key(api_key_id=api_key_id, now=timezone.now(), actor=actor_of(request))
    return ApiKeyOut.of(revoked)


@staff.get("/accounts", scope="staff.read", answer=AccountsOut)
def list_accounts(request: HttpRequest) -> Any:
    """List the people of the staff."""
    return {"items": [AccountOut.of(each) for each in queries.list_accounts()]}


@staff.patch("/accounts/{account_id}", scope="staff.manage", answer=AccountChangeOut)
def change_account(request: HttpRequest, account_id: UUID, body: Annotated[AccountIn, JsonBody(...)]) -> Any:
    """Change a person's name, role or language, or let the person in no longer. One owner always stays."""
    account = services.change_account(
        account_id=account_id, **body.model_dump(), now=timezone.now(), actor=actor_of(request)
    )
    return AccountChangeOut(account_id=account.id, role=account.role, is_active=account.is_active)


@staff.get("/roles", scope="staff.read", answer=RolesOut)
def list_roles(request: HttpRequest) -> Any:
    """List the roles, and what each may do."""
    return {
        "items": [
            RoleOut(role=role, permissions=sorted(name for name in PERMISSIONS if role_may(role, name)))
            for role in Role
        ]
    }


@staff.get("/invitations", scope="staff.read", answer=InvitationsOut)
def list_invitations(request: HttpRequest) -> Any:
    """List the invitations that can still be accepted, the newest first."""
    return {"items": queries.list_open_invitations(now=timezone.now())}


@staff.post("/invitations", scope="staff.manage", answer=NewInvitationOut, told_once="link")
def invite(request: HttpRequest, body: Annotated[InvitationIn, JsonBody(...)]) -> Any:
    """Ask somebody to join; an earlier invitation of the same address ends.

    Hand on the link: it is in the answer, and nowhere else. It lets one person in, once, within seven days.
    """
    made = services.invite(email=body.email, role=body.role, now=timezone.now(), actor=actor_of(request))
    link = request.build_absolute_uri(reverse("console:join", args=[made.secret]))
    return NewInvitationOut(invitation_id=made.invitation.id, expires_at=made.invitation.expires_at, link=link)


@staff.post("/invitations/{invitation_id}/withdraw", scope="staff.manage", answer=InvitationEndOut)
def withdraw_invitation(request: HttpRequest, invitation_id: UUID) -> Any:
    """Let an invitation be good no longer."""
    ended = services.withdraw_invitation(invitation_id=invitation_id, now=timezone.now(), actor=actor_of(request))
    return InvitationEndOut(invitation_id=ended.id)


@staff.get("/audit", scope="audit.read", answer=AuditEntriesOut)
def list_audit_entries(  # noqa: PLR0917  # Each is a parameter of the address.
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    actor: Annotated[str | None, Query(None, max_length=200, description="Only what an actor did, as `staff:…`.")],
    action: Annotated[str | None, Query(None, max_length=121, description="Only one sort of action.")],
    object_kind: Annotated[str | None, Query(None, max_length=60, description="Only what was done to such.")],
    object_id: Annotated[str | None, Query(None, max_length=200, description="Only what was done to one.")],
) -> Any:
    """List the audit trail, the latest first."""
    place = known_place(_AUDIT, cursor, 2)
    found = queries.list_audit_entries(
        limit=limit + 1,
        before=(int(place[0]), int(place[1])) if place else None,
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
    )
    page = page_of(found, limit=limit, name=_AUDIT, place=lambda each: each[1])
    return Page([entry for entry, _ in page.items], page.next)
