"""Views of the list that are kept under a name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from regulars.faces.console.acting import acting, person_of
from regulars.faces.console.finding.asked import Asked, read_asked, refusal_of
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext
from regulars.staff import saved_views
from regulars.staff.contracts import SavedView

SECTION = "customers"
UNDO = "undo_view"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view as the page shows it."""

    id: UUID
    name: str
    address: str
    is_current: bool
    is_mine: bool
    is_shared: bool


def views_for(request: HttpRequest, asked: Asked) -> list[View]:
    """Return the views that somebody may use; the one that shows what is asked says so."""
    mine = person_of(request).pk
    here = asked.address()
    found = []
    for view in saved_views.list_views(mine, SECTION):
        address = _address(view.query)
        found.append(
            View(
                id=view.id,
                name=view.name,
                address=address,
                is_current=address == here,
                is_mine=view.account_id == mine,
                is_shared=view.is_shared,
            )
        )
    return found


@needs("customers.read")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the list shows under a name."""
    who, told = acting(request), request.POST
    query = told.get("query", "").replace("\0", "")
    if refusal := refusal_of(query, read_asked(request, now=who.now).setting):
        messages.error(request, refusal.message)
        return redirect("console:customers")
    former = _named(request, told.get("name", ""))
    try:
        view = saved_views.save_view(
            account_id=person_of(request).pk,
            section=SECTION,
            name=told.get("name", "").replace("\0", ""),
            query=query,
            is_shared=told.get("is_shared") == "on",
            now=who.now,
            actor=who.actor,
        )
    except saved_views.WrongView as error:
        messages.error(request, error.message)
    else:
        if former and (former.query, former.is_shared) != (view.query, view.is_shared):
            _offer_undo(request, former, gettext("The view “{name}” is replaced.").format(name=view.name))
        else:
            messages.success(request, gettext("The view “{name}” is kept.").format(name=view.name))
    return redirect(_address(query))


@needs("customers.read")
@require_POST
def remove(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Take a view away."""
    who = acting(request)
    view = saved_views.remove_view(view_id=view_id, account_id=person_of(request).pk, now=who.now, actor=who.actor)
    _offer_undo(request, view, gettext("The view “{name}” is gone.").format(name=view.name))
    return redirect(_address(view.query))


@needs("customers.read")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Put a view back that was taken away or replaced, as it was."""
    former = request.session.pop(UNDO, None)
    if former is None:
        return redirect("console:customers")
    who = acting(request)
    try:
        view = saved_views.save_view(
            account_id=person_of(request).pk, section=SECTION, **former, now=who.now, actor=who.actor
        )
    except saved_views.WrongView as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The view “{name}” is as it was.").format(name=view.name))
    return redirect(_address(former["query"]))


def _named(request: HttpRequest, name: str) -> SavedView | None:
    """Return the view of one's own that has a name."""
    mine, told = person_of(request).pk, " ".join(name.split())
    views = saved_views.list_views(mine, SECTION)
    return next((view for view in views if view.account_id == mine and view.name == told), None)


def _offer_undo(request: HttpRequest, former: SavedView, sentence: str) -> None:
    request.session[UNDO] = {"name": former.name, "query": former.query, "is_shared": former.is_shared}
    messages.success(request, sentence, extra_tags="undo undo-view")


def _address(query: str) -> str:
    return reverse("console:customers") + (f"?{query}" if query else "")
