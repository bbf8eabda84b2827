"""Exports: ask for a file, see how far it has come, fetch it, remove it.

`exports.run` lets in; beyond that a key needs the scope of what it asks for or fetches, as `customers.export`.
"""

# ninja hands the request to each operation, also to those that need none of it.

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Query

from regulars.exports import queries, services
from regulars.exports.contracts import ExportFormat, ExportKind, permission_of
from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of, caller, check_scope, sees_sensitive
from regulars.faces.api.paging import CursorText, Limit, time_and_id
from regulars.faces.api.schemas.exports import ExportIn, ExportOut, ExportsOut
from regulars.facts.language.faults import WrongCondition
from regulars.kit.pagination import page_of

exports = Resource("Exports")
_LIST = "exports"
MEDIA = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


@exports.post("/exports", scope="exports.run", answer=ExportOut)
def ask_for_export(request: HttpRequest, body: Annotated[ExportIn, JsonBody(...)]) -> Any:
    """Have a file written in the background; it can be fetched for seven days.

    Needs the scope of its kind too: `customers.export` (for facts and scores too), `orders.export`, `products.export`,
    `events.export`. Facts and traits that are sensitive take `customers.write`: for a key without it, customers are
    told without such traits, and such a fact among `facts` or in the `condition` is refused (`fact_withheld`).
    """
    _check_kind(request, body.kind)
    try:
        return services.ask_for(
            kind=body.kind,
            form=body.format,
            source=body.source,
            since=body.since,
            condition=body.written(),
            facts=body.facts,
            now=timezone.now(),
            actor=actor_of(request),
            sees_sensitive=sees_sensitive(request),
        )
    except WrongCondition as error:
        # Within a text, the place tells; a pointer would lead into a tree that nobody sent.
        pointer = error.pointer if str(error.pointer).startswith("/facts") else "/condition"
        raise WrongCondition(error.message, code=error.code, pointer=pointer, place=error.place) from None


@exports.get("/exports/{export_id}", scope="exports.run", answer=ExportOut)
def get_export(request: HttpRequest, export_id: UUID) -> Any:
    """Return an export: how far it has come, and whether its file can be had."""
    return queries.get_export(export_id, sees_sensitive=sees_sensitive(request))


@exports.get("/exports", scope="exports.run", answer=ExportsOut)
def list_exports(
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    kind: Annotated[ExportKind | None, Query(None, description="Only those of a kind.")],
) -> Any:
    """List exports, the newest first."""
    found = queries.list_exports(
        limit=limit + 1, before=time_and_id(_LIST, cursor), kind=kind, sees_sensitive=sees_sensitive(request)
    )
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (each.asked_at.isoformat(), str(each.id)))


@exports.download("/exports/{export_id}/file", scope="exports.run", media=tuple(MEDIA.values()))
def download_export(request: HttpRequest, export_id: UUID) -> Any:
    """Fetch the file. Needs the scope of its kind too, as `customers.export`; who fetched it is on the audit trail.

    One that `is_withheld` is refused (`export_withheld`).
    """
    _check_kind(request, queries.get_export(export_id).kind)
    found = services.download(
        export_id=export_id, now=timezone.now(), actor=actor_of(request), sees_sensitive=sees_sensitive(request)
    )
    answer = StreamingHttpResponse(found.chunks, content_type=media_of(found.export.format))
    answer["Content-Disposition"] = f'attachment; filename="{found.export.file_name}"'
    answer["Content-Length"] = str(found.export.size_bytes)
    answer["Cache-Control"] = "no-store"
    return answer


@exports.delete("/exports/{export_id}", scope="exports.run", answer=ExportOut)
def remove_export(request: HttpRequest, export_id: UUID) -> Any:
    """End an export that is under way, and remove its file now; again it changes nothing."""
    return services.remove(
        export_id=export_id, now=timezone.now(), actor=actor_of(request), sees_sensitive=sees_sensitive(request)
    )


def media_of(form: ExportFormat) -> str:
    """Return the media type of a file; texts with their encoding."""
    return MEDIA[form] if form is ExportFormat.PARQUET else f"{MEDIA[form]}; charset=utf-8"


def _check_kind(request: HttpRequest, kind: ExportKind) -> None:
    check_scope(caller(request), permission_of(kind))
