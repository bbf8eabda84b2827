"""What the metrics read of a state in memory: the same counts and sums that they ask an engine for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from retention.calendar import Period, shift, start_of
from retention.in_memory.state import EPOCH, Bools, DayState, Purchases, changes, day_number, sums_between
from retention.rfm.days import Int32s, Int64s, firsts

_NO_DAY = np.iinfo(np.int32).max
Floats = npt.NDArray[np.float64]
Flow = dict[str, int | str | bool]


def totals(state: DayState) -> dict[str, int]:
    """Return the fields of `metrics.Totals`."""
    days, made = state.days, state.purchases
    return {
        "customers": len(made.starts),
        "orders": int(days.orders.sum()),
        "purchases": len(made),
        "revenue_minor": int(state.net_minor.sum()),
        "refunded_minor": int(days.refunded_minor.sum()),
    }


def revenue_of_buyers(state: DayState) -> Int64s:
    """Return the net value of all rows of each customer who ever bought."""
    revenue = sums_between(state.net_minor, state.starts)
    return revenue[sums_between(state.bought, state.starts) > 0]


def of_earlier(state: DayState, after: date, until: date) -> tuple[Int64s, Int64s]:
    """Return what customers brought in (after, until]: 0 for who had not bought before, and for all as it is."""
    made, here = state.purchases, state.within(after=after, until=until)
    who, net = here.days.customer[here.starts], sums_between(here.net_minor, here.starts)
    earlier = made.buyers[made.first_day <= day_number(after)]
    return np.where(np.isin(who, earlier), net, 0), net


class Sums(TypedDict):
    """What `estimates.ratio_of_means` takes."""

    n: int
    sum_y: float
    sum_x: float
    sum_yy: float
    sum_xy: float
    sum_xx: float


def sums_for_ratio(y: Int64s | Floats, x: Int64s | Floats) -> Sums:
    """Return the sums over customers from which sum(y) / sum(x) is estimated."""
    y, x = y.astype(np.float64), x.astype(np.float64)
    return {
        "n": len(x),
        "sum_y": float(y.sum()),
        "sum_x": float(x.sum()),
        "sum_yy": float(y @ y),
        "sum_xy": float(x @ y),
        "sum_xx": float(x @ x),
    }


def retained(state: DayState, *, start: date, middle: date, until: date) -> tuple[int, int]:
    """Return how many bought in (start, middle], and how many of them in (middle, until] too."""
    made = state.purchases
    before = made.count(_between(made.day, day_number(start), day_number(middle))) > 0
    after = made.count(_between(made.day, day_number(middle), day_number(until))) > 0
    return int(before.sum()), int((before & after).sum())


def gaps(state: DayState) -> tuple[Int64s, Int64s]:
    """Return the days between two purchases in a row, and where each customer's gaps begin, for those who have any."""
    made = state.purchases
    is_repeat = np.ones(len(made), np.bool_)
    is_repeat[made.starts] = False
    days = np.diff(made.day, prepend=0)[is_repeat].astype(np.int64)
    return days, firsts(made.customer[is_repeat])


def waits_for(state: DayState, as_of: date, purchase: int) -> tuple[Floats, Bools]:
    """Return how long each customer took from the purchase before to this one, or to `as_of`, and whether it came."""
    made = state.purchases
    began = made.counts >= purchase - 1
    place, came = made.starts[began] + purchase - 2, made.counts[began] >= purchase
    following = np.append(made.day, 0)[place + 1]
    until = np.where(came, following, day_number(as_of))
    return (until - made.day[place]).astype(np.float64), came


def windows(state: DayState, *, before: date, start: date, until: date) -> dict[str, int]:
    """Return who bought in (start, until] and in (before, start], for how much, and what earlier customers brought."""
    days, made = state.days, state.purchases
    early, middle, late = day_number(before), day_number(start), day_number(until)
    first = np.full(int(days.customer.max(initial=-1)) + 1, np.iinfo(np.int32).max, np.int32)
    first[made.buyers] = made.first_day
    now, then = _between(days.day, middle, late), _between(days.day, early, middle)
    known = now & (first[days.customer] <= middle)
    return {
        "active": _customers(made, _between(made.day, middle, late)),
        "previous_active": _customers(made, _between(made.day, early, middle)),
        "revenue": int(state.net_minor[now].sum()),
        "previous_revenue": int(state.net_minor[then].sum()),
        "returning": int(state.net_minor[known].sum()),
    }


def _between(day: Int32s, after: int, until: int) -> Bools:
    return (day > after) & (day <= until)


def _customers(made: Purchases, which: Bools) -> int:
    """Count the customers who made one of the purchases that are meant."""
    return int((made.count(which) > 0).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """One entry per customer and period in which there was anything, by customer and then by period."""

    customer: Int32s
    period: Int64s
    bought: Bools
    orders: Int64s
    net_minor: Int64s

    @classmethod
    def of(cls, state: DayState, period: Period, origin: date = EPOCH) -> Spells:
        """Fold a state by customer and period, counted from that of `origin`."""
        days = state.days
        number = numbered(days.day, period, origin)
        starts = np.flatnonzero(changes(days.customer) | changes(number))
        sums = [sums_between(values, starts) for values in (state.bought, days.orders, state.net_minor)]
        return cls(days.customer[starts], number[starts], sums[0] > 0, sums[1], sums[2])


def flows(state: DayState, period: Period, lapse_periods: int, origin: date) -> list[Flow]:
    """Return the rows that `metrics.activity` adds up: by period since `origin`, group, and whether one lapsed."""
    spells = Spells.of(state, period, origin)
    at = spells.period[spells.bought]
    is_first = changes(spells.customer[spells.bought])
    is_last = np.append(is_first[1:], np.ones(1, np.bool_))[: len(is_first)]
    since = np.diff(at, prepend=0)
    until = np.append(since[1:], 0)[: len(since)]
    group = np.where(is_first, 0, np.where(since <= lapse_periods, 1, 2))
    gone = is_last | (until > lapse_periods)
    return _added_up(at, group, gone, spells.orders[spells.bought], spells.net_minor[spells.bought])


_GROUPS = ("new", "returning", "reactivated")


def _added_up(at: Int64s, group: Int64s, gone: Bools, orders: Int64s, revenue: Int64s) -> list[Flow]:
    first = int(at.min()) if len(at) else 0
    cell = ((at - first) * len(_GROUPS) + group) * 2 + gone
    customers = np.bincount(cell)
    sums = [_sums_by(cell, values, len(customers)) for values in (orders, revenue)]
    return [
        {
            "at": first + place // 2 // len(_GROUPS),
            "group": _GROUPS[place // 2 % len(_GROUPS)],
            "gone": bool(place % 2),
            "customers": int(customers[place]),
            "orders": int(sums[0][place]),
            "revenue_minor": int(sums[1][place]),
        }
        for place in np.flatnonzero(customers).tolist()
    ]


def cohorts(state: DayState, period: Period) -> tuple[pa.Table, pa.Table]:
    """Return what `cohorts.cohort_sizes` and `cohorts.cohort_activity` give for cohorts by period."""
    made, origin = state.purchases, start_of(EPOCH, period)
    joined = numbered(made.first_day, period)
    first = int(joined.min()) if len(joined) else 0
    sizes = np.bincount(joined - first)
    starts = [shift(origin, period, first + place) for place in range(len(sizes))]
    some = np.flatnonzero(sizes)
    began = [starts[place] for place in some.tolist()]
    cohort_of = np.full(int(state.days.customer.max(initial=-1)) + 1, -1, np.int64)
    cohort_of[made.buyers] = joined - first
    cells = _cells(Spells.of(state, period), cohort_of, first)
    cells["cohort"] = [starts[place] for place in cells["cohort"].tolist()]
    return pa.table({"cohort": began, "joined_on": began, "customers": sizes[some]}), pa.table(cells)


def _cells(spells: Spells, cohort_of: Int64s, first: int) -> dict[str, Any]:
    """Sum spells by cohort, given by customer (-1 for none) and counted from `first`, and by period since then."""
    cohort = cohort_of[spells.customer]
    kept = cohort >= 0
    # A refund from before the first purchase shares period 0 with it, and buys nothing.
    index = np.maximum(spells.period - first - cohort, 0)[kept]
    width = int(index.max(initial=0)) + 1
    cell = cohort[kept] * width + index
    size = int(cell.max(initial=-1)) + 1
    there = np.flatnonzero(np.bincount(cell, minlength=size))
    return {
        "cohort": there // width,
        "period_index": there % width,
        "customers": _sums_by(cell, spells.bought[kept].astype(np.int64), size)[there],
        "revenue_minor": _sums_by(cell, spells.net_minor[kept], size)[there],
    }


def numbered(day: Int32s, period: Period, origin: date = EPOCH) -> Int64s:
    """Return how many periods after that of `origin` each day lies."""
    if not len(day):
        return np.zeros(0, np.int64)
    low = int(day.min())
    all_days = np.arange(low, int(day.max()) + 1)
    if period == "week":
        numbers = (all_days - day_number(start_of(origin, period))) // 7
    else:
        months = 1 if period == "month" else 3
        since_1970 = all_days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        numbers = since_1970 // months - ((origin.year - EPOCH.year) * 12 + origin.month - 1) // months
    return np.asarray(numbers[day - low], dtype=np.int64)


def course(state: DayState) -> tuple[pa.Table, pa.Table]:
    """Return the two tables that `metrics.course` makes of a state; a day of the far future stands for none."""
    days, made = state.days, state.purchases
    is_first = changes(made.customer)
    # The next purchase of a customer's last one is the first of somebody else.
    is_last = np.append(is_first[1:], np.ones(1, np.bool_))[: len(is_first)]
    following = np.where(is_last, _NO_DAY, np.append(made.day[1:], _NO_DAY)[: len(made)])
    joined = np.full(int(days.customer.max(initial=-1)) + 1, _NO_DAY, np.int32)
    joined[made.buyers] = made.first_day
    stays = _summed_by(
        {"day": made.day, "following": following, "is_first": is_first},
        {"purchases": np.ones(len(made), np.int64), "worth_minor": made.net_minor},
    )
    sums = _summed_by(
        {"day": days.day, "joined": joined[days.customer]},
        {"orders": days.orders, "gross_minor": days.gross_minor, "refunded_minor": days.refunded_minor},
    )
    return _with_days(stays, "day", "following"), _with_days(sums, "day", "joined")


def _summed_by(keys: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Int64s]) -> dict[str, npt.NDArray[Any]]:
    """Add values up by combinations of small numbers, exactly."""
    length = len(next(iter(values.values())))
    found, group = {}, np.zeros(length, np.int64)
    for column in keys.values():
        low = int(column.min(initial=0))
        group *= int(column.max(initial=0)) - low + 1
        group += column - np.int64(low)
    order = np.argsort(group)
    starts = firsts(group[order])
    for name, column in keys.items():
        found[name] = column[order[starts]]
    for name, numbers in values.items():
        found[name] = sums_between(numbers[order], starts)
    return found


def _with_days(columns: dict[str, npt.NDArray[Any]], *names: str) -> pa.Table:
    """Return columns as a table, some of them days."""
    told = {name: columns[name].astype(np.int32) for name in names}
    days = {name: pa.array(numbers, mask=numbers == _NO_DAY).cast(pa.date32()) for name, numbers in told.items()}
    return pa.table(columns | days)


def _sums_by(cell: Int64s, values: Int64s, size: int) -> Int64s:
    """Add whole numbers up by cell, exactly."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, cell, values)
    return sums


def ratios_of_shares(days: Int64s, starts: Int64s, values: Sequence[float]) -> list[Sums]:
    """Return, for each value, the sums from which the share of gaps up to it is estimated."""
    counts = np.diff(starts, append=len(days))
    return [sums_for_ratio(sums_between(days <= value, starts), counts) for value in values]
