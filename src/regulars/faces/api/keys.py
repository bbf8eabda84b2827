"""Who calls: the key in the `Authorization` header, and what its scopes allow."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from regulars.faces.api.errors import Refused
from regulars.faces.api.limits import guesses
from regulars.kit.i18n import gettext
from regulars.staff.contracts import ApiKey
from regulars.staff.permissions import SEES_SENSITIVE
from regulars.staff.queries import find_api_key
from regulars.stream.contracts import Actor, ActorKind

ANY_KEY = "any key"


def authenticate(request: HttpRequest) -> ApiKey:
    """Return the key that calls.

    Raises
    ------
    Refused
        There is none, or it is none of ours; or too many that were none have been tried.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    now = timezone.now()
    guesses.check(token, now=now)
    key = find_api_key(token, now=now) if kind.lower() == "bearer" and token.isascii() and "\0" not in token else None
    if key is None:
        guesses.count(now=now)
        message = gettext("Send a key that is good, as “Authorization: Bearer rk_…”.")
        raise Refused(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
    guesses.remember(token)
    return key


def check_scope(key: ApiKey, scope: str) -> None:
    """Let a key pass that has a scope.

    Raises
    ------
    Refused
        Its scopes do not reach so far.
    """
    if scope != ANY_KEY and scope not in key.scopes:
        raise Refused(403, "forbidden", gettext("This key lacks the scope {scope}.").format(scope=scope))


def sees_sensitive(request: HttpRequest) -> bool:
    """Tell whether the key that calls sees what is classified as sensitive."""
    return SEES_SENSITIVE in caller(request).scopes


def caller(request: HttpRequest) -> ApiKey:
    """Return the key that was let in."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]  # The gate puts it there.
    return key


def actor_of(request: HttpRequest) -> Actor:
    """Return the key as the actor of what it asks for."""
    return Actor(ActorKind.API_KEY, str(caller(request).id))
