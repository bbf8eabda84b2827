"""Read imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q

from regulars.imports.contracts import FileMapping, Import, ImportKind, ImportState, Originals, Preview, Refusal
from regulars.imports.kept import import_of, imports_of, settled_now, wanted_of
from regulars.imports.models import Import as ImportRow
from regulars.imports.models import Refusal as RefusalRow
from regulars.imports.reading import explained, opened
from regulars.imports.workspace import workspace
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

PREVIEW_ITEMS = 20
_PREVIEW_ROWS = 1_000
_AT_ONCE = 5_000


class NoSuchImport(DomainError):
    """No import has this id."""

    code = "no_such_import"


def get_import(import_id: UUID) -> Import:
    """Return an import.

    Raises
    ------
    NoSuchImport
        There is none.
    """
    return import_of(get_row(import_id))


def list_imports(
    *, limit: int, before: tuple[datetime, UUID] | None = None, kind: ImportKind | None = None
) -> list[Import]:
    """Return imports, the newest first, those of the same moment by id; after a moment and id in that order."""
    rows = ImportRow.objects.order_by("-created_at", "id")
    if kind is not None:
        rows = rows.filter(kind=kind.value)
    if before is not None:
        moment, identity = before
        rows = rows.filter(created_at__lte=moment).exclude(created_at=moment, id__lte=identity)
    return imports_of(list(rows[:limit]))


def list_unsuccessful(*, since: datetime, limit: int) -> list[Import]:
    """Return imports that ended since a moment and failed, or whose rows were all refused; the last to end first."""
    nothing_kept = Q(state=ImportState.DONE.value, refused__gt=0, imported=0, updated=0, unchanged=0)
    rows = ImportRow.objects.filter(Q(state=ImportState.FAILED.value) | nothing_kept, ended_at__gte=since)
    return imports_of(list(rows.order_by("-ended_at", "id")[:limit]))


def list_refusals(import_id: UUID, *, limit: int, after: int = 0) -> list[Refusal]:
    """Return the rows of an import that were refused, after a row's number."""
    rows = RefusalRow.objects.filter(of_import_id=import_id, row__gt=after).order_by("row")[:limit]
    return [Refusal(row=row.row, code=row.code, message=row.message) for row in rows]


def iter_refusals(import_id: UUID) -> Iterator[Refusal]:
    """Yield all rows of an import that were refused."""
    after = 0
    while found := list_refusals(import_id, limit=_AT_ONCE, after=after):
        yield from found
        after = found[-1].row


def preview(import_id: UUID, *, now: datetime, mapping: FileMapping | None = None) -> Preview:
    """Return the beginning of a file as it would be kept, how it was understood, and what is wrong with its rows.

    With a `mapping` as the file would be understood by that one; nothing of it is kept.

    Raises
    ------
    NoSuchImport
        There is none.
    FileNotImportable
        The file cannot be read as what it is said to be.
    """
    row = _row_as(import_id, mapping)
    settled = settled_now(row, now.date()) if mapping else row.settled or settled_now(row, now.date())
    with opened(row, settled, first_rows=_PREVIEW_ROWS) as reading:
        items = [item for item, _ in zip(reading.iter_items(after=0), range(PREVIEW_ITEMS), strict=False)]
        # Where all is shown, so are the refused rows behind it.
        goes_on = len(items) == PREVIEW_ITEMS
        last = max(number for item in items for number in item.rows) if goes_on else _PREVIEW_ROWS
        refused = [refusal for refusal in reading.iter_refused() if refusal.row <= last]
        refused += [refusal for item in items for refusal in item.refused]
        return Preview(
            recognised=reading.recognised,
            items=[item for item in items if item.state is not None],
            refused=sorted(refused, key=lambda refusal: refusal.row),
        )


def get_originals(
    import_id: UUID, *, rows: Sequence[int], now: datetime, mapping: FileMapping | None = None
) -> Originals:
    """Return the columns of a file and some of its rows as they stand in it, also where no column is recognised.

    Raises
    ------
    NoSuchImport
        There is none.
    FileNotImportable
        The file is no table.
    """
    from regulars.intake.listing import iter_originals

    row = _row_as(import_id, mapping)
    with explained(row.id, row.file_name), workspace() as connection:
        wanted = wanted_of(row, settled_now(row, now.date()))
        named = list(wanted.mapping.columns.values())
        found = iter_originals(wanted.path, wanted.settings(), rows=rows, named=named, connection=connection)
        _, columns = next(found)
        return Originals(columns=[str(name) for name in columns], rows=dict(found))


def _row_as(import_id: UUID, mapping: FileMapping | None) -> ImportRow:
    """Return an import's row, as it would be with a mapping."""
    row = get_row(import_id)
    if mapping is not None:
        row.mapping = asdict(mapping)
    return row


def get_row(import_id: UUID) -> ImportRow:
    """Return an import's row.

    Raises
    ------
    NoSuchImport
        There is none.
    """
    row = ImportRow.objects.filter(id=import_id).first()
    if row is None:
        raise NoSuchImport(gettext("There is no such import."))
    return row


def count_by_code(import_id: UUID, *, most: int = 20) -> Sequence[tuple[str, int]]:
    """Return how many rows were refused for which reason, the most first."""
    counts = RefusalRow.objects.filter(of_import_id=import_id).values_list("code").annotate(rows=Count("row"))
    return [(code, rows) for code, rows in counts.order_by("-rows", "code")[:most]]


def count_by_reason(import_id: UUID, *, most: int = 20) -> Sequence[tuple[str, int]]:
    """Return how many rows were refused for which reason, in words, the most first."""
    counts = (
        RefusalRow.objects.filter(of_import_id=import_id).values("code").annotate(rows=Count("row"), why=Min("message"))
    )
    return list(counts.order_by("-rows", "code").values_list("why", "rows")[:most])
