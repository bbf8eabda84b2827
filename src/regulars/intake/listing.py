"""From a file to records of people or goods, as clean text by what their columns tell; and to records as they stand."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from regulars.intake.columns import ColumnNotRecognised
from regulars.intake.contracts import Role, Settings
from regulars.intake.dates import DateReading, date_counts, moment_of, of_our_times, recognise_dates
from regulars.intake.failures import failures_explained
from regulars.intake.fields import Field, assign_fields
from regulars.intake.tables import RawTable
from regulars.intake.texts import filled, rows_of, text_of
from regulars.intake.values import shape_of
from regulars.intake.workshop import Workshop, format_of
from regulars.kit.i18n import gettext as _
from retention.reasons import Reason

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The records of a file.

    `table` has `row`, `malformed` (true where it could not be split), and a column of text for each of `columns`, by
    its place among them. A birthday is written `YYYY-MM-DD`, or kept as it is where it cannot be read.
    """

    format: str
    encoding: str | None
    delimiter: str | None
    header: bool
    date_order: str | None
    fields: Mapping[Field, str]
    columns: Sequence[str]
    table: Table
    rows: int
    notes: Sequence[Reason] = field(default_factory=tuple)

    def iter_rows(self, *, after: int = 0) -> Iterator[tuple[int, bool, Mapping[str, str | None]]]:
        """Yield number, whether it is malformed, and the cells by their columns' names, of the records after a row."""
        wanted = self.table.filter(self.table["row"] > after).order_by("row")
        with failures_explained():
            for batch in wanted.to_pyarrow_batches(chunk_size=_AT_ONCE):
                for told in batch.to_pylist():
                    cells = {name: told[f"c{place}"] for place, name in enumerate(self.columns)}
                    yield told["row"], told["malformed"], cells


def read_listing(
    path: Path,
    settings: Settings,
    *,
    id_role: Role,
    fields: Sequence[Field],
    wishes: Mapping[Field, str] | None = None,
    first_rows: int | None = None,
    connection: Backend,
) -> Listing:
    """Read a file of people (`id_role` CUSTOMER) or goods (PRODUCT), or its first rows, into the connection.

    Raises
    ------
        DomainError: one of those of `sources`, `dialects` and `columns`; OutOfRoom, ReadingFailed.
    """
    with failures_explained(), _loaded(path, settings, connection, list((wishes or {}).values())) as (workshop, raw):
        places = assign_fields(path, raw.names, fields, wishes or {}, id_role=id_role)
        if not places:
            raise ColumnNotRecognised(
                _("No column of {path} tells what is looked for; its columns are: {names}.").format(
                    path=path.name, names=", ".join(name[:40] for name in raw.names[:40])
                )
            )
        cells = {f"c{place}": text_of(raw.table[cell]) for place, cell in enumerate(raw.cells)}
        texts = filled(raw.table.select("row", malformed=raw.table["malformed"].notnull(), **cells), list(cells))
        days: DateReading | None = None
        if Field.BIRTHDAY in places:
            texts, days = _with_days(texts, places[Field.BIRTHDAY], raw, settings)
        if first_rows is not None:
            texts = texts.filter(texts["row"] <= first_rows)
        return Listing(
            format=format_of(raw.source.kind, raw.delimiter),
            encoding=raw.source.encoding,
            delimiter=raw.delimiter,
            header=raw.header,
            date_order=days.order if days else None,
            fields={each: raw.names[place] for each, place in sorted(places.items())},
            columns=raw.names,
            table=workshop.store("listing", texts, keep=True),
            rows=raw.rows if first_rows is None else min(raw.rows, first_rows),
            notes=(*raw.notes, *([days.note] if days and days.note else [])),
        )


def iter_originals(
    path: Path, settings: Settings, *, rows: Sequence[int], named: Collection[str] = (), connection: Backend
) -> Iterator[tuple[int, list[str | None]]]:
    """Yield the records of some rows as they stand in the file; first, under the number 0, the columns' names.

    `named` are names of columns that the user gave: where they stand in the first record, it is no row.
    """
    with failures_explained(), _loaded(path, settings, connection, named) as (_workshop, raw):
        yield 0, list(raw.names)
        wanted = pa.array(rows, pa.int64())
        between = raw.table.filter(raw.table["row"].between(min(rows, default=0), max(rows, default=0)))
        told = between.select(
            "malformed", *(text_of(between[cell]).name(cell) for cell in raw.cells), row=between["row"].cast("int64")
        )
        for batch in told.order_by("row").to_pyarrow_batches(chunk_size=_AT_ONCE):
            for record in batch.filter(pc.is_in(batch["row"], value_set=wanted)).to_pylist():
                cells = json.loads(record["malformed"]) if record["malformed"] else [record[cell] for cell in raw.cells]
                yield record["row"], cells


@contextmanager
def _loaded(
    path: Path, settings: Settings, connection: Backend, named: Collection[str]
) -> Iterator[tuple[Workshop, RawTable]]:
    with Workshop(connection) as workshop:
        source = workshop.open(path, settings)
        yield workshop, workshop.load(source, settings, named)


def _with_days(texts: Table, place: int, raw: RawTable, settings: Settings) -> tuple[Table, DateReading]:
    """Bring days to ISO 8601 where they can be read, in the form that the column as a whole asks for."""
    cell = texts[f"c{place}"]
    form = shape_of(raw.sample()[place]).date_form
    counts = date_counts(cell, form)
    counted = rows_of(texts.aggregate(**counts))[0] if counts else {}
    reading = recognise_dates(cell, form, settings.date_order, {name: int(n or 0) for name, n in counted.items()})
    day = of_our_times(moment_of(cell, reading)).date().cast("string")
    return texts.mutate(**{f"c{place}": ibis.coalesce(day, cell)}), reading
