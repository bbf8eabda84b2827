"""Imports: send a file in, say what it holds, try it, run it, see what was refused."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Query

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, Limit, known_place, time_and_id
from regulars.faces.api.schemas.imports import (
    ImportOut,
    ImportPutOut,
    ImportsOut,
    MappingIn,
    PreviewOut,
    RefusedRowsOut,
)
from regulars.faces.api.uploads import file_of
from regulars.imports import queries, refused_rows, services
from regulars.imports.contracts import ImportKind
from regulars.kit.pagination import page_of

imports = Resource("Imports")
_LIST, _REFUSED = "imports", "refused rows"


@imports.upload("/imports", scope="imports.run", answer=ImportPutOut)
def create_import(
    request: HttpRequest,
    kind: Annotated[ImportKind, Query(..., description="What the file holds.")],
    source: Annotated[
        str, Query(..., min_length=1, max_length=100, description="Whose numbers it holds, as in other calls.")
    ],
    file_name: Annotated[str, Query("", max_length=200, description="What the file is called.")],
) -> Any:
    """Send a file in: CSV, TSV, XLSX or Parquet, gzipped too, up to 500 MB. The body is the file itself."""
    return ImportPutOut.of(
        services.receive_kept_file(
            file=file_of(request),
            kind=kind,
            file_name=file_name,
            source=source,
            now=timezone.now(),
            actor=actor_of(request),
        )
    )


@imports.put("/imports/{import_id}/mapping", scope="imports.run", answer=ImportPutOut)
def map_import(request: HttpRequest, import_id: UUID, body: Annotated[MappingIn, JsonBody(...)]) -> Any:
    """Say how a file is to be understood; `{}` leaves all to what is recognised."""
    return ImportPutOut.of(
        services.map_columns(import_id=import_id, mapping=body.contract(), now=timezone.now(), actor=actor_of(request))
    )


@imports.get("/imports/{import_id}/preview", scope="imports.read", answer=PreviewOut)
def preview_import(request: HttpRequest, import_id: UUID) -> Any:
    """Return the beginning of a file as it would be kept, how it was understood, and what is wrong with its rows."""
    return PreviewOut.of(queries.preview(import_id, now=timezone.now()))


@imports.post("/imports/{import_id}/dry-run", scope="imports.run", answer=ImportPutOut)
def try_import(request: HttpRequest, import_id: UUID) -> Any:
    """Try the whole file in the background, keeping nothing but the counts and which rows would be refused."""
    return ImportPutOut.of(services.start_dry_run(import_id=import_id, now=timezone.now(), actor=actor_of(request)))


@imports.post("/imports/{import_id}/start", scope="imports.run", answer=ImportPutOut)
def start_import(request: HttpRequest, import_id: UUID) -> Any:
    """Import the file in the background; one that failed goes on where it had come to."""
    return ImportPutOut.of(services.start(import_id=import_id, now=timezone.now(), actor=actor_of(request)))


@imports.post("/imports/{import_id}/cancel", scope="imports.run", answer=ImportPutOut)
def cancel_import(request: HttpRequest, import_id: UUID) -> Any:
    """Let an import go no further; what it has kept stays."""
    return ImportPutOut.of(services.cancel(import_id=import_id, now=timezone.now(), actor=actor_of(request)))


@imports.get("/imports/{import_id}", scope="imports.read", answer=ImportOut)
def get_import(request: HttpRequest, import_id: UUID) -> Any:
    """Return an import: how far it has come, how its file was understood, what became of its rows."""
    return queries.get_import(import_id)


@imports.get("/imports", scope="imports.read", answer=ImportsOut)
def list_imports(
    request: HttpRequest,
    limit: Limit,
    cursor: CursorText,
    kind: Annotated[ImportKind | None, Query(None, description="Only those of a kind.")],
) -> Any:
    """List imports, the newest first."""
    found = queries.list_imports(limit=limit + 1, before=time_and_id(_LIST, cursor), kind=kind)
    return page_of(found, limit=limit, name=_LIST, place=lambda each: (each.created_at.isoformat(), str(each.id)))


@imports.get("/imports/{import_id}/refused", scope="imports.read", answer=RefusedRowsOut)
def list_refused_rows(request: HttpRequest, import_id: UUID, limit: Limit, cursor: CursorText) -> Any:
    """List the rows that were refused, by number, each with why."""
    queries.get_import(import_id)
    name = f"{_REFUSED} of {import_id}"
    place = known_place(name, cursor, 1)
    found = queries.list_refusals(import_id, limit=limit + 1, after=int(place[0]) if place else 0)
    return page_of(found, limit=limit, name=name, place=lambda each: (each.row,))


@imports.download("/imports/{import_id}/refused.csv", scope="imports.read", media=("text/csv",))
def download_refused_rows(request: HttpRequest, import_id: UUID) -> Any:
    """Download the refused rows as they stand in the file, each with why; safe to open in a spreadsheet."""
    lines = refused_rows.iter_refused_csv(import_id)
    # What cannot be read is told by its status, before the first line has gone out.
    first = next(lines)
    answer = StreamingHttpResponse(chain([first], lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refused-{import_id}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
