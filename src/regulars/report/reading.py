"""Read the orders once for all that the analysis asks of them: into memory, or where they are many by an engine.

Both give the same figures (`tests/test_in_memory.py`). In memory the orders are sorted once, where an engine folds
them anew for each day as of which they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ibis.expr.types import Table

from regulars.report.contracts import Options
from regulars.report.forecast import Orders
from regulars.report.history import State
from regulars.report.plan import Plan
from retention import rfm
from retention.in_memory import MOST_ROWS, Rows, read_rows


@dataclass(frozen=True, slots=True)
class Past:
    """The orders, and their state as of the cut: with the grain of a purchase, and by day."""

    orders: Orders
    state: State
    daily: State


@contextmanager
def read_past(orders: Table, rows: Rows | None, plan: Plan, options: Options, *, engine: str) -> Iterator[Past]:
    """Yield what the analysis reads, for the time of the work.

    `orders` has one row per order; `rows` are the same, where they have been read into memory.
    """
    if rows is None and engine == "duckdb" and orders.count().to_pyarrow().as_py() <= MOST_ROWS:
        rows = read_rows(orders)
    if rows is not None:
        past = _in_memory(rows, plan, options)
        # Sorted, they are not needed any more.
        del rows
        yield past
        return
    state = rfm.daily_state(orders, as_of=plan.cut, grain=options.grain, one_row_per_order=True)
    with state.cache() as kept:
        daily = kept if options.grain == "day" else rfm.daily_state(orders, as_of=plan.cut, one_row_per_order=True)
        yield Past(orders, kept, daily)


def _in_memory(rows: Rows, plan: Plan, options: Options) -> Past:
    held = rows.sorted(options.grain, until=plan.known_until)
    state = held.state(plan.cut)
    daily = state if options.grain == "day" else rows.sorted("day", until=plan.cut).state(plan.cut)
    return Past(held, state, daily)
