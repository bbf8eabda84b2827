"""Customer-days in arrays: the store that a book appends to, and the fold of some customers' days into their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# Beyond this share of the sorted days, the appended ones are sorted in among them.
_LARGEST_TAIL = 1 / 16
_SMALLEST_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class Days:
    """Rows of a state: the customer's number, the day since 1970-01-01, and what `daily_state` sums."""

    customer: Int32s
    day: Int32s
    orders: Int64s
    gross_minor: Int64s
    refunded_minor: Int64s

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Days:
        """Return the rows at `index`, or where it is true."""
        # Places are taken three times faster than what is true is looked up in each column.
        places = np.flatnonzero(index) if index.dtype == np.bool_ else index
        return Days(*(np.take(getattr(self, column.name), places) for column in fields(self)))

    @staticmethod
    def concat(parts: Sequence[Days]) -> Days:
        """Return the rows of all parts."""
        return Days(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Days)))

    def merged(self) -> Days:
        """Return the rows sorted by customer and day, those of one customer and day summed."""
        rows = self.take(order_of(self.customer, self.day))
        first = firsts((rows.customer.astype(np.int64) << 32) + rows.day)
        if len(first) == len(rows):
            return rows
        sums = (np.add.reduceat(values, first) for values in (rows.orders, rows.gross_minor, rows.refunded_minor))
        return Days(rows.customer[first], rows.day[first], *sums)


@dataclass(frozen=True, slots=True)
class Folded:
    """What the days of each customer add up to; `purchases` 0 means that the days and the first amount mean nothing."""

    customer: Int32s
    first_day: Int32s
    last_day: Int32s
    seen_day: Int32s
    purchases: Int64s
    first_minor: Int64s
    bought_minor: Int64s
    orders: Int64s
    revenue_minor: Int64s
    refunded_minor: Int64s


def is_purchase(days: Days) -> npt.NDArray[np.bool_]:
    """Tell which rows are purchases, by the rule of `retention.purchases.is_purchase`."""
    undone = (days.refunded_minor > 0) & (days.gross_minor <= days.refunded_minor)
    return (days.orders > 0) & ~undone


def fold(days: Days) -> Folded:
    """Fold merged days, all of each customer's, into one row per customer."""
    first = firsts(days.customer)
    bought = is_purchase(days)
    net = days.gross_minor - days.refunded_minor
    extremes = np.iinfo(np.int32)
    position = np.where(bought, np.arange(len(days)), len(days))
    # The one more amount stands for the first purchase of those who have none.
    first_minor = np.append(net, 0)[np.minimum.reduceat(position, first)]
    return Folded(
        customer=days.customer[first],
        first_day=np.minimum.reduceat(np.where(bought, days.day, extremes.max), first).astype(np.int32),
        last_day=np.maximum.reduceat(np.where(bought, days.day, extremes.min), first).astype(np.int32),
        seen_day=np.maximum.reduceat(days.day, first),
        purchases=np.add.reduceat(bought.astype(np.int64), first),
        first_minor=first_minor,
        bought_minor=np.add.reduceat(np.where(bought, net, 0), first),
        orders=np.add.reduceat(days.orders, first),
        revenue_minor=np.add.reduceat(net, first),
        refunded_minor=np.add.reduceat(days.refunded_minor, first),
    )


class DayStore:
    """All customer-days: a sorted part, in which a customer's days stand together, and a tail of appended ones."""

    def __init__(self) -> None:
        none = np.zeros(0, np.int64)
        self._sorted = Days(none.astype(np.int32), none.astype(np.int32), none, none, none)
        self._starts = np.zeros(1, np.int64)
        self._tail: list[Days] = []

    def append(self, days: Days) -> None:
        """Add days; once the tail is long, sort it in."""
        self._tail.append(days)
        if sum(map(len, self._tail)) > max(_SMALLEST_TAIL, _LARGEST_TAIL * len(self._sorted)):
            self._sort_in()

    def all(self) -> Days:
        """Return every customer's days, merged."""
        if self._tail:
            self._sort_in()
        return self._sorted

    def of(self, customers: Int32s) -> Days:
        """Return the merged days of some customers, given by ascending unique numbers."""
        known = customers[customers < len(self._starts) - 1]
        starts = self._starts[known]
        counts = self._starts[known + 1] - starts
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        index = np.arange(total) + np.repeat(starts - (ends - counts), counts)
        parts = [self._sorted.take(index)]
        if self._tail:
            wanted = np.zeros(max(int(part.customer.max(initial=0)) for part in self._tail) + 1, np.bool_)
            wanted[customers[customers < len(wanted)]] = True
            parts += [part.take(wanted[part.customer]) for part in self._tail]
        return Days.concat(parts).merged()

    def _sort_in(self) -> None:
        self._sorted = Days.concat([self._sorted, *self._tail]).merged()
        self._tail = []
        size = int(self._sorted.customer[-1]) + 1 if len(self._sorted) else 0
        self._starts = np.searchsorted(self._sorted.customer, np.arange(size + 1)).astype(np.int64)


def firsts(keys: Int32s | Int64s) -> Int64s:
    """Return where each run of equal keys begins."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.append(True, keys[1:] != keys[:-1])).astype(np.int64)


def order_of(customer: Int32s, day: Int32s) -> Int64s:
    """Return the places of rows in the order of customer and day; those of one customer and day as they came."""
    if not len(customer):
        return np.zeros(0, np.int64)
    first_day = int(day.min())
    day_bits = (int(day.max()) - first_day).bit_length()
    place_bits = len(customer).bit_length()
    key = customer.astype(np.int64) << day_bits
    key |= day - first_day
    if int(customer.max()).bit_length() + day_bits + place_bits > 62:
        return np.argsort(key, kind="stable")
    # Sorting whole numbers is ten times faster than sorting their places, so that the place is a part of the number.
    key <<= place_bits
    key |= np.arange(len(customer))
    key.sort()
    key &= (1 << place_bits) - 1
    return key
