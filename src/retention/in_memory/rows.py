"""The rows of all orders in arrays, sorted by customer and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from retention.in_memory.blocks import Column, by_blocks
from retention.in_memory.state import DayState, changes, day_number
from retention.rfm.days import Days, Int32s, Int64s, order_of
from retention.rfm.state import Grain, check_grain

# Some hundred bytes for each at the peak; beyond so many an engine lays out on disk what does not fit.
MOST_ROWS = 20_000_000
_DAYS_A_WEEK = 7
# 1970-01-01 was a Thursday.
_THURSDAY = 3


@dataclass(frozen=True, eq=False)
class Rows:
    """Orders and refunds as an engine gave them, with a number in the place of each customer.

    Parameters
    ----------
    customers : pyarrow.Array, shape (k,)
        The customers, ascending; a customer's number is the place here.
    customer, purchased_day, occurred_day : ndarray of int32, shape (n,)
        Whose each row is, and its days since 1970-01-01, as in an orders table.
    amount_minor : ndarray of int64, shape (n,)
        Purchases >= 0, each of them an order of its own; refunds < 0.
    """

    customers: pa.Array
    customer: Int32s
    purchased_day: Int32s
    occurred_day: Int32s
    amount_minor: Int64s

    def take(self, places: npt.NDArray[np.int64]) -> Rows:
        """Return the rows at some places."""
        return Rows(
            self.customers,
            np.take(self.customer, places),
            np.take(self.purchased_day, places),
            np.take(self.occurred_day, places),
            np.take(self.amount_minor, places),
        )

    def sorted(self, grain: Grain = "day", *, until: date | None = None) -> SortedOrders:
        """Sort the rows by customer and day, or by customer and week; without those that occurred after `until`."""
        check_grain(grain)
        day = self.purchased_day
        if grain == "week":
            day = (day - (day + _THURSDAY) % _DAYS_A_WEEK).astype(np.int32)
        last = None if until is None else day_number(until)

        def sorted_places(places: Int64s) -> Int64s:
            known = places if last is None else places[self.occurred_day[places] <= last]
            return known[order_of(self.customer[known], day[known])]

        def days(places: Int64s) -> Sequence[Column]:
            places = sorted_places(places)
            summed = _summed(self.customer[places], day[places], self.amount_minor[places])
            return [getattr(summed, column.name) for column in fields(Days)]

        def rows(places: Int64s) -> Sequence[Column]:
            places = sorted_places(places)
            return [column[places] for column in (self.customer, day, self.occurred_day, self.amount_minor)]

        made: Days | _Sorted
        if self.occurred_day is day or np.array_equal(self.occurred_day, day):
            made = Days(*by_blocks(self.customer, days, [np.int32, np.int32, np.int64, np.int64, np.int64]))
        else:
            made = _Sorted(*by_blocks(self.customer, rows, [np.int32, np.int32, np.int32, np.int64]))
        return SortedOrders(self.customers, grain, made)


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Rows by customer and day; `day` is that of the state (for weeks the Monday)."""

    customer: Int32s
    day: Int32s
    occurred_day: Int32s
    amount_minor: Int64s

    def take(self, places: npt.NDArray[np.int64]) -> _Sorted:
        return _Sorted(
            np.take(self.customer, places),
            np.take(self.day, places),
            np.take(self.occurred_day, places),
            np.take(self.amount_minor, places),
        )


@dataclass(frozen=True, eq=False)
class SortedOrders:
    """The rows sorted by customer and day, from which the state as of any day is taken.

    Parameters
    ----------
    customers : pyarrow.Array, shape (k,)
        The customers, ascending; a customer's number is the place here.
    grain : {"day", "week"}
        What one row of a state covers.
    rows : Days or sorted rows
        All rows, summed by customer and day already where none becomes known later than its day.
    """

    customers: pa.Array
    grain: Grain
    rows: Days | _Sorted

    def known_by(self, day: date) -> Int32s:
        """Return the customers of whom anything had occurred by the end of a day, as numbers, ascending."""
        rows = self.rows
        occurred = rows.day if isinstance(rows, Days) else rows.occurred_day
        known = np.zeros(len(self.customers), np.bool_)
        known[rows.customer[occurred <= day_number(day)]] = True
        return np.flatnonzero(known).astype(np.int32)

    def among(self, customers: Int32s) -> SortedOrders:
        """Return the rows of some customers, who keep their numbers."""
        chosen = np.zeros(len(self.customers), np.bool_)
        chosen[customers] = True
        return SortedOrders(self.customers, self.grain, self.rows.take(np.flatnonzero(chosen[self.rows.customer])))

    def state(self, as_of: date, *, after: date | None = None) -> DayState:
        """Return the state as `rfm.daily_state` gives it: without the rows that occurred after `as_of`.

        With `after`, only the days later than that.
        """
        rows = self.rows
        known = (rows.day if isinstance(rows, Days) else rows.occurred_day) <= day_number(as_of)
        if after is not None:
            known &= rows.day > day_number(after)
        if isinstance(rows, Days):
            return DayState(rows if known.all() else rows.take(known))
        return DayState(_summed(rows.customer[known], rows.day[known], rows.amount_minor[known]))


def read_rows(orders: Table) -> Rows:
    """Read an orders table, in which each purchase row is an order of its own, into memory.

    Parameters
    ----------
    orders : ibis Table
        Columns `customer`, `occurred_on`, `purchased_on`, `amount_minor`.

    Returns
    -------
    Rows
        One entry per row; it takes 20 bytes for each, and as much again while it is read.
    """
    distinct = orders.select("customer").distinct()
    numbered = distinct.mutate(number=ibis.row_number().over(order_by="customer").cast("int32"))
    with numbered.cache() as kept:
        customers = kept.order_by("number").select("customer").to_pyarrow()["customer"].combine_chunks()
        told = orders.select("customer", "purchased_on", "occurred_on", "amount_minor")
        table = told.join(kept, "customer").drop("customer").to_pyarrow()
    numbers, purchased, occurred = (
        np.asarray(table[name].cast(pa.int32()).to_numpy(), dtype=np.int32)
        for name in ("number", "purchased_on", "occurred_on")
    )
    return Rows(customers, numbers, purchased, occurred, np.asarray(table["amount_minor"].to_numpy(), dtype=np.int64))


def _summed(customer: Int32s, day: Int32s, amount_minor: Int64s) -> Days:
    """Sum sorted rows by customer and day."""
    starts = np.flatnonzero(changes(customer) | changes(day))
    if not len(starts):
        return Days(customer, day, *(np.zeros(0, np.int64) for _ in range(3)))
    whose, when = customer[starts], day[starts]
    net = amount_minor if len(starts) == len(customer) else np.add.reduceat(amount_minor, starts)
    if amount_minor.min() >= 0:  # Nothing came back, as of most customers: then a row is an order.
        return Days(whose, when, np.diff(starts, append=len(customer)), net, np.zeros(len(starts), np.int64))
    purchase = amount_minor >= 0
    gross = np.add.reduceat(np.where(purchase, amount_minor, 0), starts)
    orders = np.add.reduceat(purchase, starts, dtype=np.int64)
    return Days(whose, when, orders, gross, gross - net)
