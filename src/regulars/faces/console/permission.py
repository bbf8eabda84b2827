"""Say for each page who may see it. A page that says nothing is found by a test."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from regulars.faces.console.acting import person_of
from regulars.staff.permissions import PERMISSIONS, SEES_SENSITIVE
from regulars.staff.securing import ids_with_second_factor, is_second_factor_required

View = Callable[..., HttpResponseBase]


class WhoAsks(Protocol):
    """Somebody who may do some things."""

    def has_perm(self, permission: str) -> bool:
        """Tell whether this person may do something."""


EVERYBODY = "everybody"
STAFF = "staff"


def needs(permission: str) -> Callable[[View], View]:
    """Show a page to those of the staff who hold `permission`; send others to sign in, or refuse them.

    Raises
    ------
    KeyError
        There is no such permission.
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    return lambda view: _guarded(view, permission)


def for_staff(view: View, *, sets_up: bool = False) -> View:
    """Show a page to everyone who is signed in; one that sets up, also to who has no second factor but needs one."""
    return _guarded(view, STAFF, sets_up=sets_up)


def for_everybody(view: View) -> View:
    """Show a page to everyone, signed in or not."""
    return _declared(view, EVERYBODY)


def needed_by(view: Callable[..., object]) -> str | None:
    """Return who may see a page: a permission, `STAFF`, `EVERYBODY`, or None where it does not say."""
    return getattr(view, "needs", None)


def may_open(account: WhoAsks, view: Callable[..., object]) -> bool:
    """Tell whether a page lets somebody in who is signed in; one that says nothing lets nobody in."""
    needed = needed_by(view)
    return needed is not None and (needed in {EVERYBODY, STAFF} or account.has_perm(needed))


def sees_sensitive(request: HttpRequest) -> bool:
    """Tell whether who asks sees what is classified as sensitive."""
    return request.user.has_perm(SEES_SENSITIVE)


def _guarded(view: View, needed: str, *, sets_up: bool = False) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to(request, resolve_url(settings.LOGIN_URL), wanted=True)
        if needed != STAFF and not request.user.has_perm(needed):
            raise PermissionDenied
        if not sets_up and lacks_second_factor(request):
            return _to(request, resolve_url("mfa_index"))
        response = view(request, *args, **kwargs)
        # Pages hold personal data: no cache keeps them, the browser's included.
        add_never_cache_headers(response)
        return response

    return _declared(guarded, needed)


def _declared(view: View, needed: str) -> View:
    @wraps(view)
    def declared(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    declared.needs = needed  # type: ignore[attr-defined]
    return declared


def lacks_second_factor(request: HttpRequest) -> bool:
    """Tell whether somebody who is signed in must set up a second factor before all else."""
    account = person_of(request).pk
    return is_second_factor_required() and account not in ids_with_second_factor([account])


def _to(request: HttpRequest, address: str, *, wanted: bool = False) -> HttpResponse:
    """Lead to a page that comes before the one that was asked for; `wanted` says that this one comes afterwards."""
    if getattr(request, "htmx", False):
        # A part of a page cannot be replaced by that page; the whole page goes there, and comes back to where it was.
        shown = request.htmx.current_url_abs_path if wanted else None  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(f"{address}?{urlencode({'next': shown})}" if shown else address)
    return redirect_to_login(request.get_full_path()) if wanted else redirect(address)
