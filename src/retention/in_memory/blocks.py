"""Work on the rows of some customers after those of others: what is needed on the way stays small, and two do it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from retention.rfm.days import Days, Folded, Int32s, Int64s, fold

# Some hundred thousand of ten million rows at a time: a few megabytes for each column.
_BLOCK_BITS = 5
_MOST_THREADS = 4
Column = npt.NDArray[Any]
Made = TypeVar("Made")


def by_blocks(
    customer: Int32s, made_of: Callable[[Int64s], Sequence[Column]], dtypes: Sequence[npt.DTypeLike]
) -> list[Column]:
    """Put together what is made of the rows of each customer, customers ascending.

    Parameters
    ----------
    customer : ndarray of int32, shape (n,)
        Whose each row is, as a number.
    made_of : callable
        Given the places of all rows of some customers, ascending, it returns columns with at most one entry for each
        row, by customer. It is called by several threads.
    dtypes : sequence of dtype
        Those of the columns.

    Returns
    -------
    list of ndarray
        The columns.
    """
    shift = max(0, int(customer.max(initial=0)).bit_length() - _BLOCK_BITS)
    block = (customer >> shift).astype(np.uint8)
    bounds = [0, *np.cumsum(np.bincount(block)).tolist()]
    # Where nothing is written, a column of zeros takes no memory.
    columns = [np.zeros(len(customer), dtype) for dtype in dtypes]

    def fill(number: int) -> int:
        made, start = made_of(np.flatnonzero(block == number)), bounds[number]
        for column, values in zip(columns, made, strict=True):
            if values.any():
                column[start : start + len(values)] = values
        return len(made[0])

    with _pool() as pool:
        lengths = list(pool.map(fill, range(len(bounds) - 1)))
    length = _close_up(columns, bounds[:-1], lengths)
    return [column[:length] for column in columns]


def by_customers(days: Days, work: Callable[[Days], Made]) -> list[Made]:
    """Do some work on merged days, those of some customers beside those of others; return what is made of each part."""
    parts = parts_of(days)
    if len(parts) == 1:
        return [work(days)]
    with _pool() as pool:
        return list(pool.map(work, parts))


def parts_of(days: Days) -> list[Days]:
    """Return merged days in some parts, each with all days of its customers; they are views, and not copied."""
    evenly = np.linspace(0, len(days), (1 << _BLOCK_BITS) + 1).astype(np.int64)[:-1]
    # All days of a customer stand together.
    starts = np.unique(np.searchsorted(days.customer, days.customer[evenly[evenly < len(days)]]))
    if len(starts) < 2:  # One customer, or none.
        return [days]
    return [
        Days(*(getattr(days, column.name)[start:end] for column in fields(Days)))
        for start, end in pairwise([*starts.tolist(), len(days)])
    ]


def fold_by_parts(days: Days) -> Folded:
    """Fold merged days as `rfm.days.fold` does, by two."""
    folded = by_customers(days, fold)
    return Folded(*(np.concatenate([getattr(part, column.name) for part in folded]) for column in fields(Folded)))


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(_MOST_THREADS, os.cpu_count() or 1))


def _close_up(columns: Sequence[Column], starts: Sequence[int], lengths: Sequence[int]) -> int:
    """Move what was filled from each start together; return how long that is."""
    at = 0
    for start, length in zip(starts, lengths, strict=True):
        if at < start:
            for column in columns:
                column[at : at + length] = column[start : start + length]
        at += length
    return at
