"""The refused rows of an import as a table: as they stand in the file, with why, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from regulars.imports.contracts import Refusal
from regulars.imports.files import FileGone
from regulars.imports.kept import settled_now, wanted_of
from regulars.imports.queries import get_row, iter_refusals
from regulars.imports.reading import explained
from regulars.imports.workspace import workspace
from regulars.kit.cells import csv_line
from regulars.kit.i18n import gettext


def iter_refused_csv(import_id: UUID) -> Iterator[str]:
    """Yield the lines of a CSV: the file's own columns, then the row's number, the reason's code and its sentence.

    Once the file is no longer kept, the columns of the file are left out.

    Raises
    ------
    NoSuchImport
        There is none.
    """
    from regulars.intake.listing import iter_originals

    row = get_row(import_id)
    refusals = {refusal.row: refusal for refusal in iter_refusals(import_id)}
    try:
        wanted = wanted_of(row, row.settled or settled_now(row, row.created_at.date()))
    except FileGone:
        yield csv_line(_head())
        yield from (csv_line(_why(refusal)) for refusal in refusals.values())
        return
    with explained(import_id, row.file_name), workspace() as connection:
        originals = iter_originals(
            wanted.path,
            wanted.settings(),
            rows=sorted(refusals),
            named=[*wanted.mapping.columns.values()],
            connection=connection,
        )
        _, names = next(originals)
        yield csv_line([*map(str, names), *_head()])
        for number, cells in originals:
            filled = [*(cell or "" for cell in cells), *[""] * (len(names) - len(cells))]
            yield csv_line([*filled, *_why(refusals[number])])


def _head() -> list[str]:
    return [gettext("Row"), gettext("Code"), gettext("Why it was refused")]


def _why(refusal: Refusal) -> list[str]:
    return [str(refusal.row), refusal.code, refusal.message]
