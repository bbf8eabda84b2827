"""Keys for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.forms import KeyForm
from regulars.faces.console.permission import needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff.contracts import ApiKey
from regulars.staff.queries import list_api_keys, map_names
from regulars.staff.services import create_api_key, revoke_api_key


@needs("api_keys.manage")
@require_safe
def api_keys(request: HttpRequest) -> HttpResponse:
    """Show the keys."""
    return _page(request, KeyForm())


@needs("api_keys.manage")
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Make a key, and show its secret in the answer: nowhere else, and never again."""
    form = KeyForm(request.POST)
    if form.is_valid():
        who = acting(request)
        try:
            made = create_api_key(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                now=who.now,
                actor=who.actor,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return _page(request, KeyForm(), made=made)
    return _page(request, form, status=422, asked=True)


@needs("api_keys.manage")
@require_POST
def revoke(request: HttpRequest, api_key_id: UUID) -> HttpResponse:
    """Let a key be good no longer."""
    who = acting(request)
    key = revoke_api_key(api_key_id=api_key_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The key “{name}” is revoked.").format(name=key.name))
    return redirect("console:api-keys")


def _page(request: HttpRequest, form: KeyForm, *, status: int = 200, **more: Any) -> HttpResponse:
    found = list_api_keys()
    names = map_names({key.created_by for key in found})
    keys = [(key, sorted(key.scopes), _state(key), names[key.created_by]) for key in found]
    return render(request, "console/api_keys.html", {"keys": keys, "form": form} | more, status=status)


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= timezone.now() else "good"
