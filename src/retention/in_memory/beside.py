"""Do some work beside other work, where the orders allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from ibis.expr.types import Table

from retention.in_memory.rows import SortedOrders
from retention.reasons import RetentionError

R = TypeVar("R")


@contextmanager
def beside(orders: Table | SortedOrders, work: Callable[[], R]) -> Iterator[Callable[[], R]]:
    """Do some work on orders beside what the caller does; what is yielded waits for what it gives.

    Only in memory: an engine's connection answers one thread, so that there it is done first.
    """
    if not isinstance(orders, SortedOrders):
        found = work()
        yield lambda: found
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        begun = pool.submit(work)
        try:
            yield begun.result
        except RetentionError:
            # Where both fail, it is said why this one did, as if it had come first.
            begun.result()
            raise
