"""Files on their way out: how far each has come, to be fetched and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from regulars.exports import queries, services
from regulars.exports.contracts import Export, ExportKind, ExportState, permission_of
from regulars.faces.console.acting import acting
from regulars.faces.console.paging import read_id_place, write_place
from regulars.faces.console.permission import needs, sees_sensitive
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark
from regulars.staff.queries import map_names

ROWS = 50
KIND_WORDS: Mapping[ExportKind, str] = {
    ExportKind.CUSTOMERS: mark("Customers"),
    ExportKind.ORDERS: mark("Orders"),
    ExportKind.PRODUCTS: mark("Products"),
    ExportKind.EVENTS: mark("Events"),
    ExportKind.FACTS: mark("Facts of customers"),
    ExportKind.SCORES: mark("Scores"),
}
STATE_WORDS: Mapping[ExportState, tuple[str, str]] = {
    ExportState.RUNNING: (mark("Being written"), "info"),
    ExportState.DONE: (mark("Done"), "good"),
    ExportState.FAILED: (mark("Failed"), "bad"),
    ExportState.CANCELLED: (mark("Cancelled"), ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An export as the list shows it."""

    # As a dialog is named after it.
    id: str
    kind: str
    form: str
    condition: str
    state: str
    tone: str
    rows: str
    size: str
    at: datetime
    who: str
    # What became of it where there is no file.
    told: str
    file: str
    removal: str


@needs("exports.run")
@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """Show the files, the latest first; while one is being written, the list asks again."""
    place = request.GET.get("before", "")
    before = read_id_place(place) if place else None
    found = queries.list_exports(limit=ROWS + 1, before=before, sees_sensitive=sees_sensitive(request))
    names = map_names({each.asked_by for each in found})
    last = found[ROWS - 1] if len(found) > ROWS else None
    context = {
        "rows": [_row(each, names[each.asked_by], request) for each in found[:ROWS]],
        "is_running": any(each.state is ExportState.RUNNING for each in found[:ROWS]),
        "here": request.get_full_path(),
        "newest": _address() if place else "",
        "earlier": _address(before=write_place(last.asked_at, last.id)) if last else "",
    }
    part = request.headers.get("HX-Target") == "files"
    return render(request, "console/_exports.html" if part else "console/exports.html", context)


@needs("exports.run")
@require_safe
def download(request: HttpRequest, export_id: UUID) -> StreamingHttpResponse:
    """Give the file to who may take its kind out; who fetched it is on the audit trail."""
    _check(request, queries.get_export(export_id))
    who = acting(request)
    found = services.download(export_id=export_id, now=who.now, actor=who.actor, sees_sensitive=sees_sensitive(request))
    answer = StreamingHttpResponse(found.chunks, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.export.file_name}"'
    answer["Content-Length"] = str(found.export.size_bytes)
    return answer


@needs("exports.run")
@require_POST
def remove(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """End an export that is under way, and remove its file."""
    _check(request, queries.get_export(export_id))
    who = acting(request)
    services.remove(export_id=export_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The file is removed."))
    return redirect("console:exports")


def _check(request: HttpRequest, found: Export) -> None:
    if not request.user.has_perm(permission_of(found.kind)):
        raise PermissionDenied


def _row(found: Export, who: str, request: HttpRequest) -> Row:
    state, tone = STATE_WORDS[found.state]
    may_fetch = found.is_ready and request.user.has_perm(permission_of(found.kind))
    is_kept = found.file_removed_at is None
    return Row(
        id=str(found.id),
        kind=gettext(KIND_WORDS[found.kind]),
        form=found.format.upper(),
        condition=found.condition,
        state=gettext(state),
        tone=tone,
        rows=formats.MISSING if found.rows is None else formats.number(found.rows),
        size=_size(found.size_bytes or 0) if found.is_ready else "",
        at=found.asked_at,
        who=who,
        told=_told(found),
        file=reverse("console:exports.file", args=[found.id]) if may_fetch else "",
        removal=reverse("console:exports.remove", args=[found.id]) if is_kept else "",
    )


def _told(found: Export) -> str:
    if found.is_withheld:
        return gettext("Tells of what is sensitive; only who may change customers sees more of it.")
    return found.error_message or ("" if found.file_removed_at is None else gettext("The file is no longer kept."))


def _size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return gettext("{size} kB").format(size=formats.number(max(size_bytes / 1000, 0.1), 1))
    return gettext("{size} MB").format(size=formats.number(size_bytes / 1_000_000, 1))


def _address(**query: str) -> str:
    return reverse("console:exports") + (f"?{urlencode(query)}" if query else "")
