"""From a file to lines of orders, for who keeps orders: each row that can be meant, with what it tells of the buyer.

It goes by the same rules as `read`, but for these: an order of nobody known is a guest's where it has a number, one
that came to nothing is marked rather than refused, and each row keeps the currency that it states.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import StringValue, Table

from regulars.intake.amounts import currency_of
from regulars.intake.contracts import Layout, Role, Settings
from regulars.intake.failures import failures_explained
from regulars.intake.fields import OF_ORDERS, Field, assign_fields
from regulars.intake.reading import check_settings, rows_by_currency
from regulars.intake.repeats import duplicates_of, repeated_fingerprints
from regulars.intake.texts import filled, text_of
from regulars.intake.treatment import Rules, Understood, lines_of
from regulars.intake.workshop import Workshop, layout_of
from regulars.kit.i18n import gettext as _
from regulars.kit.money import is_currency
from regulars.kit.progress import Progress, silent

_AT_ONCE = 20_000
_MOST_CURRENCIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The rows of a file of orders.

    `lines` is an Ibis table: `line` (1-based number of the record, the header not counted), `first` (the number of the
    first row of its order), `order`, `customer` or NULL, `occurred_at` (UTC where `instant`, else the business's own
    clock), `cancelled`, `amount_minor` (what came back is negative), `currency`, where the file has them `product`,
    `quantity`, `price`, and a column of text for each of `fields`.
    Where `totals_of_orders`, the amount is that of the whole order, on the first of its lines, and none on the others.
    `refused` is an Ibis table of `line` and `reason`, a code of `treatment.REASONS`.
    """

    layout: Layout
    totals_of_orders: bool
    fields: Mapping[Field, str]
    lines: Table
    refused: Table
    rows: int

    def iter_rows(self, *, after: int = 0) -> Iterator[dict[str, Any]]:
        """Yield the lines order by order, as the orders begin in the file; those that begin after a row."""
        wanted = self.lines.filter(self.lines["first"] > after).order_by("first", "line")
        with failures_explained():
            for batch in wanted.to_pyarrow_batches(chunk_size=_AT_ONCE):
                yield from batch.to_pylist()

    def iter_refused(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the reason's code of each row that is refused."""
        with failures_explained():
            for batch in self.refused.order_by("line").to_pyarrow_batches(chunk_size=_AT_ONCE):
                yield from ((row["line"], row["reason"]) for row in batch.to_pylist())


def read_lines(
    path: Path,
    settings: Settings,
    *,
    fields: Mapping[Field, str] | None = None,
    first_rows: int | None = None,
    connection: Backend,
    progress: Progress = silent,
) -> Lines:
    """Read a file into the connection and treat its rows; `first_rows` stops there, having recognised the whole file.

    `settings.currency` is that of rows which state none, and settles which dollar or crown is meant. `fields` names
    columns by what they tell of the buyer and the goods, as the user wrote them.

    Raises
    ------
        DomainError: as `recognise`.
    """
    check_settings(settings)
    with failures_explained(), Workshop(connection) as workshop:
        progress(_("Reading {file}").format(file=path.name), 0.0)
        file = workshop.understand(workshop.open(path, settings), settings, list((fields or {}).values()))
        layout = layout_of(file, settings.currency)
        places = assign_fields(path, file.raw.names, OF_ORDERS, fields or {}, taken=_not_of_buyers(file))
        if first_rows is not None:
            raw = file.raw
            table = raw.table.filter(raw.table["row"] <= first_rows)
            file = dataclasses.replace(file, raw=dataclasses.replace(raw, table=table, rows=min(raw.rows, first_rows)))
        progress(_("Treating rows"), 0.4)
        lines = workshop.store("lines", _in_own_currency(file, settings))
        fingerprints = workshop.store("fingerprints", repeated_fingerprints(lines))
        duplicates = workshop.store("duplicates", duplicates_of(lines, fingerprints))
        progress(_("Putting lines together"), 0.7)
        good = lines.filter(lines["reason"].isnull()).anti_join(duplicates, "line").drop("reason", "fingerprint")
        refused = ibis.union(lines.filter(lines["reason"].notnull()).select("line", "reason"), duplicates)
        return Lines(
            layout=layout,
            totals_of_orders=file.totals_of_orders,
            fields={field: file.raw.names[place] for field, place in sorted(places.items())},
            lines=workshop.store("order_lines", _with_fields(good, file, places), keep=True),
            refused=workshop.store("refused_lines", refused, keep=True),
            rows=file.raw.rows,
        )


def _not_of_buyers(file: Understood) -> frozenset[int]:
    """Return the columns that tell of the order: a shop's "Name" is an order's number, not a person."""
    of_orders = set(Role) - {Role.CUSTOMER, Role.PRODUCT}
    return frozenset(place for role, place in file.columns.items() if role in of_orders)


def _in_own_currency(file: Understood, settings: Settings) -> Table:
    """Return the lines, each read in the currency that it states; one that states none in the settings' own."""
    said = rows_by_currency([file], settings.currency)
    wanted = [code for code in sorted(said, key=lambda code: -said[code]) if is_currency(code)][:_MOST_CURRENCIES]
    unsaid = settings.currency if sum(said.values()) < file.raw.rows or not wanted else None
    currencies: list[str | None] = [*dict.fromkeys([unsaid, *wanted] if unsaid else wanted)] or [None]
    readings = [_in_currency(file, settings, code, place) for place, code in enumerate(currencies)]
    if len(readings) == 1:
        return readings[0]
    # A row stands in each reading; it is meant in the one that does not refuse it, or not for its currency.
    told = ibis.union(*readings)
    wrong = ibis.cases((told["reason"].isnull(), 0), (told["reason"] != "other_currency", 1), else_=2)
    ranked = told.mutate(wrong=wrong)
    ranked = ranked.mutate(rank=ibis.row_number().over(group_by="line", order_by=["wrong", "reading"]))
    return ranked.filter(ranked["rank"] == 0).drop("wrong", "rank")


def _in_currency(file: Understood, settings: Settings, currency: str | None, place: int) -> Table:
    own = frozenset(sign for sign in file.labels if currency_of(sign, settings.currency) == currency)
    rules = Rules(
        currency=currency,
        own_labels=own,
        foreign=own != file.labels.keys(),
        zone=settings.zone,
        today=settings.today,
        all_orders=True,
    )
    return lines_of([file], rules).mutate(currency=ibis.literal(currency, "string"), reading=ibis.literal(place))


def _with_fields(lines: Table, file: Understood, places: Mapping[Field, int]) -> Table:
    """Add where each line's order begins, and what the record tells beside the order itself."""
    wanted = [name for name in lines.columns if name not in {"reading", "occurred_on", "continuation"}]
    placed = lines.select(*wanted, first=lines["line"].min().over(group_by="order"))
    if not places:
        return placed
    names = [f"field_{field}" for field in places]
    told = file.raw.table.select(
        "row", **{name: _text(file, place) for name, place in zip(names, places.values(), strict=True)}
    )
    told = filled(told, names)
    joined = placed.left_join(told, placed["line"] == told["row"])
    return joined.select(*placed.columns, *names)


def _text(file: Understood, place: int) -> StringValue:
    return text_of(file.raw.table[file.raw.cells[place]])
