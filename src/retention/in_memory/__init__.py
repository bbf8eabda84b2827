"""Orders in memory: what an engine folds again for each question, sorted once and then only cut and summed.

An engine groups all orders by customer and day for each day as of which they are asked for, and a report asks for a
dozen of them. `SortedOrders` holds the orders' numbers in arrays, sorted by customer and day; its `state` as of a day
is a selection, and what a metric reads of it are sums over neighbours. `metrics`, `cohorts`, `survival`, `backtest` and
`risk` take these in the place of a table, and give the same figures; the report's `test_in_memory.py` holds the two to
each other. A table is for what does not fit into memory.
"""

from retention.in_memory.beside import beside
from retention.in_memory.rows import MOST_ROWS, Rows, SortedOrders, read_rows
from retention.in_memory.state import DayState

__all__ = ["MOST_ROWS", "DayState", "Rows", "SortedOrders", "beside", "read_rows"]
