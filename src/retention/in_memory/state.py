"""The state as of a day, in arrays: one row per customer and day (or week), sorted by both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from retention.rfm.days import Days, Int32s, Int64s, firsts, is_purchase

EPOCH = date(1970, 1, 1)
Bools = npt.NDArray[np.bool_]


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to a day."""
    return (day - EPOCH).days


@dataclass(frozen=True, eq=False)
class Purchases:
    """The purchases of a state: by customer, then by day.

    Each field is an array of shape (n,): the customer's number, the day since 1970-01-01, the orders, and the amounts.
    """

    customer: Int32s
    day: Int32s
    orders: Int64s
    gross_minor: Int64s
    refunded_minor: Int64s

    def __len__(self) -> int:
        return len(self.customer)

    @cached_property
    def net_minor(self) -> Int64s:
        """What is left of each."""
        return _net(self.gross_minor, self.refunded_minor)

    @cached_property
    def starts(self) -> Int64s:
        """Where each customer's purchases begin."""
        return firsts(self.customer)

    @property
    def buyers(self) -> Int32s:
        """The numbers of the customers, ascending."""
        return np.take(self.customer, self.starts)

    @cached_property
    def counts(self) -> Int64s:
        """How many purchases each customer has made."""
        return np.diff(self.starts, append=len(self))

    @property
    def first_day(self) -> Int32s:
        """The day of each customer's first purchase."""
        return np.take(self.day, self.starts)

    @property
    def last_day(self) -> Int32s:
        """The day of each customer's last purchase."""
        return np.take(self.day, self.starts + self.counts - 1)

    def sums(self, values: Int64s) -> Int64s:
        """Add values of the purchases up by customer."""
        return sums_between(values, self.starts)

    def count(self, which: Bools) -> Int64s:
        """Count the purchases that are meant, by customer."""
        return sums_between(which, self.starts)


@dataclass(frozen=True, eq=False)
class DayState:
    """A state as `rfm.daily_state` makes it, with the customers as numbers.

    Parameters
    ----------
    days : Days
        One row per customer and day (or week, under its Monday), sorted by both.
    """

    days: Days

    @cached_property
    def bought(self) -> Bools:
        """Which rows are purchases, by the rule of `retention.purchases.is_purchase`."""
        return is_purchase(self.days)

    @cached_property
    def net_minor(self) -> Int64s:
        """Gross less refunds of each row."""
        return _net(self.days.gross_minor, self.days.refunded_minor)

    @cached_property
    def starts(self) -> Int64s:
        """Where each customer's rows begin."""
        return firsts(self.days.customer)

    @cached_property
    def purchases(self) -> Purchases:
        """The purchases alone."""
        kept = self.days if self.bought.all() else self.days.take(self.bought)
        return Purchases(kept.customer, kept.day, kept.orders, kept.gross_minor, kept.refunded_minor)

    def within(self, *, after: date | None = None, until: date | None = None) -> DayState:
        """Return the rows whose day lies in (after, until]; a bound that is None does not bind."""
        day = self.days.day
        inside = np.ones(len(day), np.bool_)
        if after is not None:
            inside &= day > day_number(after)
        if until is not None:
            inside &= day <= day_number(until)
        return self if inside.all() else DayState(self.days.take(inside))


def _net(gross_minor: Int64s, refunded_minor: Int64s) -> Int64s:
    """Take refunds off; where there are none, without another array."""
    return gross_minor - refunded_minor if refunded_minor.any() else gross_minor


def sums_between(values: Int64s | Bools, starts: Int64s) -> Int64s:
    """Add values up from each start to the next; every stretch has at least one."""
    if not len(starts):
        return np.zeros(0, np.int64)
    # Sums of whole numbers are exact, so that differences of running sums are too; that is quicker than `reduceat`.
    running = np.cumsum(values, dtype=np.int64)
    ends = running[np.append(starts[1:], len(values)) - 1]
    return np.asarray(np.diff(ends, prepend=0), dtype=np.int64)


def changes(values: Int32s | Int64s) -> Bools:
    """Tell which values are others than the one before; the first is."""
    other = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=other[1:])
    return other
