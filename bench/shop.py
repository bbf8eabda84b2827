"""The shop that all measures share: its file, its orders in the library's contract, and its customers' rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from bench.orders import DAYS, FIRST_ON, orders_file
from retention.rfm import summarise

LAST_ON = FIRST_ON + timedelta(days=DAYS - 1)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shop:
    """So many customers with so many orders, made on first use."""

    customers: int
    orders: int

    @cached_property
    def path(self) -> Path:
        return orders_file(self.customers, self.orders)

    @cached_property
    def rows(self) -> pa.Table:
        """Every customer's row, in weeks; money in the unit of the file."""
        table = summarise(self.table(connect()), as_of=LAST_ON, unit="week", one_row_per_order=True)
        return table.order_by("customer").to_pyarrow()

    def table(self, connection: Backend) -> Table:
        """Return the file as an orders table; nothing is read before it is needed."""
        return in_contract(connection.read_parquet(self.path))

    def column(self, name: str) -> Floats:
        """Return a column of the customers' rows, 0 for null."""
        return np.asarray(np.nan_to_num(self.rows[name].to_numpy()), dtype=np.float64)


def connect() -> Backend:
    """Open DuckDB in memory with its own settings, the same for both sides of a measure."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def in_contract(rows: Table) -> Table:
    """Give rows of the file the names and types of an orders table."""
    return rows.select(
        customer=rows.customer,
        order=rows["order"],
        occurred_on=rows.date,
        purchased_on=rows.date,
        amount_minor=(rows.amount * 100).round().cast("int64"),
    )


def on_day(connection: Backend, shop: Shop, day: date) -> pa.Table:
    """Return the rows of one day, as that day's export would hold them."""
    rows = connection.read_parquet(shop.path)
    return rows.filter(rows.date == day).to_pyarrow()
