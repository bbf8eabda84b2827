"""One more day in the book of customers, beside a rebuild."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import date, timedelta

import ibis
import pyarrow as pa

from bench.measure import Agreement, Finding, Result, seconds, timed
from bench.shop import LAST_ON, Shop, connect, in_contract, on_day
from retention.rfm import RfmBook, daily_state, summarise

TURNS = 5


def absorb(shop: Shop) -> Iterator[Finding]:
    """Absorb the last days one by one, reading all RFM after each; a rebuild summarises the file anew."""
    connection = connect()
    orders = shop.table(connection)
    days = [LAST_ON - timedelta(days=back) for back in range(TURNS)][::-1]
    book = RfmBook()
    book.absorb(daily_state(orders, as_of=days[0] - timedelta(days=1), one_row_per_order=True))
    book.summary(as_of=days[0])
    exports = [on_day(connection, shop, day) for day in days]
    times = [timed(lambda: _one_day(book, rows, day))[1] for rows, day in zip(exports, days, strict=True)]  # noqa: B023

    def rebuild() -> pa.Table:
        return summarise(orders, as_of=LAST_ON, one_row_per_order=True).to_pyarrow()

    name = f"Absorbing a day of {statistics.mean(map(len, exports)):,.0f} orders"
    yield Result(name, statistics.median(times), "a rebuild", seconds(rebuild), target=50)
    yield _agreement(book.summary(as_of=LAST_ON), rebuild())


def _one_day(book: RfmBook, rows: pa.Table, day: date) -> pa.Table:
    book.absorb(daily_state(in_contract(ibis.memtable(rows)), one_row_per_order=True))
    return book.summary(as_of=day)


def _agreement(kept: pa.Table, built: pa.Table) -> Agreement:
    """Count the customers whose rows differ."""
    one, other = (table.sort_by("customer").combine_chunks() for table in (kept, built))
    names = [name for name in one.column_names if name != "monetary_value_minor"]
    differences = {name: float(not one[name].equals(other[name])) for name in names}
    return Agreement("The book and the rebuild, columns", differences, most=0)
