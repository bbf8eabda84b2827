"""Where files are laid out while they are read: a temporary folder and tables that are dropped at the end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from ibis.util import gen_name

from regulars.intake.amounts import count_labels, recognise_decimal
from regulars.intake.columns import assign
from regulars.intake.contracts import Layout, Role, Settings
from regulars.intake.dates import recognise_dates
from regulars.intake.sources import Kind, Source, open_source
from regulars.intake.tables import VIEW, RawTable, load
from regulars.intake.texts import filled, rows_of, steps_kept
from regulars.intake.treatment import NUMBERS, Understood, cells_of, label_in, totals_repeat
from regulars.intake.values import shape_of


class Workshop:
    """A temporary folder, and tables in the user's connection that do not outlive the reading."""

    def __init__(self, connection: Backend) -> None:
        self.connection = connection
        self._folder = tempfile.TemporaryDirectory(prefix="regulars-")
        self._before = frozenset(connection.list_tables())
        self._kept: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in set(self.connection.list_tables()) - self._before - (self._kept if error is None else set()):
            self._drop(name)
        self._folder.cleanup()

    def _drop(self, name: str) -> None:
        if name.startswith(f"ibis_{VIEW}"):
            self.connection.drop_view(name)
        else:
            self.connection.drop_table(name)

    def store(self, subject: str, table: Table, *, keep: bool = False) -> Table:
        """Store the rows of an expression; `keep` lets them outlive the workshop."""
        name = gen_name(f"intake_{subject}")
        if keep:
            self._kept.add(name)
        with steps_kept():
            return self.connection.create_table(name, table)

    def open(self, path: Path, settings: Settings) -> Source:
        """Open the file, staging what must be staged."""
        return open_source(path, Path(self._folder.name), settings.encoding)

    def understand(self, source: Source, settings: Settings) -> Understood:
        """Load the file and recognise its columns and how their values are written."""
        raw = load(
            source,
            gen_name("intake_raw"),
            Path(self._folder.name),
            self.connection,
            header=settings.header,
            delimiter=settings.delimiter,
        )
        samples = raw.sample()
        shapes = [shape_of(values) for values in samples]
        columns = assign(source.path, raw.names, shapes, settings.columns, lambda place: _spread(raw, place))
        numbers = [columns[role] for role in NUMBERS if role in columns and _is_text(raw, columns[role])]
        texts = [text for place in numbers for text in samples[place]]
        decimal, note = recognise_decimal(texts, raw.delimiter, settings.decimal)
        cells = cells_of(raw, columns)
        dates = recognise_dates(cells, shapes[columns[Role.DATE]].date_form, settings.date_order)
        said = label_in(cells)
        return Understood(
            raw=raw,
            columns=columns,
            decimal=decimal if texts else None,
            dates=dates,
            totals_repeat=totals_repeat(raw, columns),
            labels={} if said is None else count_labels(cells, said),
            notes=tuple(note for note in (note, dates.note) if note is not None),
        )


def _is_text(raw: RawTable, place: int) -> bool:
    return bool(raw.table[raw.cells[place]].type().is_string())


def _spread(raw: RawTable, place: int) -> float:
    values = raw.table.select(value=filled(raw.table[raw.cells[place]]))
    counts = rows_of(values.aggregate(different=values["value"].nunique(), rows=values["value"].count()))[0]
    return float(counts["different"] / max(counts["rows"], 1))


def layout_of(file: Understood, currency: str | None) -> Layout:
    """Return what the report shows of how the file was understood."""
    raw, source = file.raw, file.raw.source
    return Layout(
        path=source.path,
        format=_format(source.kind, raw.delimiter),
        compressed=source.compressed,
        encoding=source.encoding,
        delimiter=raw.delimiter,
        header=raw.header,
        decimal=file.decimal,
        date_order=file.dates.order,
        currency=currency,
        level=_level(file),
        columns={role: raw.names[place] for role, place in sorted(file.columns.items())},
        all_columns=raw.names,
        notes=file.notes,
    )


def _format(kind: Kind, delimiter: str | None) -> str:
    if kind is not Kind.TEXT:
        return str(kind)
    return {"\t": "tsv", " ": "text"}.get(delimiter or "", "csv")


def _level(file: Understood) -> str:
    """Return "line" where several rows share an order."""
    if Role.ORDER not in file.columns:
        return "order"
    return "line" if _spread(file.raw, file.columns[Role.ORDER]) < 0.98 else "order"
