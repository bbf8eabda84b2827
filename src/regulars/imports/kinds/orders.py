"""Files of orders: lines become orders in full, which are put as any source puts them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import cast

from ibis.backends.duckdb import Backend

from regulars.imports.contracts import Item, Recognised, Refusal
from regulars.imports.kinds.columns import split_wishes
from regulars.imports.kinds.listings import plain_cells
from regulars.imports.kinds.order_states import Reader
from regulars.imports.kinds.protocol import Became, Outcome, Reading, Wanted
from regulars.intake.fields import OF_ORDERS
from regulars.intake.lines import Lines, read_lines
from regulars.intake.treatment import REASONS
from regulars.kit.i18n import gettext
from regulars.orders import contracts as orders
from regulars.orders.checking import FIRST_YEAR
from regulars.orders.contracts import OrderState
from regulars.orders.retelling import find_told_already
from regulars.orders.services import put_orders
from regulars.stream.contracts import Actor

_BECAME: Mapping[orders.Outcome, Became] = {
    orders.Outcome.CREATED: Became.IMPORTED,
    orders.Outcome.UPDATED: Became.UPDATED,
    orders.Outcome.UNCHANGED: Became.UNCHANGED,
    # The source has told more since, by another way.
    orders.Outcome.STALE: Became.UNCHANGED,
    orders.Outcome.REFUSED: Became.REFUSED,
}


class OrdersKind:
    """Orders, one row each or one row per line."""

    def read(self, wanted: Wanted, *, first_rows: int | None = None, connection: Backend) -> Reading:
        """Read a file of orders."""
        roles, fields = split_wishes(wanted.mapping.columns, OF_ORDERS)
        settings = dataclasses.replace(wanted.settings(), columns=roles)
        lines = read_lines(wanted.path, settings, fields=fields, first_rows=first_rows, connection=connection)
        return OrdersReading(lines, wanted)

    def put(
        self,
        items: Sequence[Item],
        *,
        source: str,  # noqa: ARG002  # Each order names its own.
        now: datetime,
        actor: Actor,
    ) -> list[Outcome]:
        """Put the orders, but for those of which the file says no more than is kept.

        A file cannot say all that a source can, as payments; what it leaves out is not taken away by telling the rest
        again.
        """
        states = [cast("OrderState", item.state) for item in items]
        told = find_told_already(states)
        new = [state for number, state in enumerate(states) if number not in told]
        results = iter(put_orders(orders=new, now=now, actor=actor))
        return [
            Outcome(became=Became.UNCHANGED) if number in told else _outcome(next(results))
            for number in range(len(states))
        ]


def _outcome(result: orders.PutResult) -> Outcome:
    return Outcome(became=_BECAME[result.outcome], code=result.code, message=result.message)


@dataclass(frozen=True, slots=True)
class OrdersReading:
    """A file of orders that has been read."""

    lines: Lines
    wanted: Wanted

    @property
    def recognised(self) -> Recognised:
        """How the file was understood."""
        layout = self.lines.layout
        fields = {str(field): name for field, name in self.lines.fields.items()}
        return Recognised(
            format=layout.format,
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            header=layout.header,
            decimal=layout.decimal,
            date_order=layout.date_order,
            currency=layout.currency,
            columns=fields | {str(role): name for role, name in layout.columns.items()},
            all_columns=layout.all_columns,
            notes=layout.notes,
        )

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.lines.rows

    def iter_refused(self) -> Iterator[Refusal]:
        """Yield the rows that intake refuses."""
        for row, code in self.lines.iter_refused():
            yield Refusal(row=row, code=code, message=gettext(REASONS[code]))

    def iter_items(self, *, after: int) -> Iterator[Item]:
        """Yield the orders, as they begin in the file."""
        reader = Reader(source=self.wanted.source, zone=self.wanted.zone, totals_of_orders=self.lines.totals_of_orders)
        for _first, rows in groupby(self.lines.iter_rows(after=after), key=lambda row: row["first"]):
            yield reader.item_of([plain_cells(row) for row in rows])

    def moments(self) -> Sequence[datetime]:
        """Return the day before and the day after each on which something happens: the zone moves no further."""
        lines = self.lines.lines
        # What is older is refused as an order, and is no event.
        recent = lines.filter(lines["occurred_at"] > datetime(FIRST_YEAR, 1, 2))  # noqa: DTZ001  # Clocks, as the lines.
        days = recent.select(day=recent["occurred_at"].date()).distinct().to_pyarrow()["day"].to_pylist()
        noons = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in sorted(days)]
        return [noon + step for noon in noons for step in (timedelta(days=-1), timedelta(days=1))]
