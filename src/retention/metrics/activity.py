"""Who came and who stayed away in each period: new, returning, reactivated and lapsed customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
from ibis.expr.types import Table

from retention.calendar import Period, periods, periods_between, shift, start_of
from retention.in_memory import DayState, measures
from retention.integers import as_int64
from retention.purchases import with_worth, within
from retention.reasons import InvalidInput, NotEnoughData, Reason, mark

_ORIGIN = date(1970, 1, 5)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodActivity:
    """What the customers did in one period; `activity` defines the four groups.

    Parameters
    ----------
    period : date
        First day of the period.
    new, returning, reactivated, lapsed : int
        Numbers of customers.
    orders : int
        Orders of those who bought in the period.
    revenue_new_minor, revenue_returning_minor, revenue_reactivated_minor : int
        Gross less refunds of the group in this period, in minor units.
    revenue_lapsed_minor : int
        What those who lapsed now had brought in the last period in which they bought.
    partial : bool
        The period goes on after the last day that is known.
    """

    period: date
    new: int
    returning: int
    reactivated: int
    lapsed: int
    orders: int
    revenue_new_minor: int
    revenue_returning_minor: int
    revenue_reactivated_minor: int
    revenue_lapsed_minor: int
    partial: bool

    @property
    def active(self) -> int:
        """Customers who bought in the period."""
        return self.new + self.returning + self.reactivated


def activity(
    state: Table | DayState, period: Period, *, as_of: date, lapse_periods: int = 1
) -> tuple[PeriodActivity, ...]:
    """Count new, returning, reactivated and lapsed customers in each period.

    With L = `lapse_periods`, a customer who bought in period p is in exactly one of three groups: **new** if it is the
    first period in which he ever bought; else **returning** if he also bought in one of the periods p − L … p − 1; else
    **reactivated**. A customer **lapsed** in p if he bought in p − L and in none of p − L + 1 … p. So the base of
    customers who bought within the last L periods changes by new + reactivated − lapsed, exactly.

    Parameters
    ----------
    state : Table or DayState
        A daily or weekly state; a week belongs to the period of its Monday.
    period : {"week", "month", "quarter"}
        Length of a period.
    as_of : date
        Last day that is known; later rows are left out.
    lapse_periods : int
        How many periods without a purchase make a customer lapse, >= 1.

    Returns
    -------
    tuple of PeriodActivity
        One per period from that of the first purchase to that of `as_of`, empty ones included. Refunds count where the
        customer bought in the same period; those of customers who bought nothing in it are in no group. In a partial
        period `lapsed` is an upper bound: who has not bought yet still may.

    Raises
    ------
    InvalidInput
        `lapse_periods` is below 1.
    NotEnoughData
        There is no purchase.

    Examples
    --------
    >>> from datetime import date
    >>> import ibis
    >>> days = {"customer": ["a", "b", "b"], "day": [date(2024, 1, 9), date(2024, 1, 20), date(2024, 2, 9)]}
    >>> state = ibis.memtable(days | {"orders": [1, 1, 1], "gross_minor": [900] * 3, "refunded_minor": [0] * 3})
    >>> [(p.new, p.returning, p.lapsed) for p in activity(state, "month", as_of=date(2024, 2, 29))]
    [(2, 0, 0), (0, 1, 1)]
    """
    if lapse_periods < 1:
        template = mark("A customer lapses after one period or more, not {periods}.")
        raise InvalidInput(Reason("lapse_periods", template, {"periods": lapse_periods}))
    rows: Sequence[Row]
    if isinstance(state, DayState):
        rows = measures.flows(state.within(until=as_of), period, lapse_periods, _ORIGIN)
    else:
        rows = _flows(_stays(within(state, until=as_of), period), lapse_periods).to_pyarrow().to_pylist()
    if not rows:
        raise NotEnoughData(Reason("no_purchases", mark("There is no purchase.")))
    came, left = _by_period(rows), _by_period([row for row in rows if row["gone"]])
    first = min(came)
    starts = periods(shift(_ORIGIN, period, first), as_of, period)
    return tuple(
        _period(start, came.get(at, []), left.get(at - lapse_periods, []), partial=_is_partial(start, period, as_of))
        for at, start in enumerate(starts, start=first)
    )


def _stays(state: Table, period: Period) -> Table:
    """Return one row per customer and period with a purchase, with the periods before and after it."""
    worth = with_worth(state)
    worth = worth.mutate(at=periods_between(ibis.literal(start_of(_ORIGIN, period)), worth.day, period))
    sums = worth.group_by("customer", "at").aggregate(
        bought=as_int64(worth.purchase.sum()),
        orders=as_int64(worth.orders.sum()),
        revenue_minor=as_int64(worth.net_minor.sum()),
    )
    bought = sums.filter(sums.bought > 0)
    in_order = ibis.window(group_by="customer", order_by="at")
    return bought.mutate(before=bought.at.lag().over(in_order), after=bought.at.lead().over(in_order))


def _flows(stays: Table, lapse_periods: int) -> Table:
    """Sum by period, by the group of the customer in it, and by whether the customer then lapsed."""
    group = ibis.cases(
        (stays.before.isnull(), "new"), (stays.at - stays.before <= lapse_periods, "returning"), else_="reactivated"
    )
    gone = stays.after.isnull() | (stays.after - stays.at > lapse_periods)
    stays = stays.mutate(group=group, gone=gone)
    return stays.group_by("at", "group", "gone").aggregate(
        customers=stays.count(),
        orders=as_int64(stays.orders.sum()),
        revenue_minor=as_int64(stays.revenue_minor.sum()),
    )


def _by_period(rows: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["at"], []).append(row)
    return found


def _is_partial(start: date, period: Period, as_of: date) -> bool:
    return shift(start, period, 1) - timedelta(days=1) > as_of


def _period(start: date, came: Sequence[Row], lapsed: Sequence[Row], *, partial: bool) -> PeriodActivity:
    def total(column: str, group: str) -> int:
        return sum(row[column] for row in came if row["group"] == group)

    return PeriodActivity(
        period=start,
        new=total("customers", "new"),
        returning=total("customers", "returning"),
        reactivated=total("customers", "reactivated"),
        lapsed=sum(row["customers"] for row in lapsed),
        orders=sum(row["orders"] for row in came),
        revenue_new_minor=total("revenue_minor", "new"),
        revenue_returning_minor=total("revenue_minor", "returning"),
        revenue_reactivated_minor=total("revenue_minor", "reactivated"),
        revenue_lapsed_minor=sum(row["revenue_minor"] for row in lapsed),
        partial=partial,
    )
