"""Customers as they were known on a day, from orders in memory: what `rfm`, `backtest` and `risk` read of each."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from retention.calendar import start_of
from retention.in_memory.blocks import by_customers, fold_by_parts
from retention.in_memory.rows import SortedOrders
from retention.in_memory.state import Bools, DayState, day_number
from retention.rfm.days import Days, Int32s, Int64s
from retention.rfm.scores import boundaries_of, scores_of
from retention.rfm.state import Grain
from retention.rfm.summary import Unit, days_per
from retention.segments import names_of

Numbers = Int64s | npt.NDArray[np.float64]


def summary_of(days: Days, customers: pa.Array, *, as_of: date, grain: Grain, unit: Unit) -> pa.Table:
    """Return what `rfm.summarise_state` gives, customers ascending."""
    folded = fold_by_parts(days)
    kept = folded.purchases > 0
    repeats = folded.purchases[kept] - 1
    first, last = folded.first_day[kept], folded.last_day[kept]
    clock, per_unit = clock_of(as_of, grain), float(days_per(unit))
    repeat_minor = (folded.bought_minor[kept] - folded.first_minor[kept]).astype(np.float64)
    mean = np.divide(repeat_minor, repeats, out=np.zeros(len(repeats)), where=repeats > 0)
    return pa.table(
        {
            "customer": customers.take(pa.array(folded.customer[kept])),
            "first_on": pa.array(first).cast(pa.date32()),
            "last_on": pa.array(last).cast(pa.date32()),
            "frequency": pa.array(repeats),
            "recency": pa.array((last - first) / per_unit),
            "T": pa.array((clock - first) / per_unit),
            "days_since_last": pa.array((clock - last).astype(np.int64)),
            "monetary_value_minor": pa.array(mean, mask=repeats == 0),
            "orders": pa.array(folded.orders[kept]),
            "revenue_minor": pa.array(folded.revenue_minor[kept]),
            "refunded_minor": pa.array(folded.refunded_minor[kept]),
        }
    )


def scored_summary(held: SortedOrders, *, as_of: date, unit: Unit) -> pa.Table:
    """Return the customers with their scores and segments: `segments.assign` of `rfm.score` of their summary."""
    state = held.state(as_of)
    summary = summary_of(state.days, held.customers, as_of=as_of, grain=held.grain, unit=unit)
    recency, frequency, revenue = (
        summary[name].to_numpy() for name in ("days_since_last", "frequency", "revenue_minor")
    )
    r, f, m = scores_of(recency, frequency, revenue, boundaries_of(recency, frequency, revenue))
    for name, values in {"r": r, "f": f, "m": m}.items():
        summary = summary.append_column(name, pa.array(values))
    return summary.append_column("segment", names_of(r, f, m))


def clock_of(as_of: date, grain: Grain) -> int:
    """Return the day up to which times are counted: of a week its Monday."""
    return day_number(as_of if grain == "day" else start_of(as_of, "week"))


def windows_before(state: DayState, windows: dict[str, tuple[date, date]]) -> dict[str, Int64s]:
    """Count each buyer's purchases, but for the first, in windows (after, until]."""
    made = state.purchases
    is_repeat = np.ones(len(made), np.bool_)
    is_repeat[made.starts] = False
    found = {}
    for name, (after, until) in windows.items():
        inside = (made.day > day_number(after)) & (made.day <= day_number(until))
        found[name] = made.count(inside & is_repeat)
    return found


def returned_by(held: SortedOrders, buyers: Int32s, *, cut: date, until: date) -> Bools:
    """Tell for whom of the buyers at a cut, ascending, a purchase followed that was known at the end of a time."""
    later = held.state(until, after=cut).purchases
    returned = np.zeros(len(held.customers), np.bool_)
    returned[later.customer] = True
    return returned[buyers]


def features_at(held: SortedOrders, *, cut: date, horizon: timedelta) -> tuple[Int32s, dict[str, Numbers]]:
    """Return who had bought by a cut, ascending, and what was known of each: the columns of `risk.FEATURES`."""
    found = by_customers(held.state(cut).days, partial(_features, cut=cut, horizon=horizon))
    buyers = np.concatenate([part for part, _ in found])
    return buyers, {name: np.concatenate([features[name] for _, features in found]) for name in found[0][1]}


def _features(days: Days, *, cut: date, horizon: timedelta) -> tuple[Int32s, dict[str, Numbers]]:
    made = DayState(days).purchases
    today, purchases, net = day_number(cut), made.counts, made.net_minor
    last_horizon, before = day_number(cut - horizon), day_number(cut - 2 * horizon)
    recent = made.day > last_horizon
    since_last, age = today - made.last_day.astype(np.int64), today - made.first_day.astype(np.int64)
    gap = np.divide(age - since_last, purchases - 1, out=np.full(len(purchases), np.nan), where=purchases > 1)
    revenue, gross = made.sums(net), made.sums(made.gross_minor).astype(np.float64)
    return made.buyers, {
        "days_since_last": since_last,
        "age_days": age,
        "purchases": purchases,
        "mean_gap_days": gap,
        "gaps_missed": since_last / (gap + 1),
        "purchases_last_horizon": made.count(recent),
        "purchases_before_last_horizon": made.count((made.day > before) & ~recent),
        "revenue_minor": revenue,
        "mean_value_minor": revenue / purchases,
        "revenue_last_horizon_minor": made.sums(np.where(recent, net, 0)),
        "refunded_share": np.divide(
            made.sums(made.refunded_minor), gross, out=np.full(len(gross), np.nan), where=gross != 0
        ),
    }
