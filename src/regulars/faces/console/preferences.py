"""What somebody chose: look and keys for this browser, in cookies; the language with the account, or in a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from regulars.faces.console.acting import acting
from regulars.faces.console.permission import for_everybody
from regulars.kit.i18n import LANGUAGES, mark
from regulars.staff.services import change_account

SYSTEM = "system"
THEMES = {
    "light": mark("Light"),
    "dark": mark("Dark"),
    SYSTEM: mark("As the system"),
}
_THEME_COOKIE = "theme"
# Single letters as keys are in the way of who speaks to the computer: WCAG 2.2, criterion 2.1.4.
_KEYS_COOKIE = "keys"
_YEAR_SECONDS = 365 * 24 * 3600


def chosen_theme(request: HttpRequest) -> str:
    """Return the theme that was chosen for this browser; the system's where none was."""
    theme = request.COOKIES.get(_THEME_COOKIE, SYSTEM)
    return theme if theme in THEMES else SYSTEM


def chosen_language(request: HttpRequest) -> str | None:
    """Return the language that was chosen for this browser, or None."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return language if language in LANGUAGES else None


def has_letter_keys(request: HttpRequest) -> bool:
    """Tell whether keys without Ctrl do something in this browser; they do where nobody switched them off."""
    return request.COOKIES.get(_KEYS_COOKIE) != "off"


@for_everybody
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, and go back to where it was chosen."""
    response = HttpResponseRedirect(_back(request))
    if request.POST.get("theme") in THEMES:
        _keep(response, _THEME_COOKIE, request.POST["theme"])
    if request.POST.get("keys") in {"on", "off"}:
        _keep(response, _KEYS_COOKIE, request.POST["keys"])
    language = request.POST.get("language", "")
    if language in LANGUAGES:
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
        if request.user.is_authenticated:
            who = acting(request)
            change_account(account_id=request.user.pk, language=language, now=who.now, actor=who.actor)
    return response


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
