"""What the staff write about a customer: notes and tags."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from regulars.customers import services
from regulars.customers.queries import get_customer
from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext

# Where a session keeps the tags that a customer had.
UNDO = "undo_own_tags"


@needs("customers.write")
@require_POST
def add(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Write a note."""
    who = acting(request)
    try:
        services.add_note(customer_id=customer_id, text=_text(request, "text"), now=who.now, actor=who.actor)
    except services.WrongText as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The note is kept."))
    return redirect("console:customer", customer_id)


@needs("customers.write")
@require_POST
def remove(request: HttpRequest, customer_id: UUID, note_id: UUID) -> HttpResponse:
    """Take a note away."""
    who = acting(request)
    services.remove_note(note_id=note_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The note is gone."))
    return redirect("console:customer", customer_id)


@needs("customers.write")
@require_POST
def tag(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Give a customer the tags that are named, and no others; commas stand between them."""
    who = acting(request)
    tags = [each for each in _text(request, "tags").split(",") if each.strip()]
    former = get_customer(customer_id)
    try:
        services.set_tags(customer_id=customer_id, tags=tags, now=who.now, actor=who.actor)
    except services.WrongText as error:
        messages.error(request, error.message)
        return redirect("console:customer", customer_id)
    changed = get_customer(customer_id).tags != former.tags
    if changed:
        request.session[UNDO] = {"customer_id": str(former.id), "tags": list(former.tags)}
    messages.success(request, gettext("The tags are kept."), extra_tags="undo undo-own-tags" if changed else "")
    return redirect("console:customer", customer_id)


@needs("customers.write")
@require_POST
def undo_tags(request: HttpRequest) -> HttpResponse:
    """Give a customer the tags back that it had before they were last changed here."""
    former = request.session.pop(UNDO, None)
    if former is None:
        return redirect("console:customers")
    who, customer_id = acting(request), UUID(former["customer_id"])
    services.set_tags(customer_id=customer_id, tags=former["tags"], now=who.now, actor=who.actor)
    messages.success(request, gettext("The tags are as they were."))
    return redirect("console:customer", customer_id)


def _text(request: HttpRequest, name: str) -> str:
    # A browser cannot send this character, and the database cannot keep it.
    return request.POST.get(name, "").replace("\0", "")
