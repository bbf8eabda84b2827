"""Read orders of the lake into memory, all at once, or in parts of which one is read before the other is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from regulars.insights.lake.place import Snapshot
from retention.calendar import local_days
from retention.in_memory import Rows
from retention.rfm.days import Int32s, Int64s

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table

Array = TypeVar("Array", Int32s, Int64s)
_MICROSECONDS = 1_000_000
_NOBODY = -1
_ROWS_AT_ONCE = 262_144


@dataclass(frozen=True, eq=False)
class Part:
    """Some orders and returns, as `retention` reads them, with a number in the place of each customer.

    The number is the place of the id, under which an order was placed, among those of the file of `customers`. To whom
    the ids lead is known when all parts are there. `occurred_day` is None where nothing came back.
    """

    customers: Path
    customer: Int32s
    purchased_day: Int32s
    occurred_day: Int32s | None
    amount_minor: Int64s

    def occurred(self) -> Int32s:
        """Return the day of each row itself."""
        return self.purchased_day if self.occurred_day is None else self.occurred_day


def read_part(connection: Backend, orders: Table, customers: Path, zone: str) -> Part:
    """Read rows of the lake's orders whose worth and customer are known, with their days in a zone.

    They come some after others, so that they are in memory once. Days are found there, where that takes a sixth of the
    time that an engine takes.
    """
    used = orders.filter(orders.amount_minor.notnull() & orders.customer_id.notnull())
    told = used.select("customer_id", "placed_at", "returned_at", "amount_minor")
    size = int(used.count().to_pyarrow().as_py())
    customer, purchased_day, amount_minor = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
    came_back: list[tuple[Int64s, Int32s]] = []
    at = 0
    with _numbered(connection.read_parquet(str(customers)).select("customer_id")).cache() as numbered:
        for batch in told.join(numbered, "customer_id").to_pyarrow_batches(chunk_size=_ROWS_AT_ONCE):
            rows = slice(at, at + len(batch))
            customer[rows], amount_minor[rows] = batch["number"].to_numpy(), batch["amount_minor"].to_numpy()
            purchased_day[rows] = _days(batch["placed_at"], zone)
            if batch["returned_at"].null_count < len(batch):
                returned = np.flatnonzero(batch["returned_at"].is_valid().to_numpy(zero_copy_only=False))
                came_back.append((at + returned, _days(batch["returned_at"].take(pa.array(returned)), zone)))
            at = rows.stop
    occurred_day = None
    if came_back:
        occurred_day = purchased_day.copy()
        for places, days in came_back:
            occurred_day[places] = days
    return Part(
        customers=customers,
        customer=customer[:at],
        purchased_day=purchased_day[:at],
        occurred_day=None if occurred_day is None else occurred_day[:at],
        amount_minor=amount_minor[:at],
    )


def _numbered(ids: Table) -> Table:
    """Return distinct ids, the only column, with a number in their order."""
    import ibis

    return ids.mutate(number=ibis.row_number().over(order_by=ids.columns[0]).cast("int32"))


def _days(moments: pa.Array, zone: str) -> Int32s:
    seconds = moments.cast(pa.int64()).to_numpy() // _MICROSECONDS
    if not len(seconds):
        return np.zeros(0, np.int32)
    first, last = (datetime.fromtimestamp(int(end), UTC).year for end in (seconds.min(), seconds.max()))
    # At the turn of a year another one has begun in some zones.
    return local_days(seconds, zone, first_year=first - 1, last_year=last + 1)


def put_together(connection: Backend, parts: Sequence[Part], snapshot: Snapshot) -> Rows:
    """Return all parts as one, each row that of the customer that its id leads to."""
    import ibis

    customers, aliases = (connection.read_parquet(str(snapshot.file(name))) for name in ("customers", "aliases"))
    joined = customers.left_join(aliases, "customer_id").select("customer_id", "survivor_id")
    leads_to = joined.select("customer_id", survivor=ibis.coalesce(joined.survivor_id, joined.customer_id))
    with _numbered(leads_to.select("survivor").distinct()).cache() as survivors:
        ids = survivors.order_by("number").select("survivor").to_pyarrow()["survivor"].combine_chunks()
        number_of = leads_to.join(survivors, "survivor").select("customer_id", leads_to="number")
        found = [_led(connection, part, number_of) for part in parts]
    purchased_day = _joined([part.purchased_day for part in parts])
    nothing_came_back = all(part.occurred_day is None for part in parts)
    rows = Rows(
        customers=ids,
        customer=_joined(found),
        purchased_day=purchased_day,
        occurred_day=purchased_day if nothing_came_back else _joined([part.occurred() for part in parts]),
        amount_minor=_joined([part.amount_minor for part in parts]),
    )
    # Who is no customer any more has no orders; those of the part read before may be of before that.
    return rows if rows.customer.min(initial=0) > _NOBODY else rows.take(np.flatnonzero(rows.customer > _NOBODY))


def _joined(arrays: Sequence[Array]) -> Array:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _led(connection: Backend, part: Part, number_of: Table) -> Int32s:
    """Return the number of whom the id of each row leads to."""
    # The two may be of the same file, which Ibis would take for one table.
    known = _numbered(connection.read_parquet(str(part.customers)).select("customer_id")).view()
    told = known.left_join(number_of, "customer_id").select("number", "leads_to").to_pyarrow()
    numbers = np.empty(len(told), np.int32)
    numbers[told["number"].to_numpy()] = told["leads_to"].fill_null(_NOBODY).to_numpy()
    return np.take(numbers, part.customer)
