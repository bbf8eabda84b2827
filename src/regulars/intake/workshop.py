"""Where files are laid out while they are read: a temporary folder and tables that are dropped at the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from ibis.util import gen_name

from regulars.intake.amounts import count_labels, recognise_decimal
from regulars.intake.columns import assign
from regulars.intake.contracts import Layout, Role, Settings
from regulars.intake.dates import date_counts, recognise_dates
from regulars.intake.names import EMAILS, normalise
from regulars.intake.repeats import totals_repeat
from regulars.intake.sources import Kind, Source, open_source
from regulars.intake.statuses import statuses_of_nothing
from regulars.intake.tables import VIEW, RawTable, load
from regulars.intake.texts import filled, one_in, rows_of, steps_kept, text_of
from regulars.intake.treatment import NUMBERS, Understood, amount_filled, cells_of, label_in
from regulars.intake.values import DateForm, shape_of
from regulars.kit.scratch import scratch_folder
from retention.reasons import Reason, mark


class Workshop:
    """A temporary folder, and tables in the user's connection that do not outlive the reading."""

    def __init__(self, connection: Backend) -> None:
        self.connection = connection
        self._scratch = scratch_folder()
        self._before = frozenset(connection.list_tables())
        self._kept: set[str] = set()

    def __enter__(self) -> Self:
        self._folder = self._scratch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for name in set(self.connection.list_tables()) - self._before - (self._kept if error is None else set()):
                self._drop(name)
        finally:
            self._scratch.__exit__(None, None, None)

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
            # What does not last is not worth the compression that a lasting table gets.
            return self.connection.create_table(name, table, temp=not keep)

    def open(self, path: Path, settings: Settings) -> Source:
        """Open the file, staging what must be staged."""
        return open_source(path, self._folder, settings.encoding)

    def load(self, source: Source, settings: Settings, named: Collection[str] = ()) -> RawTable:
        """Load the file as it is; columns that are `named` by the user stand in its header."""
        return load(
            source,
            gen_name("intake_raw"),
            self._folder,
            self.connection,
            header=settings.header,
            delimiter=settings.delimiter,
            named=[name for name in (*settings.columns.values(), *named) if name],
        )

    def understand(self, source: Source, settings: Settings, named: Collection[str] = ()) -> Understood:
        """Load the file and recognise its columns and how their values are written; `named` as `load` has it."""
        return understood(self.load(source, settings, named), settings)


def understood(raw: RawTable, settings: Settings) -> Understood:
    """Recognise the columns of a raw table and how their values are written."""
    samples = raw.sample()
    shapes = [shape_of(values) for values in samples]
    columns = assign(raw.source.path, raw.names, shapes, settings.columns, lambda places: _spread(raw, places))
    numbers = [columns[role] for role in NUMBERS if role in columns and raw.is_text(columns[role])]
    texts = [text for place in numbers for text in samples[place]]
    decimal, note = recognise_decimal(texts, raw.delimiter, settings.decimal)
    guests = _guests_by_email(raw, columns, settings) if "0" in samples[columns[Role.CUSTOMER]] else None
    cells = cells_of(raw, columns)
    form = shapes[columns[Role.DATE]].date_form
    counts = _survey(cells, form)
    dates = recognise_dates(cells[Role.DATE.value], form, settings.date_order, counts)
    said = label_in(cells) if counts.get("labels") else None
    whole_orders = {Role.ORDER, Role.AMOUNT} <= set(columns)
    return Understood(
        raw=raw,
        columns=columns,
        decimal=decimal if texts else None,
        dates=dates,
        level=_level(raw, columns.get(Role.ORDER)),
        totals_repeat=whole_orders and totals_repeat(cells, raw.names[columns[Role.AMOUNT]]),
        gaps=counts["gaps"] > 0,
        labels={} if said is None else count_labels(cells, said),
        statuses_of_nothing=statuses_of_nothing(cells) if Role.STATUS in columns else frozenset(),
        notes=(*raw.notes, *(note for note in (guests, note, dates.note) if note is not None)),
    )


def _guests_by_email(raw: RawTable, columns: dict[Role, int], settings: Settings) -> Reason | None:
    """Tell customers by e-mail where the number 0 stands for all guests, as in WooCommerce; return the note of it."""
    number = columns[Role.CUSTOMER]
    emails = [place for place, name in enumerate(raw.names) if normalise(name) in EMAILS and place != number]
    if not emails or Role.CUSTOMER in settings.columns:
        return None
    texts = filled(
        raw.table.select(number=text_of(raw.table[raw.cells[number]]), email=text_of(raw.table[raw.cells[emails[0]]])),
        ["number", "email"],
    )
    guests = texts.filter(texts["number"] == "0")
    if rows_of(guests.aggregate(emails=guests["email"].nunique()))[0]["emails"] < 2:
        return None
    columns[Role.CUSTOMER] = emails[0]
    template = mark("In the column {number} 0 stands for several people; customers are told by {email}.")
    return Reason("guests_by_email", template, {"number": raw.names[number], "email": raw.names[emails[0]]})


def _survey(cells: Table, form: DateForm | None) -> dict[str, int]:
    """Count in one pass over all rows what a sample cannot tell."""
    said = label_in(cells)
    counts = date_counts(cells[Role.DATE.value], form) | {"gaps": (~amount_filled(cells)).sum()}
    if said is not None:
        counts["labels"] = said.count()
    return {name: int(count or 0) for name, count in rows_of(cells.aggregate(**counts))[0].items()}


def _spread(raw: RawTable, places: Sequence[int]) -> dict[int, float]:
    """Return the share of different values in the columns."""
    names = [str(place) for place in places]
    texts = {name: one_in(text_of(raw.table[raw.cells[int(name)]]), raw.share) for name in names}
    judged = filled(raw.table.select(**texts), names)
    counts = {f"{name} rows": judged[name].count() for name in names}
    counts |= {f"{name} different": judged[name].nunique() for name in names}
    found = rows_of(judged.aggregate(**counts))[0]
    return {place: found[f"{place} different"] / max(found[f"{place} rows"], 1) for place in places}


def _level(raw: RawTable, order: int | None) -> str:
    """Return "line" where several rows share an order."""
    return "line" if order is not None and _spread(raw, [order])[order] < 0.98 else "order"


def layout_of(file: Understood, currency: str | None) -> Layout:
    """Return what the report shows of how the file was understood."""
    raw, source = file.raw, file.raw.source
    return Layout(
        path=source.path,
        format=format_of(source.kind, raw.delimiter),
        compressed=source.compressed,
        encoding=source.encoding,
        delimiter=raw.delimiter,
        header=raw.header,
        decimal=file.decimal,
        date_order=file.dates.order,
        currency=currency,
        level=file.level,
        columns={role: raw.names[place] for role, place in sorted(file.columns.items())},
        all_columns=raw.names,
        notes=file.notes,
    )


def format_of(kind: Kind, delimiter: str | None) -> str:
    """Return what a file is called by its kind and what stands between its cells."""
    if kind is not Kind.TEXT:
        return str(kind)
    return {"\t": "tsv", " ": "text"}.get(delimiter or "", "csv")
