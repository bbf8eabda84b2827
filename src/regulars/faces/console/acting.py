"""Who acts in a request, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from regulars.stream.contracts import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Acting:
    """What a service asks of who calls it."""

    actor: Actor
    now: datetime


def acting(request: HttpRequest) -> Acting:
    """Return who is signed in, and the time."""
    return Acting(Actor(ActorKind.STAFF, str(request.user.pk)), timezone.now())


def person_of(request: HttpRequest) -> Any:
    """Return the account that is signed in, as Django has it; it is the staff's own.

    Raises
    ------
    PermissionDenied
        Nobody is, though the page should have asked before.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user
