"""The pages of the settings."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from regulars.kit.i18n import gettext, mark

PAGES = {
    "settings": mark("Business"),
    "settings.shops": mark("Shops"),
    "settings.traits": mark("Traits"),
}


def tabs(current: str) -> list[dict[str, Any]]:
    """Return the pages of the settings, as tabs show them."""
    return [
        {"text": gettext(words), "address": reverse(f"console:{name}"), "current": name == current}
        for name, words in PAGES.items()
    ]
