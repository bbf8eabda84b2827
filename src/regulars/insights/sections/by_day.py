"""What customers bought by day, each customer under a small number: what sections that count days read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table

from regulars.insights.lake.parts import customers_of
from regulars.insights.lake.place import Snapshot
from regulars.insights.lake.reading import Bought
from retention import rfm
from retention.in_memory import DayState
from retention.rfm.days import Int32s

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


@dataclass(frozen=True, slots=True)
class ByDay:
    """A daily state of all that was bought, by the customers' numbers, and who they are.

    A customer's number is the place in `customers`, ids in ascending order; `in_lake` has the number of this id in the
    lake, and `leads_to` for each number in the lake that of the customer to whom it leads, or -1.
    """

    state: Table | DayState
    customers: pa.Array
    leads_to: Int32s
    in_lake: Int32s

    def anew(self) -> ByDay:
        """Return the same without what has been derived of the state, which is large."""
        return replace(self, state=DayState(self.state.days)) if isinstance(self.state, DayState) else self


@contextmanager
def bought_by_day(connection: Backend, snapshot: Snapshot, bought: Bought, *, as_of: date) -> Iterator[ByDay]:
    """Yield what was bought up to a day: in memory where the orders are, else stored in the engine for that time."""
    customers, leads_to, in_lake = customers_of(connection, snapshot)
    if bought.rows is not None:
        yield ByDay(bought.rows.sorted().state(as_of), customers, leads_to, in_lake)
        return
    numbers = ibis.memtable(pa.table({"customer": customers, "number": np.arange(len(customers), dtype=np.int32)}))
    numbered = bought.orders.join(numbers, "customer").drop("customer").rename(customer="number")
    with rfm.daily_state(numbered, as_of=as_of, one_row_per_order=True).cache() as state:
        yield ByDay(state, customers, leads_to, in_lake)
