"""The second step: which column is what, with what would become of the rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from regulars.faces.console.acting import acting
from regulars.faces.console.importing.mapping import MappingForm, read_mapping
from regulars.faces.console.importing.previews import MOST_COLUMNS, heads_of, look, notes_of, table_of, told_here
from regulars.faces.console.importing.steps import steps
from regulars.faces.console.importing.words import KIND_WORDS
from regulars.faces.console.permission import needs
from regulars.imports.contracts import FileMapping, Import, ImportState
from regulars.imports.queries import get_import
from regulars.imports.reading import FileNotImportable
from regulars.imports.services import map_columns
from regulars.kit.i18n import gettext

REFUSED = 10


@needs("imports.run")
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show how a file is understood, or would be by what was just chosen; keep that where it is sent to be kept."""
    found = get_import(import_id)
    if found.state not in (ImportState.UPLOADED, ImportState.MAPPED):
        return redirect("console:imports.one", found.id)
    told = read_mapping(request.POST, found.kind) if request.method == "POST" else found.mapping
    fault = ""
    if "keep" in request.POST:
        who = acting(request)
        try:
            map_columns(import_id=found.id, mapping=told, now=who.now, actor=who.actor)
        except FileNotImportable as error:
            fault = told_here(error, found.kind)
        else:
            return redirect("console:imports.one", found.id)
    part = request.headers.get("HX-Target") == "mapping"
    template = "console/_import_mapping.html" if part else "console/import_columns.html"
    return render(request, template, _shown(request, found, told, fault), status=422 if fault else 200)


def _shown(request: HttpRequest, found: Import, told: FileMapping, fault: str) -> dict[str, Any]:
    shown = look(found, told, now=acting(request).now)
    preview = shown.preview
    recognised = preview.recognised if preview else None
    return {
        "found": found,
        "kind": gettext(KIND_WORDS[found.kind]),
        "steps": steps("columns", found),
        "trail": [(gettext("Imports"), reverse("console:imports"))],
        "form": MappingForm(found, shown.mapping, shown.columns, recognised),
        "fault": fault or shown.fault,
        "recognised": recognised,
        "notes": notes_of(shown),
        "heads": heads_of(found, shown),
        "sample": shown.sample,
        "hidden_columns": max(0, len(shown.columns) - MOST_COLUMNS),
        "table": table_of(found.kind, preview.items) if preview else None,
        "refused": preview.refused[:REFUSED] if preview else [],
        "more_refused": max(0, len(preview.refused) - REFUSED) if preview else 0,
    }
