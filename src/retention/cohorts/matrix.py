"""Cohorts of one kind, laid out as matrices.

A cohort is the customers whose first purchase falls in one period, or those who share an attribute (a channel, a shop,
a first product). Periods are counted from each customer's own first one: period 0 is that of the first purchase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from retention.calendar import Period, period_of, periods, periods_between, shift
from retention.in_memory import DayState, measures
from retention.integers import as_int64
from retention.purchases import purchases, with_worth, within
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortMatrix:
    """Retention and revenue by cohort (rows, in order) and periods since the first purchase (columns, from 0).

    Parameters
    ----------
    cohorts : tuple
        The first day of each cohort's period (date), or each value of the attribute; None where a customer has none.
    sizes : ndarray of int64, shape (cohorts,)
        Customers of each cohort.
    eligible : ndarray of int64, shape (cohorts, periods)
        Customers of the cohort whose k-th period has begun by the last day that is known; where it is 0 there is
        nothing to see yet. In a cohort by period it is the size or 0.
    customers : ndarray of int64, shape (cohorts, periods)
        Customers who bought in their k-th period; column 0 is all of them.
    revenue_minor : ndarray of int64, shape (cohorts, periods)
        Gross less refunds of all rows of the cohort in that period, in minor units.
    partial : ndarray of bool, shape (cohorts, periods)
        The period of the last day that is known is in the cell, and it is not over.
    """

    cohorts: tuple[Any, ...]
    sizes: npt.NDArray[np.int64]
    eligible: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    revenue_minor: npt.NDArray[np.int64]
    partial: npt.NDArray[np.bool_]

    @property
    def retention(self) -> npt.NDArray[np.float64]:
        """Share of the eligible customers who bought, shape (cohorts, periods); NaN where nobody is eligible yet."""
        return _per_eligible(self.customers, self.eligible)

    @property
    def revenue_per_customer_minor(self) -> npt.NDArray[np.float64]:
        """Revenue per eligible customer, shape (cohorts, periods), in minor units; NaN where nobody is eligible yet."""
        return _per_eligible(self.revenue_minor, self.eligible)


def cohort_activity(state: Table, period: Period, *, attributes: Table | None = None) -> Table:
    """Count who bought, and add up the revenue, by cohort and period since the first purchase.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state; a week belongs to the period of its Monday.
    period : {"week", "month", "quarter"}
        Length of a period.
    attributes : Table, optional
        One row per customer: `customer` string, `attribute` of any type. Given, it makes the cohorts; a customer who is
        not in it has the attribute null.

    Returns
    -------
    Table
        One row per cohort and period in which there was anything: `cohort` (date of the first day of the period, or the
        attribute), `period_index` int64 >= 0, `customers` int64, `revenue_minor` int64. Customers who never bought are
        in no cohort. Revenue is gross less refunds of all rows; a refund from before the first purchase counts in
        period 0, so that the revenue of all cells is that of all customers.
    """
    worth = with_worth(state).mutate(period=period_of(state.day, period))
    # Folding by customer and period first leaves the join far fewer rows.
    spells = worth.group_by("customer", "period").aggregate(
        bought=worth.purchase.max(), revenue_minor=as_int64(worth.net_minor.sum())
    )
    joined = spells.join(_customers(state, period, attributes), "customer")
    index = periods_between(joined.joined_on, joined.period, period)
    cells = joined.mutate(period_index=ibis.greatest(index, 0).cast("int64"))
    return cells.group_by("cohort", "period_index").aggregate(
        customers=as_int64(cells.bought.sum()), revenue_minor=as_int64(cells.revenue_minor.sum())
    )


def cohort_sizes(state: Table, period: Period, *, attributes: Table | None = None) -> Table:
    """Count the customers of each cohort by the period of their first purchase.

    Parameters
    ----------
    state, period, attributes
        As of `cohort_activity`.

    Returns
    -------
    Table
        One row per cohort and first period: `cohort`, `joined_on` date (first day of that period), `customers` int64.
    """
    customers = _customers(state, period, attributes)
    return customers.group_by("cohort", "joined_on").aggregate(customers=customers.count())


def cohort_matrix(
    state: Table | DayState, period: Period, *, as_of: date, attributes: Table | None = None
) -> CohortMatrix:
    """Lay the cohorts out as matrices in NumPy.

    Parameters
    ----------
    state, period, attributes
        As of `cohort_activity`; of a state in memory cohorts are made by period only.
    as_of : date
        Last day that is known; later rows are left out.

    Returns
    -------
    CohortMatrix
        Rows in the order of the cohorts, a null attribute last. By period, periods without a new customer have a row of
        zeros, which is never partial, so that rows are equally spaced. Columns reach from the first purchase's period
        to that of `as_of`.

    Raises
    ------
    NotEnoughData
        Nobody bought.
    InvalidInput
        `attributes` lists a customer twice.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b", "b"], "day": [date(2024, 1, 9), date(2024, 1, 20), date(2024, 2, 9)]}
    >>> state = ibis.memtable(days | {"orders": [1, 1, 1], "gross_minor": [900] * 3, "refunded_minor": [0] * 3})
    >>> matrix = cohort_matrix(state, "month", as_of=date(2024, 2, 15))
    >>> matrix.customers.tolist(), matrix.partial.tolist()
    ([[2, 1], [0, 0]], [[False, True], [False, False]])
    """
    if isinstance(state, DayState):
        sizes, cells = _counted_in_memory(state.within(until=as_of), period, attributes)
    else:
        known = within(state, until=as_of)
        if attributes is not None:
            _check_one_row_per_customer(attributes)
        sizes = cohort_sizes(known, period, attributes=attributes).to_pyarrow()
        cells = cohort_activity(known, period, attributes=attributes).to_pyarrow()
    if sizes.num_rows == 0:
        raise NotEnoughData(Reason("no_purchases", mark("There is no purchase.")))
    joined_on = sizes["joined_on"].to_pylist()
    starts = periods(min(joined_on), as_of, period)
    cohorts = starts if attributes is None else _in_order(set(sizes["cohort"].to_pylist()))
    joined = _joined(sizes, {cohort: row for row, cohort in enumerate(cohorts)}, starts)
    is_open = shift(starts[-1], period, 1) - timedelta(days=1) > as_of
    return _matrix(cohorts, joined, cells, is_open=is_open)


def _counted_in_memory(state: DayState, period: Period, attributes: Table | None) -> tuple[pa.Table, pa.Table]:
    if attributes is not None:
        raise InvalidInput(Reason("state_in_memory", mark("Cohorts by an attribute need the state as a table.")))
    return measures.cohorts(state, period)


def _customers(state: Table, period: Period, attributes: Table | None) -> Table:
    """Return one row per customer who ever bought: `customer`, `joined_on`, `cohort`."""
    bought = purchases(state)
    first = bought.group_by("customer").aggregate(first_on=bought.day.min())
    customers = first.select("customer", joined_on=period_of(first.first_on, period))
    if attributes is None:
        return customers.mutate(cohort=customers.joined_on)
    return customers.left_join(attributes.select("customer", cohort=attributes.attribute), "customer").select(
        "customer", "joined_on", "cohort"
    )


def _check_one_row_per_customer(attributes: Table) -> None:
    counts = attributes.aggregate(rows=attributes.count(), customers=attributes.customer.nunique())
    (row,) = counts.to_pyarrow().to_pylist()
    if row["rows"] != row["customers"]:
        reason = Reason("attribute_twice", mark("An attribute is one row per customer; some customers have several."))
        raise InvalidInput(reason)


def _in_order(cohorts: set[Any]) -> list[Any]:
    return sorted(cohorts - {None}) + ([None] if None in cohorts else [])


def _joined(sizes: pa.Table, rows: Mapping[Any, int], starts: list[date]) -> npt.NDArray[np.int64]:
    """Return how many customers of each cohort first bought in each period, shape (cohorts, periods)."""
    columns = {start: column for column, start in enumerate(starts)}
    joined = np.zeros((len(rows), len(starts)), dtype=np.int64)
    for size in sizes.to_pylist():
        joined[rows[size["cohort"]], columns[size["joined_on"]]] = size["customers"]
    return joined


def _matrix(cohorts: list[Any], joined: npt.NDArray[np.int64], cells: pa.Table, *, is_open: bool) -> CohortMatrix:
    rows = {cohort: row for row, cohort in enumerate(cohorts)}
    customers, revenue_minor = np.zeros_like(joined), np.zeros_like(joined)
    for cell in cells.to_pylist():
        place = rows[cell["cohort"]], cell["period_index"]
        customers[place], revenue_minor[place] = cell["customers"], cell["revenue_minor"]
    return CohortMatrix(
        cohorts=tuple(cohorts),
        sizes=joined.sum(axis=1),
        # Those who joined in one of the first n − k periods have begun their k-th by now.
        eligible=np.cumsum(joined, axis=1)[:, ::-1],
        customers=customers,
        revenue_minor=revenue_minor,
        # Those who joined k periods ago are in their k-th now.
        partial=(joined[:, ::-1] > 0) & is_open,
    )


def _per_eligible(amounts: npt.NDArray[np.int64], eligible: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.where(eligible > 0, amounts / np.maximum(eligible, 1), np.nan)
