"""The list of imports."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.importing.words import KIND_WORDS, STATE_WORDS
from regulars.faces.console.paging import read_id_place, write_place
from regulars.faces.console.permission import needs
from regulars.imports.contracts import Import, ImportKind
from regulars.imports.queries import list_imports
from regulars.kit.i18n import gettext
from regulars.staff.queries import map_names

ROWS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """An import as the list shows it."""

    found: Import
    kind: str
    state: str
    tone: str
    who: str


@needs("imports.read")
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    """Show the imports, the latest first."""
    chosen, place = request.GET.get("kind", ""), request.GET.get("before", "")
    kind = ImportKind(chosen) if chosen in list(ImportKind) else None
    found = list_imports(limit=ROWS + 1, before=read_id_place(place) if place else None, kind=kind)
    names = map_names({each.created_by for each in found})
    query = {"kind": kind.value} if kind else {}
    earlier = ""
    if len(found) > ROWS:
        last = found[ROWS - 1]
        earlier = _address(query | {"before": write_place(last.created_at, last.id)})
    context = {
        "rows": [_row(each, names[each.created_by]) for each in found[:ROWS]],
        "none_yet": not (found or place or kind),
        "chips": [
            {"text": gettext("Everything"), "address": _address({}), "current": kind is None},
            *(
                {"text": gettext(words), "address": _address({"kind": each.value}), "current": each is kind}
                for each, words in KIND_WORDS.items()
            ),
        ],
        "newest": _address(query) if place else "",
        "earlier": earlier,
        "may_run": request.user.has_perm("imports.run"),
    }
    return render(request, "console/imports.html", context)


def _row(found: Import, who: str) -> Row:
    state, tone = STATE_WORDS[found.state]
    return Row(found, gettext(KIND_WORDS[found.kind]), gettext(state), tone, who)


def _address(query: dict[str, str]) -> str:
    return reverse("console:imports") + (f"?{urlencode(query)}" if query else "")
