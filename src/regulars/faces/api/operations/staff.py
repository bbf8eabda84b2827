"""The staff's own things: the key that calls, keys, accounts."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import ANY_KEY, actor_of, caller
from regulars.faces.api.schemas.staff import AccountOut, AccountsOut, ApiKeyOut, ApiKeysOut
from regulars.staff import queries, services

staff = Resource("Staff")


@staff.get("/me", scope=ANY_KEY, answer=ApiKeyOut)
def get_me(request: HttpRequest) -> Any:
    """Return the key that calls: its name and scopes."""
    return ApiKeyOut.of(caller(request))


@staff.get("/api-keys", scope="api_keys.manage", answer=ApiKeysOut)
def list_api_keys(request: HttpRequest) -> Any:
    """List the keys, without their secrets."""
    return {"items": [ApiKeyOut.of(each) for each in queries.list_api_keys()]}


@staff.post("/api-keys/{api_key_id}/revoke", scope="api_keys.manage", answer=ApiKeyOut)
def revoke_api_key(request: HttpRequest, api_key_id: UUID) -> Any:
    """Revoke a key: from now on it is none."""
    revoked = services.revoke_api_key(api_key_id=api_key_id, now=timezone.now(), actor=actor_of(request))
    return ApiKeyOut.of(revoked)


@staff.get("/accounts", scope="staff.read", answer=AccountsOut)
def list_accounts(request: HttpRequest) -> Any:
    """List the people of the staff."""
    return {"items": [AccountOut.of(each) for each in queries.list_accounts()]}
