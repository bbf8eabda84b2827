"""The course of a customer base: any measure of any window, from two small tables that one reading of a state gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table
from numpy.typing import NDArray

from retention.estimates import Interval, wilson
from retention.in_memory import DayState, measures
from retention.integers import as_int64
from retention.purchases import purchases, with_worth

_NEVER = np.iinfo(np.int64).max
_EPOCH = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Course:
    """How a customer base went, day by day. A window is the `days` days that end with `until`, both in the zone.

    Parameters
    ----------
    first_on, last_on : date or None
        The days of the first and the last purchase; None where there is none.
    bought, following, purchases : ndarray of int64, shape (m,)
        How many purchases (`purchases`) were made on a day (`bought`) by customers whose next purchase came on a day
        (`following`; the largest integer where none came). Days count from 1970-01-01.
    is_first : ndarray of bool, shape (m,)
        Whether these were their customers' first.
    worth_minor : ndarray of int64, shape (m,)
        What these purchases were worth, gross less refunds, in minor units.
    day, joined : ndarray of int64, shape (n,)
        A day, and that of the first purchase of those whom the sums are of (the largest integer where none is known).
    orders, gross_minor, refunded_minor : ndarray of int64, shape (n,)
        The sums, amounts in minor units, refunds on the day of the purchase that they undo and >= 0.

    Notes
    -----
    A customer's last purchase up to a day e is the one whose next comes after e. So those who bought in a window are
    as many as purchases within it whose next comes after its end, and those who bought in each of two adjoining
    windows are those of the one and of the other less those of both together. All is exact: `test_course` holds it to
    `retention_rate`, `totals` and `repeat_purchase_rate`.
    """

    first_on: date | None
    last_on: date | None
    bought: Days
    following: Days
    purchases: Days
    is_first: NDArray[np.bool_]
    worth_minor: Days
    day: Days
    joined: Days
    orders: Days
    gross_minor: Days
    refunded_minor: Days

    def active(self, until: date, days: int) -> int:
        """Return how many customers made a purchase in a window."""
        end = _number(until)
        return self._sum((self.bought > end - days) & (self.bought <= end) & (self.following > end))

    def new(self, until: date, days: int) -> int:
        """Return how many customers made their first purchase in a window."""
        end = _number(until)
        return self._sum(self.is_first & (self.bought > end - days) & (self.bought <= end))

    def count_purchases(self, until: date, days: int) -> int:
        """Return how many purchases were made in a window."""
        end = _number(until)
        return self._sum((self.bought > end - days) & (self.bought <= end))

    def average_purchase_value(self, until: date, days: int) -> float | None:
        """Return what the purchases of a window were worth on average, in minor units; None where there were none."""
        end = _number(until)
        here = (self.bought > end - days) & (self.bought <= end)
        purchases_made = self._sum(here)
        return int(self.worth_minor[here].sum()) / purchases_made if purchases_made else None

    def retention_rate(self, until: date, days: int, level: float = 0.95) -> Interval:
        """Return the share of the customers of the window before who made a purchase in this one too, by Wilson."""
        before = self.active(date.fromordinal(until.toordinal() - days), days)
        both = before + self.active(until, days) - self.active(until, 2 * days)
        return wilson(both, before, level)

    def repeat_purchase_rate(self, until: date, level: float = 0.95) -> Interval:
        """Return the share of all customers up to a day with a second purchase by then, by Wilson."""
        end = _number(until)
        first = self.is_first & (self.bought <= end)
        return wilson(self._sum(first & (self.following <= end)), self._sum(first), level)

    def revenue_minor(self, until: date, days: int) -> int:
        """Return gross less refunds of a window, in minor units."""
        here = self._within(until, days)
        return int(self.gross_minor[here].sum() - self.refunded_minor[here].sum())

    def revenue_of_earlier_minor(self, until: date, days: int) -> int:
        """Return gross less refunds of a window, of customers whose first purchase came before it, in minor units."""
        here = self._within(until, days) & (self.joined <= _number(until) - days)
        return int(self.gross_minor[here].sum() - self.refunded_minor[here].sum())

    def refunded_share(self, until: date, days: int) -> float | None:
        """Return which share of a window's gross was refunded; None where there was no gross."""
        here = self._within(until, days)
        gross = int(self.gross_minor[here].sum())
        return int(self.refunded_minor[here].sum()) / gross if gross > 0 else None

    def count_orders(self, until: date, days: int) -> int:
        """Return how many orders came in a window."""
        return int(self.orders[self._within(until, days)].sum())

    def _within(self, until: date, days: int) -> NDArray[np.bool_]:
        end = _number(until)
        return (self.day > end - days) & (self.day <= end)

    def _sum(self, chosen: NDArray[np.bool_]) -> int:
        return int(self.purchases[chosen].sum())


def course(state: Table | DayState) -> Course:
    """Read the course of a customer base off its state.

    Parameters
    ----------
    state : Table or DayState
        A daily state; days in the business's zone. It is read once, whatever is asked of the result.

    Returns
    -------
    Course
        Of as many entries as there are pairs of days, far fewer than purchases.

    Raises
    ------
    InvalidInput
        A column of the state is missing.

    Examples
    --------
    Two customers of May, of whom one bought again in June.

    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b", "b"], "day": [date(2024, 5, 9), date(2024, 5, 20), date(2024, 6, 9)]}
    >>> state = ibis.memtable(days | {"orders": [1, 1, 1], "gross_minor": [900] * 3, "refunded_minor": [0] * 3})
    >>> went = course(state)
    >>> went.active(date(2024, 6, 30), 30), went.retention_rate(date(2024, 6, 30), 30).value
    (1, 0.5)
    """
    if isinstance(state, DayState):
        return _course(*measures.course(state))
    made = purchases(state)
    in_order = ibis.window(group_by="customer", order_by="day")
    stays = made.mutate(following=made.day.lead().over(in_order), is_first=made.day.lag().over(in_order).isnull())
    stays = stays.group_by("day", "following", "is_first").aggregate(
        purchases=stays.count().cast("int64"), worth_minor=as_int64(stays.net_minor.sum())
    )
    joined = made.group_by("customer").aggregate(joined=made.day.min())
    worth = with_worth(state).left_join(joined, "customer")
    sums = worth.group_by("day", "joined").aggregate(
        orders=as_int64(worth.orders.sum()),
        gross_minor=as_int64(worth.gross_minor.sum()),
        refunded_minor=as_int64(worth.refunded_minor.sum()),
    )
    return _course(stays.to_pyarrow(), sums.to_pyarrow())


def _course(stays: pa.Table, sums: pa.Table) -> Course:
    bought = _numbers(stays["day"])
    return Course(
        first_on=_day(int(bought.min())) if len(bought) else None,
        last_on=_day(int(bought.max())) if len(bought) else None,
        bought=bought,
        following=_numbers(stays["following"]),
        purchases=stays["purchases"].to_numpy(),
        is_first=stays["is_first"].to_numpy(),
        worth_minor=stays["worth_minor"].to_numpy(),
        day=_numbers(sums["day"]),
        joined=_numbers(sums["joined"]),
        orders=sums["orders"].to_numpy(),
        gross_minor=sums["gross_minor"].to_numpy(),
        refunded_minor=sums["refunded_minor"].to_numpy(),
    )


def _numbers(days: pa.ChunkedArray) -> Days:
    """Return days as numbers, the largest where there is none."""
    return np.asarray(days.cast(pa.int32()).cast(pa.int64()).fill_null(_NEVER).to_numpy(), dtype=np.int64)


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _day(number: int) -> date:
    return date.fromordinal(number + _EPOCH)
