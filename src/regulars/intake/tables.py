"""Bring a file into DuckDB as it is: one row per record, its cells as text, and what could not be parsed beside them.

DuckDB's own reader takes a well-formed table at full speed. A table that it refuses is rewritten record by record with
the standard library's parser, which tells broken records from good ones, and then read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from ibis.util import gen_name

from regulars.intake.dialects import WHITE_SPACE, Dialect, recognise_dialect
from regulars.intake.fields import known_fields
from regulars.intake.names import known_names, normalise
from regulars.intake.records import first_records, rewrite, write_spreadsheet
from regulars.intake.sources import FileEmpty, FileNotUnderstood, Kind, Source
from regulars.intake.texts import count_of, json_of, text_of
from regulars.intake.values import looks_like_value, shape_of
from regulars.kit.i18n import gettext as _
from retention.reasons import Reason

# What is read where it lies is a view of such a name.
VIEW = "intake_view"
SAMPLE_ROWS = 4_000
_MOST_COLUMNS = 2_000
_VALUES_TO_JUDGE = 100_000
# It stands in no sound text: where lines are read whole it is the delimiter that never comes.
_NEVER = "\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A file as it stands in DuckDB.

    `table` has `row` (1-based number of the record, the header not counted), one column per cell (`cells`, text except
    for Parquet) and `malformed` (the record as JSON where it could not be parsed). `names` are the columns' names.
    """

    source: Source
    table: Table
    cells: tuple[str, ...]
    names: tuple[str, ...]
    header: bool
    delimiter: str | None
    rows: int
    notes: tuple[Reason, ...] = ()

    def is_text(self, place: int) -> bool:
        """Tell whether the column at the place (from 0) holds text, so that its values must be read."""
        return bool(self.table[self.cells[place]].type().is_string())

    @property
    def share(self) -> int:
        """Return of how many different values one is enough to judge a column by."""
        return max(1, self.rows // _VALUES_TO_JUDGE)

    def sample(self) -> list[list[str | None]]:
        """Return the columns of up to some thousand records from all over the file, as text."""
        step = max(1, self.rows // SAMPLE_ROWS)
        picked = self.table.filter(self.table["malformed"].isnull(), self.table["row"] % step == 1 % step)
        texts = picked.select(**{cell: text_of(picked[cell]) for cell in self.cells}).limit(SAMPLE_ROWS)
        columns = texts.to_pyarrow().to_pydict()
        return [columns[cell] for cell in self.cells]


def load(
    source: Source,
    name: str,
    folder: Path,
    connection: Backend,
    *,
    header: bool | None,
    delimiter: str | None,
    named: Collection[str] = (),
) -> RawTable:
    """Read the source into the table `name`; columns are `named` where the user gave them by their names.

    Raises
    ------
        FileEmpty, FileNotUnderstood, UnknownDelimiter
    """
    if source.kind is Kind.PARQUET:
        return _load_parquet(source, connection)
    text, notes = source.readable, tuple[Reason, ...]()
    if source.kind is Kind.SPREADSHEET:
        text = folder / f"{name}.sheet.csv"
        notes = write_spreadsheet(source, text)
        delimiter = ","
    dialect = recognise_dialect(text, delimiter)
    if dialect.width > _MOST_COLUMNS:
        raise FileNotUnderstood(
            _("{path} has more than {count} columns.").format(path=source.path, count=_MOST_COLUMNS)
        )
    head = first_records(text, dialect)
    header = has_header(head, named) if header is None else header
    names = _names(head[0] if header and head else [], dialect.width)
    table = _read_text(text, dialect, name, folder, connection, header=header)
    rows = count_of(table)
    if rows == 0:
        raise FileEmpty(_("{path} holds no rows.").format(path=source.path))
    return RawTable(
        source=source,
        table=table,
        cells=_cells(dialect.width),
        names=names,
        header=header,
        delimiter=dialect.delimiter if source.kind is Kind.TEXT else None,
        rows=rows,
        notes=notes,
    )


def has_header(rows: Sequence[Sequence[str]], named: Collection[str] = ()) -> bool:
    """Tell whether the first record names the columns: it holds no value where the records below hold values."""
    if not rows:
        return False
    first, rest = rows[0], rows[1:]
    if not {normalise(name) for name in named if not name.strip().isdecimal()}.isdisjoint(map(normalise, first)):
        return True
    if len(known_names(first)) >= 2 or len(known_fields(first)) >= 2:
        return True
    if any(looks_like_value(cell) for cell in first):
        return False
    if not rest:
        return bool(known_names(first))
    shapes = [shape_of([row[place] for row in rest if place < len(row)]) for place in range(len(first))]
    return any(max(shape.number, shape.date) > 0.8 for shape in shapes)


def _names(first: Sequence[str], width: int) -> tuple[str, ...]:
    """Return one name per column, all different; a column without one is named by its position."""
    names: list[str] = []
    for place in range(width):
        name = first[place].strip() if place < len(first) else ""
        name = name or f"column {place + 1}"
        same = sum(1 for earlier in names if earlier == name or earlier.startswith(f"{name} ("))
        names.append(f"{name} ({same + 1})" if same else name)
    return tuple(names)


def _cells(width: int) -> tuple[str, ...]:
    return tuple(f"c{place}" for place in range(1, width + 1))


def _read_text(text: Path, dialect: Dialect, name: str, folder: Path, connection: Backend, *, header: bool) -> Table:
    cells = _cells(dialect.width)
    try:
        if dialect.delimiter == WHITE_SPACE:
            records = _split_lines(
                _read_csv(text, connection, ["line"], delimiter=_NEVER, quote="", skip=dialect.skip, header=header),
                cells,
            )
        else:
            records = _read_csv(
                text, connection, cells, delimiter=dialect.delimiter, quote='"', skip=dialect.skip, header=header
            )
            records = records.mutate(malformed=ibis.null("string"))
        return _numbered(connection, name, records)
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error:
        clean = folder / f"{name}.clean.csv"
        rewrite(text, dialect, clean, header=header)
        records = _read_csv(clean, connection, ["malformed", *cells], delimiter=",", quote='"', skip=0, header=False)
        return _numbered(connection, f"{name}_clean", records.mutate(malformed=records["malformed"].nullif("")))


def _read_csv(
    text: Path, connection: Backend, columns: Sequence[str], *, delimiter: str, quote: str, skip: int, header: bool
) -> Table:
    return connection.read_csv(
        str(text.absolute()),
        table_name=gen_name(VIEW),
        columns=dict.fromkeys(columns, "VARCHAR"),
        auto_detect=False,
        delim=delimiter,
        quote=quote,
        escape=quote,
        header=header,
        skip=skip,
    )


def _split_lines(lines: Table, cells: Sequence[str]) -> Table:
    """Split lines at white space; a line with more words than columns is malformed."""
    filled = lines.select(line=lines["line"].strip()).filter(lambda table: table["line"].length() > 0)
    words = filled.select("line", words=filled["line"].re_split(r"\s+"))
    too_long = words["words"].length() > len(cells)
    return words.select(
        *(words["words"][place].name(cell) for place, cell in enumerate(cells)),
        malformed=ibis.ifelse(too_long, json_of(ibis.array([words["line"]])), ibis.null("string")),
    )


def _numbered(connection: Backend, name: str, records: Table) -> Table:
    """Store the records in the order of the file and number them."""
    stored = connection.create_table(name, records, temp=True)
    return stored.mutate(row=stored.rowid() + 1)


def _load_parquet(source: Source, connection: Backend) -> RawTable:
    try:
        table = connection.read_parquet(
            str(source.readable.absolute()), table_name=gen_name(VIEW), file_row_number=True
        )
        names = tuple(name for name in table.columns if name != "file_row_number")
        rows = count_of(table)
    except duckdb.Error as error:
        raise FileNotUnderstood(_("{path} is no sound Parquet file.").format(path=source.path)) from error
    if rows == 0:
        raise FileEmpty(_("{path} holds no rows.").format(path=source.path))
    cells = _cells(len(names))
    renamed = table.select(
        *(table[name].name(cell) for name, cell in zip(names, cells, strict=True)),
        malformed=ibis.null("string"),
        row=table["file_row_number"] + 1,
    )
    return RawTable(source=source, table=renamed, cells=cells, names=names, header=True, delimiter=None, rows=rows)
