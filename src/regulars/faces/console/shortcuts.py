"""The keys of the console: one list, which the dialog of keys prints, and by which the page's script goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from regulars.faces.console.navigation import GROUPS
from regulars.faces.console.permission import WhoAsks
from regulars.kit.i18n import gettext, mark

# Pressed before the letter of a page.
GO = "g"
# The letter that leads to each page of the navigation.
JUMPS: Mapping[str, str] = {
    "overview": "o",
    "customers": "c",
    "rfm": "r",
    "cohorts": "h",
    "value-and-risk": "v",
    "products": "p",
    "reports": "l",
    "loyalty.programs": "y",
    "members": "m",
    "rewards": "w",
    "vouchers": "u",
    "till": "b",
    "imports": "i",
    "exports": "e",
    "team": "t",
    "api-keys": "k",
    "audit-trail": "a",
    "dead-letters": "d",
    "settings": "s",
}
# What the page's script knows to do: its name, the words, and the keys; `mod` is Ctrl, on a Mac the command key.
_DOINGS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("palette", mark("Find anybody, any page, and what can be done"), ("mod+k",)),
    ("search", mark("Search what the page lists"), ("/",)),
    ("keys", mark("Show these keys"), ("?",)),
    ("", mark("Close what is open"), ("escape",)),
)
_SHOWN = {"mod+k": "Ctrl K", "escape": "Esc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """Keys with what they do: something that the script knows, or going to an address."""

    text: str
    # Each as the script knows it, and as one reads it.
    keys: Sequence[tuple[str, str]]
    does: str = ""
    address: str = ""


def shortcuts_for(account: WhoAsks) -> list[Shortcut]:
    """Return the keys that lead an account to something: pages that it may not open have none."""
    doings = [
        Shortcut(text=gettext(text), keys=[(each, _SHOWN.get(each, each)) for each in keys], does=does)
        for does, text, keys in _DOINGS
    ]
    entries = [entry for group in GROUPS for entry in group.entries if entry.name in JUMPS]
    return doings + [
        Shortcut(
            text=gettext(entry.text),
            keys=[(f"{GO} {JUMPS[entry.name]}", f"{GO} {JUMPS[entry.name]}")],
            address=reverse(f"console:{entry.name}"),
        )
        for entry in entries
        if account.has_perm(entry.permission)
    ]
