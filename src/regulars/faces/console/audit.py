"""The audit trail: who did what to what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.audit_words import action_in_words, object_in_words
from regulars.faces.console.paging import WrongPlace
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext
from regulars.kit.text import fold
from regulars.staff.contracts import AuditEntry
from regulars.staff.queries import list_accounts, list_audit_actions, list_audit_entries, map_names

ROWS = 50
_FILTERS = ("actor", "action", "object_kind", "object_id")
_LONGEST = 200
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,18})")
# Objects that have a page of their own.
_PAGES = {"customer": "console:customer", "order": "console:order", "import": "console:imports.one"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry as the page tells it."""

    entry: AuditEntry
    who: str
    action: str
    object_kind: str
    address: str
    details: str


@needs("audit.read")
@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show the latest entries, or those that the filters leave."""
    chosen = {name: value for name in _FILTERS if (value := request.GET.get(name, "").replace("\0", "")[:_LONGEST])}
    place = request.GET.get("before", "")
    found = list_audit_entries(limit=ROWS + 1, before=_read(place), **chosen)
    shown = [entry for entry, _ in found[:ROWS]]
    names = map_names({entry.actor for entry in shown})
    context = {
        "rows": [_row(entry, names[entry.actor]) for entry in shown],
        "chosen": chosen,
        "people": [(f"staff:{account.id}", account.name) for account in list_accounts()],
        "actions": sorted(
            ((action, action_in_words(action)) for action in list_audit_actions()), key=lambda each: fold(each[1])
        ),
        "newest": _page(chosen) if place else "",
        "earlier": _page(chosen | {"before": "{}.{}".format(*found[ROWS - 1][1])}) if len(found) > ROWS else "",
    }
    return render(request, "console/audit_trail.html", context)


def _row(entry: AuditEntry, name: str) -> Row:
    return Row(
        entry=entry,
        who=name,
        action=action_in_words(entry.action),
        object_kind=object_in_words(entry.object_kind),
        address=_address(entry),
        details=_details(entry.details),
    )


def _read(place: str) -> tuple[int, int] | None:
    if not place:
        return None
    found = _PLACE.fullmatch(place)
    if found is None:
        raise WrongPlace(gettext("The address names no place in this list."))
    return int(found[1]), int(found[2])


def _page(query: Mapping[str, str]) -> str:
    return reverse("console:audit-trail") + (f"?{urlencode(query)}" if query else "")


def _address(entry: AuditEntry) -> str:
    """Return the page of what an entry is about, if it has one."""
    try:
        return reverse(_PAGES[entry.object_kind], args=[UUID(entry.object_id)])
    except (KeyError, ValueError):
        return ""


def _details(details: Mapping[str, object]) -> str:
    """Return the details as one reads them: names of fields and counts."""
    return " · ".join(f"{name}: {_plain(value)}" for name, value in sorted(details.items()))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
