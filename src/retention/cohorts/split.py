"""Cohorts by period within each value of an attribute, for many attributes at once.

Whether a purchase is a customer's first in its period follows from the one before it, so that no period needs a fold of
its own. An attribute's values are held as places in a short list of the most common ones, so that rows stay small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.expr.types import Table

from retention.calendar import Period, period_of, periods, periods_between
from retention.integers import as_int64
from retention.purchases import purchases, with_worth
from retention.reasons import NotEnoughData, Reason, mark

UNKNOWN = -1
"""The place of customers of whom the attribute is not known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitCohorts:
    """Cohorts by period within each place of an attribute, by periods since the first purchase.

    Parameters
    ----------
    cohorts : tuple of date
        The first day of each cohort's period, without gaps, to the period of the last day that is known.
    places : tuple of int
        The places of the attribute that have customers, ascending; `UNKNOWN` comes last.
    customers, revenue_minor : ndarray of int64, shape (places, cohorts, periods)
        As in `CohortMatrix`; `customers[:, :, 0]` are the cohorts' sizes. What lies after the last day is 0.
    """

    cohorts: tuple[date, ...]
    places: tuple[int, ...]
    customers: npt.NDArray[np.int64]
    revenue_minor: npt.NDArray[np.int64]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Customers of each cohort, shape (places, cohorts)."""
        sizes: npt.NDArray[np.int64] = self.customers[:, :, 0]
        return sizes


def first_purchases(state: Table) -> Table:
    """Return when each customer first bought.

    Parameters
    ----------
    state : Table
        A daily state.

    Returns
    -------
    Table
        One row per customer with a purchase: `customer` as in the state, `first_on` date.
    """
    bought = purchases(state)
    return bought.group_by("customer").aggregate(first_on=bought.day.min())


def common_values(customers: Table, attribute: str, *, most: int = 8) -> tuple[Any, ...]:
    """Return the values of an attribute that most customers have, the most common first, of as many the lesser first.

    Parameters
    ----------
    customers : Table
        One row per customer with a column `attribute` of any type.
    attribute : str
        Its name.
    most : int
        How many values at most.

    Examples
    --------
    >>> import ibis
    >>> common_values(ibis.memtable({"country": ["AT", "DE", "DE", None, "SI"]}), "country", most=2)
    ('DE', 'AT')
    """
    known = customers.filter(customers[attribute].notnull())
    counts = known.group_by(value=known[attribute]).aggregate(customers=known.count())
    ranked = counts.order_by(ibis.desc("customers"), "value").limit(most)
    return tuple(ranked.to_pyarrow()["value"].to_pylist())


def with_places(customers: Table, values: Mapping[str, Sequence[Any]]) -> Table:
    """Replace attributes by the places of their values in short lists.

    Parameters
    ----------
    customers : Table
        One row per customer, with a column for each name in `values`.
    values : mapping of str to sequence
        For each attribute the values that are told apart, 100 at most.

    Returns
    -------
    Table
        The same rows; each attribute is int8 from 0: the place of the value, `len(values[name])` for all other values,
        `UNKNOWN` where it is null.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.memtable({"country": ["AT", "DE", None, "SI"]})
    >>> with_places(table, {"country": ["DE", "AT"]}).country.to_pyarrow().to_pylist()
    [1, 0, -1, 2]
    """
    places = {}
    for name, told in values.items():
        column, others = customers[name], ibis.literal(len(told), "int8")
        known = ((column == value, ibis.literal(place, "int8")) for place, value in enumerate(told))
        places[name] = ibis.cases((column.isnull(), ibis.literal(UNKNOWN, "int8")), *known, else_=others)
    return customers.mutate(**places)


def visits(state: Table, customers: Table) -> Table:
    """Say of each row of a state when the customer first bought, and when last before it.

    Parameters
    ----------
    state : Table
        A daily or weekly state.
    customers : Table
        One row per customer: `customer`, `first_on` date (`first_purchases`), and any attributes. Who is not in it is
        left out.

    Returns
    -------
    Table
        One row per row of the state: `day` date, `purchase` int64 (1 or 0), `net_minor` int64, `first_on` date,
        `previous_on` date (the last purchase before, null where there is none), and the attributes.
    """
    worth = with_worth(state)
    before = ibis.window(group_by="customer", order_by="day", rows=(None, -1))
    bought_on = (worth.purchase == 1).ifelse(worth.day, ibis.null("date"))
    told = worth.mutate(bought_on=bought_on).mutate(previous_on=ibis._.bought_on.max().over(before))
    joined = told.select("customer", "day", "purchase", "net_minor", "previous_on").join(customers, "customer")
    return joined.drop("customer")


def in_periods(visits: Table, period: Period, *, most: int) -> Table:
    """Count the rows of customers in periods since the first purchase.

    Parameters
    ----------
    visits : Table
        As `visits` returns them; a week belongs to the period of its Monday.
    period : {"week", "month", "quarter"}
        Length of a period.
    most : int
        How many periods after the first are kept.

    Returns
    -------
    Table
        One row per row that lies in one of these periods: `joined_on` date (first day of the period of `first_on`),
        `period_index` int16 >= 0, `bought` int8 (1 for a customer's first purchase in the period, else 0),
        `revenue_minor` int64, and the attributes. What came before the first purchase counts in period 0.
    """
    index = ibis.greatest(periods_between(visits.first_on, visits.day, period), 0)
    fresh = visits.previous_on.isnull() | (period_of(visits.previous_on, period) < period_of(visits.day, period))
    rows = visits.mutate(
        joined_on=period_of(visits.first_on, period),
        period_index=index.cast("int16"),
        bought=(fresh & (visits.purchase == 1)).cast("int8"),
        revenue_minor=visits.net_minor,
    )
    return rows.filter(rows.period_index <= most).drop("day", "purchase", "net_minor", "first_on", "previous_on")


def split_activity(rows: Table, by: Sequence[str] = ()) -> Table:
    """Count who bought, and add up the revenue, by attributes, cohort and period since the first purchase.

    Parameters
    ----------
    rows : Table
        As `in_periods` returns them, or as this function does, by more attributes.
    by : sequence of str
        Names of attributes; none counts all customers together.

    Returns
    -------
    Table
        One row for each combination that there is: the attributes, `joined_on`, `period_index`, `bought` int64 (the
        customers who bought), `revenue_minor` int64. Counts of several attributes fold into those of fewer.
    """
    return rows.group_by(*by, "joined_on", "period_index").aggregate(
        bought=as_int64(rows.bought.sum()), revenue_minor=as_int64(rows.revenue_minor.sum())
    )


def split_cohorts(activity: pa.Table, attribute: str | None, period: Period, *, as_of: date, most: int) -> SplitCohorts:
    """Lay the counts by an attribute out as arrays.

    Parameters
    ----------
    activity : pyarrow.Table
        `split_activity` by places of the attribute (`with_places`), and by others too where there are any.
    attribute : str or None
        Its name; None takes all customers together, in the place 0.
    period : {"week", "month", "quarter"}
        The period of the counts.
    as_of : date
        Last day that is known; the counts know of none after it.
    most : int
        How many periods after the first are kept.

    Raises
    ------
    NotEnoughData
        There are no counts: nobody bought.
    """
    if activity.num_rows == 0:
        raise NotEnoughData(Reason("no_purchases", mark("There is no purchase.")))
    joined_on, cohort = np.unique(activity["joined_on"].to_numpy(), return_inverse=True)
    first: date = joined_on[0].astype("datetime64[D]").item()
    starts = periods(first, as_of, period)
    # Periods without a new customer have a place too, so that cohorts are equally spaced.
    spaced = np.searchsorted(np.array(starts, dtype="datetime64[D]"), joined_on.astype("datetime64[D]"))
    named = np.zeros(activity.num_rows, np.int64) if attribute is None else activity[attribute].to_numpy()
    places, place = np.unique(named, return_inverse=True)
    order = np.lexsort((places, places == UNKNOWN))
    place = np.argsort(order)[place]
    index = activity["period_index"].to_numpy()
    kept = index <= most
    at = place[kept], spaced[cohort[kept]], index[kept]
    shape = (len(places), len(starts), most + 1)
    customers, revenue_minor = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    np.add.at(customers, at, activity["bought"].to_numpy()[kept])
    np.add.at(revenue_minor, at, activity["revenue_minor"].to_numpy()[kept])
    return SplitCohorts(
        cohorts=tuple(starts),
        places=tuple(places[order].tolist()),
        customers=customers,
        revenue_minor=revenue_minor,
    )
