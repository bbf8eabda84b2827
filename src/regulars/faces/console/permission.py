"""Say for each page who may see it. A page that says nothing is found by a test."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from regulars.staff.permissions import PERMISSIONS

View = Callable[..., HttpResponseBase]

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


def for_staff(view: View) -> View:
    """Show a page to everyone who is signed in."""
    return _guarded(view, STAFF)


def for_everybody(view: View) -> View:
    """Show a page to everyone, signed in or not."""
    return _declared(view, EVERYBODY)


def needed_by(view: Callable[..., object]) -> str | None:
    """Return who may see a page: a permission, `STAFF`, `EVERYBODY`, or None where it does not say."""
    return getattr(view, "needs", None)


def _guarded(view: View, needed: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if needed != STAFF and not request.user.has_perm(needed):
            raise PermissionDenied
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


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if getattr(request, "htmx", False):
        # A part of a page cannot be replaced by the sign-in page; the whole page goes there.
        return HttpResponseClientRedirect(resolve_url("console:sign-in"))
    return redirect_to_login(request.get_full_path())
