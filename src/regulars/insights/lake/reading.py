"""Read the lake as the table of orders that `retention` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from regulars.insights.lake.ahead import ReadAhead
from regulars.insights.lake.parts import Part, put_together, read_part
from regulars.insights.lake.place import Snapshot, held
from regulars.insights.reports.contracts import NarrowedBy, Narrowing
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from retention.in_memory import MOST_ROWS, Rows, read_rows
from retention.in_memory.state import EPOCH, day_number

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.duckdb import Backend
    from ibis.expr.types import Table


class NoOrders(DomainError):
    """The lake holds no order of a customer with a known worth."""

    code = "no_orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What customers bought by a snapshot.

    `orders` has a row for each order and each thing that came back, as `retention` reads them; its `customer` is the
    id that all of a customer's ids lead to. `rows` are the same in memory, or None where they are too many for that,
    and `row_count` says how many. `without_rate` and `without_customer` count orders that are left out.
    """

    orders: Table
    rows: Rows | None
    row_count: int
    first_on: date
    last_on: date
    without_rate: int
    without_customer: int


@contextmanager
def read_orders(
    connection: Backend,
    snapshot: Snapshot,
    *,
    zone: str,
    narrowing: Narrowing | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[Bought]:
    """Yield what customers bought, with its days in a zone: in memory, or where it is much, stored for that time.

    With a `narrowing` only some of the orders are read, as if there were no others. Without one, what was read `ahead`
    need not be read again.

    Raises
    ------
    NoOrders
        There is nothing to be analysed.
    """
    if not snapshot.files("orders"):
        raise _no_orders()
    asked = _narrowed(connection, snapshot, narrowing)
    aliases = connection.read_parquet(str(snapshot.file("aliases")))
    with held(snapshot):
        if asked.count().to_pyarrow().as_py() <= MOST_ROWS:
            parts, left = ([], asked) if ahead is None else _read_before(ahead, snapshot, connection)
            if left is not None:
                parts.append(read_part(left, zone))
            rows = put_together(connection, parts, snapshot)
            if not len(rows.customer):
                raise _no_orders()
            bought = [_in_memory(rows, parts, _in_contract(asked, aliases, zone, _years(rows)))]
            del parts, rows
            # Nothing here holds the rows, so that they are gone when who asked for them has done with them.
            yield bought.pop()
        else:
            counts = _counts(asked)
            if not counts["used"]:
                raise _no_orders()
            with _in_contract(asked, aliases, zone, (counts["first_year"], counts["last_year"])).cache() as orders:
                yield _stored(orders, counts)


def _read_before(ahead: ReadAhead, snapshot: Snapshot, connection: Backend) -> tuple[list[Part], Table | None]:
    """Return what was read ahead of a snapshot, and the orders that are left to be read."""
    parts, files = ahead.take(snapshot)
    return parts, connection.read_parquet([str(file) for file in files]) if files else None


def _in_memory(rows: Rows, parts: Sequence[Part], orders: Table) -> Bought:
    return Bought(
        orders=orders,
        rows=rows,
        row_count=len(rows.customer),
        first_on=_date(rows.occurred_day.min()),
        last_on=_date(rows.occurred_day.max()),
        without_rate=sum(part.without_rate for part in parts),
        without_customer=sum(part.without_customer for part in parts),
    )


def _years(rows: Rows) -> tuple[int, int]:
    # What comes back does so later than it was bought.
    return _date(rows.purchased_day.min()).year, _date(rows.occurred_day.max()).year


def _date(day: np.int32) -> date:
    return EPOCH + timedelta(days=int(day))


def _stored(orders: Table, counts: Mapping[str, Any]) -> Bought:
    told = orders.aggregate(first_on=orders.occurred_on.min(), last_on=orders.occurred_on.max())
    [days] = told.to_pyarrow().to_pylist()
    return Bought(
        orders=orders,
        rows=None,
        row_count=counts["used"],
        first_on=days["first_on"],
        last_on=days["last_on"],
        without_rate=counts["without_rate"],
        without_customer=counts["without_customer"],
    )


@contextmanager
def stored(bought: Bought) -> Iterator[Bought]:
    """Yield the same, stored in the engine instead of in memory, for who asks it often."""
    if bought.rows is None:
        yield bought
        return
    with bought.orders.cache() as orders:
        kept = replace(bought, orders=orders, rows=None)
        del bought
        yield kept


def rows_of_moved(bought: Bought, after: date) -> Rows | None:
    """Return all rows of the customers with an order or return after a day; None where there is none."""
    if bought.rows is None:
        orders = bought.orders
        rows = read_rows(orders.semi_join(orders.filter(orders.occurred_on > after), "customer"))
        return rows if len(rows.customer) else None
    rows = bought.rows
    moved = np.zeros(len(rows.customers), np.bool_)
    moved[rows.customer[rows.occurred_day > day_number(after)]] = True
    places = np.flatnonzero(moved[rows.customer])
    if not len(places):
        return None
    return rows.take(places)


def count_days(bought: Bought, until: date) -> pa.Table:
    """Return for each day up to one, on which anything happened: `day`, `orders`, `gross_minor`, `refunded_minor`."""
    from retention.integers import as_int64

    known = bought.orders.filter(bought.orders.occurred_on <= until)
    is_order = known.amount_minor >= 0
    days = known.group_by(day=known.occurred_on).aggregate(
        orders=is_order.sum().cast("int64"),
        gross_minor=as_int64(is_order.ifelse(known.amount_minor, 0).sum()),
        refunded_minor=as_int64(is_order.ifelse(0, -known.amount_minor).sum()),
    )
    return days.order_by("day").to_pyarrow()


def _narrowed(connection: Backend, snapshot: Snapshot, narrowing: Narrowing | None) -> Table:
    """Return the rows of the lake's orders that are asked for."""
    import ibis

    orders = connection.read_parquet(str(snapshot.folder / "orders" / "*.parquet"))
    if narrowing is None:
        return orders
    if narrowing.by is not NarrowedBy.COUNTRY:
        return orders.filter(orders[narrowing.by.value] == narrowing.value)
    customers = connection.read_parquet(str(snapshot.file("customers")))
    aliases = connection.read_parquet(str(snapshot.file("aliases")))
    there = customers.filter(customers.country == narrowing.value).select(buyer_id=customers.customer_id)
    joined = orders.left_join(aliases, "customer_id")
    # An order is its buyer's under whatever id; the country is that of the profile that all ids lead to.
    known = joined.mutate(buyer_id=ibis.coalesce(joined.survivor_id, joined.customer_id))
    return known.semi_join(there, "buyer_id").select(*orders.columns)


def _no_orders() -> NoOrders:
    return NoOrders(gettext("No customer has bought anything yet whose worth is known."))


def _counts(orders: Table) -> dict[str, Any]:
    known, whose = orders.amount_minor.notnull(), orders.customer_id.notnull()
    is_order = orders.returned_at.isnull()
    latest = orders.returned_at.max()
    counted = orders.aggregate(
        used=(known & whose).sum().cast("int64"),
        without_rate=(~known).sum().cast("int64"),
        without_customer=(~whose & is_order).sum().cast("int64"),
        first_year=orders.placed_at.min().year(),
        last_year=orders.placed_at.max().year().cast("int64"),
        last_returned=latest.year().cast("int64"),
    )
    [row] = counted.to_pyarrow().to_pylist()
    row["last_year"] = max(row["last_year"] or 0, row.pop("last_returned") or 0)
    return dict(row)


def _in_contract(orders: Table, aliases: Table, zone: str, years: tuple[int, int]) -> Table:
    """Return orders as `retention` reads them; in a zone they may be of the year before the first or after the last."""
    import ibis

    from retention.calendar import local_day

    used = orders.filter(orders.amount_minor.notnull() & orders.customer_id.notnull())
    joined = used.left_join(aliases, "customer_id")
    covered = {"first_year": years[0] - 1, "last_year": years[1] + 1}
    # Days in a zone are dear, and few orders come back.
    purchased_on = local_day(joined.placed_at, zone, **covered)
    returned_on = local_day(joined.returned_at, zone, **covered)
    return joined.select(
        customer=ibis.coalesce(joined.survivor_id, joined.customer_id),
        order=joined.order_id,
        occurred_on=joined.returned_at.isnull().ifelse(purchased_on, returned_on),
        purchased_on=purchased_on,
        amount_minor=joined.amount_minor,
    )
