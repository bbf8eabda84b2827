"""Who acts in a request, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
