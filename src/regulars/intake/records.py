"""Read records one by one where the fast way cannot: broken tables and spreadsheets, rewritten as clean CSV."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from python_calamine import CalamineWorkbook

from regulars.intake.dialects import WHITE_SPACE, Dialect
from regulars.intake.sources import FileEmpty, FileNotUnderstood, Source
from regulars.kit.i18n import gettext as _
from retention.reasons import Reason, mark

_LINES_OF_A_RECORD = 100
_CHARS_OF_A_RECORD = 400_000
_CHARS_KEPT = 2_000
_HEAD_RECORDS = 200
_HEAD_ROWS = 20


class _Malformed(str):
    """A physical line that is no record of the table."""

    __slots__ = ()


def first_records(text: Path, dialect: Dialect) -> list[list[str]]:
    """Return the first sound records, the header among them."""
    sound = (record for record in _records(text, dialect) if not isinstance(record, _Malformed))
    return list(islice(sound, _HEAD_RECORDS))


def rewrite(text: Path, dialect: Dialect, target: Path, *, header: bool) -> None:
    """Write the records as clean CSV: first the malformed record as JSON (or nothing), then the cells."""
    records = _records(text, dialect)
    with target.open("w", encoding="utf-8", errors="replace", newline="") as out:
        write = csv.writer(out, quoting=csv.QUOTE_ALL).writerow
        for record in records:
            if isinstance(record, _Malformed):
                write([json.dumps([record[:_CHARS_KEPT]], ensure_ascii=False), *[""] * dialect.width])
            elif header:
                header = False  # The first sound record names the columns.
            else:
                write(["", *record, *[""] * (dialect.width - len(record))])


def _records(text: Path, dialect: Dialect) -> Iterator[list[str] | _Malformed]:
    """Yield each record; where one cannot be, its first line alone is malformed and reading goes on with the next.

    A quote that is opened and never closed would swallow the rest of the file: a record that spans lines must have as
    many cells as the table has columns, and few lines.
    """
    with text.open(encoding="utf-8", errors="replace", newline="") as file:
        lines = _Lines(file, dialect.skip)
        while True:
            try:
                record = _next_record(lines, dialect)
            except StopIteration:
                return
            except csv.Error:
                record = None
            if record == []:
                continue
            if record is None or not _sound(record, len(lines.taken), dialect.width):
                yield _Malformed(lines.retreat())
            else:
                yield record


def _next_record(lines: _Lines, dialect: Dialect) -> list[str]:
    lines.taken.clear()
    if dialect.delimiter == WHITE_SPACE:
        return next(lines).split()
    return next(csv.reader(lines, delimiter=dialect.delimiter, strict=False))


def _sound(record: list[str], lines: int, width: int) -> bool:
    """Tell whether a record fits the table; cells without content beyond its width do no harm."""
    while len(record) > width and not record[-1].strip():
        record.pop()
    if len(record) > width or sum(map(len, record)) > _CHARS_OF_A_RECORD:
        return False
    return lines == 1 or (len(record) == width and lines <= _LINES_OF_A_RECORD)


class _Lines:
    """The lines of a file, of which the last record's can be given back."""

    def __init__(self, file: Iterator[str], skip: int) -> None:
        self._file = islice(file, skip, None)
        self._returned: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._file)
        self.taken.append(line)
        return line

    def retreat(self) -> str:
        """Give back all lines of the last record but the first, which is returned."""
        self._returned.extendleft(reversed(self.taken[1:]))
        return self.taken[0].rstrip("\r\n")


def write_spreadsheet(source: Source, target: Path) -> tuple[Reason, ...]:
    """Write the longest sheet as CSV, with the rows of the sheets that have the same head; name those left out.

    Raises
    ------
        FileNotUnderstood: it is no spreadsheet.
        FileEmpty: no sheet has rows.
    """
    try:
        book = CalamineWorkbook.from_path(str(source.readable))
        sheets = {name: _rows_as_text(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names}
    except Exception as error:  # The reader's own errors have no common class but this one.
        raise FileNotUnderstood(_("{path} is no sound spreadsheet.").format(path=source.path)) from error
    sheets = {name: rows for name, rows in sheets.items() if rows}
    if not sheets:
        raise FileEmpty(_("{path} holds no rows.").format(path=source.path))
    longest = max(sheets, key=lambda name: len(sheets[name]))
    left_out = []
    with target.open("w", encoding="utf-8", errors="replace", newline="") as out:
        writer = csv.writer(out)
        writer.writerows(sheets[longest])
        for name, rows in sheets.items():
            if name == longest:
                continue
            start = _below_the_same_head(sheets[longest], rows)
            if start is None:
                left_out.append(name)
            else:
                writer.writerows(rows[start:])
    if not left_out:
        return ()
    template = mark("Of the spreadsheet only the rows like those of {sheet} are read; left out: {others}.")
    return (Reason("sheets_left_out", template, {"sheet": longest, "others": ", ".join(left_out)}),)


def _rows_as_text(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    return [[_cell_text(cell) for cell in row] for row in rows]


def _below_the_same_head(longest: list[list[str]], rows: list[list[str]]) -> int | None:
    """Return where the rows begin below a line that stands at the top of the longest sheet too."""
    heads = [row for row in longest[:_HEAD_ROWS] if sum(map(bool, row)) > 2]
    return next((place + 1 for place, row in enumerate(rows[:_HEAD_ROWS]) if row in heads), None)


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).replace("\0", "")
