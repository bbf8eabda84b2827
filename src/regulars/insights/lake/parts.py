"""Read orders of the lake into memory, all at once, or in parts of which one is read before the other is written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from regulars.insights.lake.place import Snapshot, held
from regulars.insights.lake.workspace import workspace
from regulars.report.reading import MOST_IN_MEMORY
from retention.calendar import local_days
from retention.in_memory import Rows
from retention.rfm.days import Int32s, Int64s

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.expr.types import Table

_MICROSECONDS = 1_000_000
_NOBODY = -1


@dataclass(frozen=True, eq=False)
class Part:
    """Some orders and returns, as `retention` reads them, with a number in the place of each customer.

    `customers` are the ids under which orders were placed, ascending; a customer's number is the place there. They are
    not followed to whom they lead to: that is known when all parts are there.
    """

    customers: pa.Array
    customer: Int32s
    purchased_day: Int32s
    occurred_day: Int32s
    amount_minor: Int64s


def read_part(orders: Table, customers: Table, zone: str) -> Part:
    """Read rows of the lake's orders whose worth and customer are known, with their days in a zone.

    Days are found in memory, where that takes a sixth of the time that an engine takes.
    """
    import ibis

    used = orders.filter(orders.amount_minor.notnull() & orders.customer_id.notnull())
    told = used.select("customer_id", "placed_at", "returned_at", "amount_minor")
    ids = customers.select("customer_id")
    with ids.mutate(number=ibis.row_number().over(order_by="customer_id").cast("int32")).cache() as numbered:
        known = numbered.order_by("number").select("customer_id").to_pyarrow()["customer_id"].combine_chunks()
        table = told.join(numbered, "customer_id").drop("customer_id").to_pyarrow()
    purchased_day = _days(table["placed_at"], zone)
    returned = np.flatnonzero(table["returned_at"].is_valid().to_numpy())
    occurred_day = purchased_day.copy()
    occurred_day[returned] = _days(table["returned_at"].take(returned), zone)
    return Part(known, table["number"].to_numpy(), purchased_day, occurred_day, table["amount_minor"].to_numpy())


def _days(moments: pa.ChunkedArray, zone: str) -> Int32s:
    seconds = moments.cast("int64").to_numpy() // _MICROSECONDS
    if not len(seconds):
        return np.zeros(0, np.int32)
    first, last = (datetime.fromtimestamp(int(end), UTC).year for end in (seconds.min(), seconds.max()))
    # At the turn of a year another one has begun in some zones.
    return local_days(seconds, zone, first_year=first - 1, last_year=last + 1)


def put_together(parts: Sequence[Part], customers: Table, aliases: Table) -> Rows:
    """Return all parts as one, each row that of the customer that its id leads to."""
    import ibis
    import pyarrow.compute as pc

    joined = customers.left_join(aliases, "customer_id")
    leads_to = joined.select("customer_id", survivor=ibis.coalesce(joined.survivor_id, joined.customer_id)).to_pyarrow()
    by_id, survivor = (leads_to[name].combine_chunks() for name in ("customer_id", "survivor"))
    survivors = survivor.unique()
    survivors = survivors.take(pc.sort_indices(survivors))
    number_of = pc.index_in(survivor, value_set=survivors)
    found = []
    for part in parts:
        place = pc.index_in(part.customers, value_set=by_id)
        numbers = pc.fill_null(number_of.take(place), _NOBODY).to_numpy()
        found.append(np.take(numbers, part.customer))
    columns = ("purchased_day", "occurred_day", "amount_minor")
    arrays = [found, *([getattr(part, name) for part in parts] for name in columns)]
    customer, *others = (each[0] if len(each) == 1 else np.concatenate(each) for each in arrays)
    rows = Rows(survivors, customer, *others)
    # Who is no customer any more has no orders; those of the part read before may be of before that.
    return rows if customer.min(initial=0) > _NOBODY else rows.take(np.flatnonzero(customer > _NOBODY))


class ReadAhead:
    """Reads the orders of the months that stay as they are, while the others are written to the next snapshot."""

    def __init__(self, folder: Path, zone: str) -> None:
        self._folder, self._zone = folder, zone
        self._names: frozenset[str] = frozenset()
        self._begun: Future[Part] | None = None

    def begin(self, before: Snapshot, files: Sequence[Path]) -> None:
        """Begin to read some files of the snapshot before, unless they are too much for memory."""
        import pyarrow.parquet as pq

        if files and sum(pq.read_metadata(file).num_rows for file in files) <= MOST_IN_MEMORY:
            self._names = frozenset(file.name for file in files)
            with_one = ThreadPoolExecutor(max_workers=1)
            self._begun = with_one.submit(self._read, before, files)
            with_one.shutdown(wait=False)

    def _read(self, before: Snapshot, files: Sequence[Path]) -> Part:
        with held(before), workspace(self._folder, "ahead") as connection:
            orders = connection.read_parquet([str(file) for file in files])
            return read_part(orders, connection.read_parquet(str(before.file("customers"))), self._zone)

    def take(self, snapshot: Snapshot) -> tuple[list[Part], list[Path]]:
        """Return what has been read of the next snapshot, once it has, and which of its files are left to be read."""
        parts = [] if self._begun is None else [self._begun.result()]
        # It is held by who asked for it alone.
        self._begun = None
        return parts, [file for file in snapshot.files("orders") if file.name not in self._names]
