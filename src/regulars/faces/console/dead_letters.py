"""What a subscription could not take, and how far subscriptions have come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.errors import bad_request
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext
from regulars.staff.services import record
from regulars.stream import dispatch
from regulars.stream.contracts import DeadLetter
from regulars.stream.queries import count_dead_letters, list_dead_letters, list_states
from regulars.stream.registry import get_subscription, subscriptions

ROWS = 200


@dataclass(frozen=True, slots=True)
class Failed:
    """An event that could not be taken, and how many of the same customer wait behind it."""

    letter: DeadLetter
    waiting: int


@needs("stream.manage")
@require_safe
def dead_letters(request: HttpRequest) -> HttpResponse:
    """Show what lies undelivered."""
    letters = list_dead_letters(limit=ROWS)
    return render(
        request,
        "console/dead_letters.html",
        {
            "failed": _failed(letters),
            "count": count_dead_letters(),
            "shown": len(letters),
            "states": list_states(subscriptions()),
        },
    )


@needs("stream.manage")
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Hand one over again, and what waits behind it."""
    try:
        letter = UUID(request.POST.get("letter", ""))
    except ValueError as error:
        return bad_request(request, error)
    subscription = get_subscription(request.POST.get("subscription", ""))
    who = acting(request)
    taken = dispatch.retry(subscription, letter, now=who.now)
    record(
        who.actor,
        "dead_letter.retried",
        "dead_letter",
        letter,
        now=who.now,
        details={"subscription": subscription.name, "taken": taken},
    )
    if taken:
        messages.success(request, gettext("The event was taken, and what waited behind it."))
    else:
        messages.error(request, gettext("It failed again. Nothing is lost; the list says where it failed."))
    return redirect("console:dead-letters")


def _failed(letters: Sequence[DeadLetter]) -> list[Failed]:
    waiting = Counter(
        (letter.subscription, letter.event.customer_id) for letter in letters if letter.state == "waiting"
    )
    return [
        Failed(letter, waiting[letter.subscription, letter.event.customer_id] if letter.event.customer_id else 0)
        for letter in letters
        if letter.state == "failed"
    ]
