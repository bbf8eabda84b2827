"""Cohorts by period within groups of customers, for many ways to group them at once.

What a customer did in a period is folded once; each way to group them then adds it up under the numbers of its groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from retention.calendar import Period, period_of, periods, shift, start_of
from retention.in_memory import DayState, measures
from retention.in_memory.blocks import parts_of
from retention.in_memory.state import EPOCH
from retention.integers import as_int64
from retention.purchases import purchases, with_worth
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark
from retention.rfm.days import Int64s

LEFT_OUT = -1
"""The group of customers who are in none."""

_NEVER = np.iinfo(np.int64).max
_ROWS_AT_ONCE = 1_000_000

Groups = npt.NDArray[np.int8]
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitCohorts:
    """Cohorts by period within each group of customers, by periods since the first purchase.

    Parameters
    ----------
    cohorts : tuple of date
        The first day of each cohort's period, without gaps, to the period of the last day that is known. They are those
        of all customers, whatever their groups.
    customers, revenue_minor : ndarray of int64, shape (groups, cohorts, periods)
        As in `CohortMatrix`; `customers[:, :, 0]` are the cohorts' sizes. What lies after the last day is 0.
    """

    cohorts: tuple[date, ...]
    customers: npt.NDArray[np.int64]
    revenue_minor: npt.NDArray[np.int64]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Customers of each cohort, shape (groups, cohorts)."""
        sizes: npt.NDArray[np.int64] = self.customers[:, :, 0]
        return sizes


def split_cohorts(
    state: Table | DayState, period: Period, groups: Mapping[Name, Groups], *, as_of: date, most: int
) -> dict[Name, SplitCohorts]:
    """Count who bought, and add up the revenue, by cohort and period within each group.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state of which nothing lies after `as_of`; its customers are numbers from 0. A week belongs to
        the period of its Monday.
    period : {"week", "month", "quarter"}
        Length of a period.
    groups : mapping of any name to ndarray of int8, shape (customers,)
        In which group from 0 each customer is, by number; `LEFT_OUT` for who is in none.
    as_of : date
        Last day that is known.
    most : int
        How many periods after the first are kept.

    Returns
    -------
    dict of name to SplitCohorts
        Under each name as many groups as the largest number tells of.

    Raises
    ------
    NotEnoughData
        Nobody bought.
    InvalidInput
        Groups are not given for all customers.

    Examples
    --------
    Customers 0 and 2 are in one group, 1 in another; 1 alone comes back in February.

    >>> from datetime import date
    >>> import ibis
    >>> days = [date(2024, 1, 9), date(2024, 1, 20), date(2024, 2, 9), date(2024, 2, 1)]
    >>> sums = {"orders": [1] * 4, "gross_minor": [900] * 4, "refunded_minor": [0] * 4}
    >>> state = ibis.memtable({"customer": [0, 1, 1, 2], "day": days} | sums)
    >>> by = {"country": np.array([0, 1, 0], np.int8)}
    >>> split_cohorts(state, "month", by, as_of=date(2024, 2, 15), most=1)["country"].customers.tolist()
    [[[1, 0], [1, 0]], [[1, 1], [0, 0]]]
    """
    joined = _joined(state, period)
    began = joined[joined != _NEVER]
    if not len(began):
        raise NotEnoughData(Reason("no_purchases", mark("There is no purchase.")))
    if any(len(numbers) < len(joined) for numbers in groups.values()):
        raise InvalidInput(Reason("groups_of_some", mark("The groups of some customers are not given.")))
    first = int(began.min())
    starts = periods(shift(start_of(EPOCH, period), period, first), as_of, period)
    counts = {
        name: _Counts(numbers, joined - first, cohorts=len(starts), width=most + 1) for name, numbers in groups.items()
    }
    for spells in _spells(state, period):
        since = joined[spells.customer]
        # What came before the first purchase counts in period 0. Who never bought is in no cohort.
        index = np.maximum(spells.period - since, 0)
        kept = np.flatnonzero((since != _NEVER) & (index <= most))
        rows = spells.customer[kept], index[kept], spells.bought[kept], spells.net_minor[kept]
        for each in counts.values():
            each.add(*rows)
    return {name: each.laid_out(starts) for name, each in counts.items()}


def first_purchases(state: Table | DayState) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return who has bought, and when first.

    Parameters
    ----------
    state : Table or DayState
        As of `split_cohorts`.

    Returns
    -------
    customer : ndarray of int, shape (n,)
        The numbers of those who have a purchase, each once.
    first_day : ndarray of int32, shape (n,)
        The day of the first, in days since 1970-01-01.
    """
    if isinstance(state, DayState):
        made = [DayState(days).purchases for days in parts_of(state.days)]
        buyers = np.concatenate([part.buyers for part in made])
        return buyers.astype(np.int64), np.concatenate([part.first_day for part in made])
    bought = purchases(state)
    first = bought.group_by("customer").aggregate(first_on=bought.day.min()).to_pyarrow()
    return first["customer"].to_numpy().astype(np.int64), _day_numbers(first["first_on"])


class _Counts:
    """Adds rows up by group, cohort and period since the first purchase."""

    def __init__(self, numbers: Groups, cohort: Int64s, *, cohorts: int, width: int) -> None:
        self._shape = (int(numbers.max(initial=0)) + 1, cohorts, width)
        size = self._shape[0] * cohorts * width
        self._customers, self._revenue_minor = np.zeros(size, np.int64), np.zeros(size, np.int64)
        numbers = numbers[: len(cohort)]
        self._has_all = bool((numbers != LEFT_OUT).all())
        # Where the cells of each customer begin; of who never bought no row comes.
        self._begin = np.where(numbers == LEFT_OUT, LEFT_OUT, (numbers * np.int64(cohorts) + cohort) * width)

    def add(
        self, customer: npt.NDArray[np.int32], index: Int64s, bought: npt.NDArray[np.bool_], net_minor: Int64s
    ) -> None:
        """Add what customers did in a period."""
        cell = self._begin[customer]
        if not self._has_all:
            some = np.flatnonzero(cell != LEFT_OUT)
            cell, index, bought, net_minor = cell[some], index[some], bought[some], net_minor[some]
        cell += index
        self._customers += np.bincount(cell[bought], minlength=len(self._customers))
        np.add.at(self._revenue_minor, cell, net_minor)

    def laid_out(self, starts: list[date]) -> SplitCohorts:
        """Return what has been added up."""
        return SplitCohorts(
            cohorts=tuple(starts),
            customers=self._customers.reshape(self._shape),
            revenue_minor=self._revenue_minor.reshape(self._shape),
        )


def _joined(state: Table | DayState, period: Period) -> Int64s:
    """Return in which period each customer first bought, by number, counted from that of the epoch; or `_NEVER`."""
    customer, day = first_purchases(state)
    if isinstance(state, DayState):
        count = int(state.days.customer.max(initial=-1)) + 1
    else:
        last = state.customer.max().to_pyarrow().as_py()
        count = 0 if last is None else int(last) + 1
    joined = np.full(count, _NEVER)
    joined[customer] = measures.numbered(day, period)
    return joined


def _spells(state: Table | DayState, period: Period) -> Iterator[measures.Spells]:
    """Yield what each customer did in each period, some customers after others."""
    if isinstance(state, DayState):
        # Of some customers after others, so that what is needed on the way stays small.
        for days in parts_of(state.days):
            yield measures.Spells.of(DayState(days), period)
        return
    worth = with_worth(state).mutate(period=period_of(state.day, period))
    folded = worth.group_by("customer", "period").aggregate(
        bought=worth.purchase.max() == 1, orders=as_int64(worth.orders.sum()), net_minor=as_int64(worth.net_minor.sum())
    )
    for batch in folded.to_pyarrow_batches(chunk_size=_ROWS_AT_ONCE):
        yield measures.Spells(
            customer=batch["customer"].to_numpy(),
            period=measures.numbered(_day_numbers(batch["period"]), period),
            bought=batch["bought"].to_numpy(zero_copy_only=False),
            orders=batch["orders"].to_numpy(),
            net_minor=batch["net_minor"].to_numpy(),
        )


def _day_numbers(days: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    return np.asarray(days.cast(pa.date32()).cast(pa.int32()).to_numpy(), dtype=np.int32)
