"""Who calls: the key in the `Authorization` header, and what its scopes allow."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from regulars.staff.contracts import ApiKey
from regulars.staff.queries import find_api_key
from regulars.stream.contracts import Actor, ActorKind


class Forbidden(Exception):
    """The key is good, but its scopes do not reach so far."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class KeyWith(HttpBearer):
    """Lets pass a key with one scope."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, _request: HttpRequest, token: str) -> Any:
        """Return the key, or None where it is none."""
        key = find_api_key(token, now=timezone.now())
        if key is None:
            return None
        if self.scope not in key.scopes:
            raise Forbidden(self.scope)
        return key


def actor_of(request: HttpRequest) -> Actor:
    """Return the key as the actor of what it asks for."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]  # ninja puts there what `authenticate` returned.
    return Actor(ActorKind.API_KEY, str(key.id))
