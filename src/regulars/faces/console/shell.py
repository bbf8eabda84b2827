"""What every page of the console shows around itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from regulars.faces.console.navigation import navigation_for
from regulars.faces.console.permission import needed_by
from regulars.faces.console.preferences import SYSTEM, THEMES, chosen_theme, has_letter_keys
from regulars.faces.console.shortcuts import shortcuts_for
from regulars.faces.console.zone import business_of
from regulars.kit.i18n import LANGUAGES, gettext

# Pages that belong to an entry of the navigation without being it.
_SECTIONS = {
    "metric": "overview",
    "customer": "customers",
    "order": "customers",
    "redemption": "rewards",
    "voucher": "vouchers",
    "loyalty": "loyalty.programs",
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the theme for all pages, and for those of the staff the navigation too."""
    theme = chosen_theme(request)
    context: dict[str, Any] = {"theme": "" if theme == SYSTEM else theme}
    match = request.resolver_match
    user = getattr(request, "user", None)
    # Where no page is found there is none whose permission says that it is of the console.
    is_console = match is None or needed_by(match.func) is not None
    if not (is_console and user and user.is_authenticated):
        return context
    page = ((match and match.url_name) or "").split(".")[0]
    section = _SECTIONS.get(page, page)
    return context | {
        "navigation": navigation_for(user, section),
        "business": business_of(request),
        "may_search": user.has_perm("customers.read"),
        "shortcuts": shortcuts_for(user),
        "has_letter_keys": has_letter_keys(request),
        "sandbox_at": timezone.now() if settings.INSTALLATION.is_sandbox else None,
        "themes": [(name, gettext(text), name == theme) for name, text in THEMES.items()],
        "languages": LANGUAGES.items(),
    }
