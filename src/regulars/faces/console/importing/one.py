"""One import: ready, under way, or ended; what became of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from regulars.faces.console.acting import acting
from regulars.faces.console.importing.mapping import written_of
from regulars.faces.console.importing.steps import step_of, steps
from regulars.faces.console.importing.words import KIND_WORDS, STATE_WORDS, fields_of
from regulars.faces.console.paging import WrongPlace
from regulars.faces.console.permission import needs
from regulars.imports import services
from regulars.imports.contracts import UNDER_WAY, Import, ImportState
from regulars.imports.queries import count_by_reason, get_import, list_refusals
from regulars.imports.refused_rows import iter_refused_csv
from regulars.imports.services import SameFileUnderWay, WrongState
from regulars.kit.i18n import gettext
from regulars.staff.queries import map_names
from regulars.staff.services import record

REFUSED = 50
# What a spreadsheet looks for, to read umlauts as they are.
_MARK_OF_UTF8 = "\ufeff"


@needs("imports.read")
@require_safe
def one(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show an import, or only how far it is, or only its refused rows, where a part of the page asks."""
    found = get_import(import_id)
    may_run = request.user.has_perm("imports.run")
    part = request.headers.get("HX-Target", "")
    if part == "progress":
        if found.state not in UNDER_WAY:
            return HttpResponseClientRefresh()
        return render(request, "console/_import_progress.html", {"found": found})
    if found.state is ImportState.UPLOADED and may_run:
        return redirect("console:imports.columns", found.id)
    context = {"found": found} | _refused(request, found)
    if part == "refused":
        return render(request, "console/_import_refused.html", context)
    return render(request, "console/import.html", context | _known(found) | {"may_run": may_run})


@needs("imports.run")
@require_POST
def check(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Try the whole file, keeping nothing."""
    return _act(request, import_id, services.start_dry_run)


@needs("imports.run")
@require_POST
def start(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Import the file, or go on with it."""
    return _act(request, import_id, services.start)


@needs("imports.run")
@require_POST
def cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Let an import go no further."""
    return _act(request, import_id, services.cancel)


@needs("imports.read")
@require_safe
def refused_csv(request: HttpRequest, import_id: UUID) -> StreamingHttpResponse:
    """Send the refused rows as they stand in the file, with why; they tell of people, so it is on the audit trail."""
    found, who = get_import(import_id), acting(request)
    lines = iter_refused_csv(found.id)
    # What cannot be read is told as a page, before anything is sent.
    first = next(lines, "")
    record(who.actor, "import.refused_rows_read", "import", found.id, now=who.now)
    response = StreamingHttpResponse(_encoded(first, lines), content_type="text/csv; charset=utf-8")
    name = f"refused-{PurePath(found.file_name).stem}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _encoded(first: str, lines: Iterator[str]) -> Iterator[bytes]:
    return (line.encode() for line in chain([_MARK_OF_UTF8, first], lines))


def _act(request: HttpRequest, import_id: UUID, service: Callable[..., Import]) -> HttpResponse:
    who = acting(request)
    try:
        service(import_id=import_id, now=who.now, actor=who.actor)
    except (WrongState, SameFileUnderWay) as error:
        messages.error(request, error.message)
    return redirect("console:imports.one", import_id)


def _known(found: Import) -> dict[str, Any]:
    state, tone = STATE_WORDS[found.state]
    words = fields_of(found.kind)
    recognised = found.recognised.columns if found.recognised else {}
    names = map_names({found.created_by})
    return {
        "kind": gettext(KIND_WORDS[found.kind]),
        "state": gettext(state),
        "tone": tone,
        "who": names[found.created_by],
        "steps": steps(step_of(found), found, is_over=found.state is ImportState.DONE),
        "trail": [(gettext("Imports"), reverse("console:imports"))],
        "is_under_way": found.state in UNDER_WAY,
        "counts": found.dry_run if found.state is ImportState.MAPPED else found.counts,
        "written": written_of(found.recognised) if found.recognised else [],
        "columns": [(words.get(name, name), column) for name, column in recognised.items()],
        "reasons": count_by_reason(found.id),
    }


def _refused(request: HttpRequest, found: Import) -> dict[str, Any]:
    """Return a page of the refused rows; while an import is under way there is no end to them yet."""
    if found.state in UNDER_WAY:
        return {"refused": []}
    after = request.GET.get("after", "")
    if after and not (after.isascii() and after.isdecimal() and len(after) < 16):
        raise WrongPlace(gettext("The address names no place in this list."))
    rows = list_refusals(found.id, limit=REFUSED + 1, after=int(after or 0))
    address = reverse("console:imports.one", args=[found.id])
    later = f"{address}?{urlencode({'after': rows[REFUSED - 1].row})}" if len(rows) > REFUSED else ""
    return {"refused": rows[:REFUSED], "newest": address if after else "", "earlier": later}
