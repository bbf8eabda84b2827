"""Make the demo shop's orders: two years of lines, with the returns, guests and slips that a real export has."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regulars.demo.people import (
    CHANNELS,
    KINDS,
    ONLINE,
    STATION,
    STATION_CLOSED_DAYS,
    make_people,
    product_shares,
    visits,
)
from regulars.demo.products import CATALOGUE
from regulars.demo.seasons import days_of, demand, is_advent, is_shut

Integers = NDArray[np.int64]

NAME = "Corner Coffee & Home"
ZONE = "Europe/Vienna"
CURRENCY = "EUR"
SEED = 20_260_101
YEARS = 2
# All prices rise a little at half time.
PRICE_RISE = 1.06
GUEST_SHARE = 0.06
RETURNED_WITHIN_DAYS = 25
OPENS_MINUTE, SHUTS_MINUTE = 8 * 60, 19 * 60
ONLINE_PEAK_MINUTE, ONLINE_SPREAD_MINUTES = 20 * 60, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """One entry per line; `customer` is −1 for a guest, `minute` is the local time since the first day's midnight."""

    order: Integers
    customer: Integers
    minute: Integers
    product: Integers
    quantity: Integers
    price_minor: Integers
    channel: Integers


COLUMNS = tuple(column.name for column in dataclasses.fields(_Lines))


def first_day(until: date) -> date:
    """Return the first of the two years' days that end on `until`."""
    following = until + timedelta(days=1)
    # Two years after a 29th of February there is none.
    return following.replace(year=following.year - YEARS, day=min(following.day, 28 if following.month == 2 else 31))


def make_orders(customers: int, until: date, seed: int = SEED) -> pa.Table:
    """Return the lines of two years of orders that end on `until`; the same arguments give the same table.

    One row per line, in the order of time: `order_number`, `customer_id` (missing for guests), `ordered_at` (local
    time), `product`, `quantity` (negative: a return, under the number of its order), `unit_price`, `currency`,
    `channel`. A few rows are as wrong as those of real exports are.
    """
    rng = np.random.default_rng(seed)
    return _soil(_clean(customers, until, rng), rng)


def make_clean_orders(customers: int, until: date, seed: int = SEED) -> pa.Table:
    """Return the same lines as `make_orders`, without the slips of an export."""
    return _clean(customers, until, np.random.default_rng(seed))


def _clean(customers: int, until: date, rng: np.random.Generator) -> pa.Table:
    start = first_day(until)
    days = days_of(start, (until - start).days + 1)
    lines = _sell(customers, days, rng)
    lines = _join_lines(lines, _returns(lines, days, rng))
    return _table(_take(lines, np.argsort(lines.minute, kind="stable")), start)


def _sell(customers: int, days: list[date], rng: np.random.Generator) -> _Lines:
    """Let everybody buy: orders first, then the lines of each."""
    busy = demand(days, rng)
    people = make_people(customers, days, busy, rng)
    who, day = visits(people, busy, rng)
    who, day = who[(by_day := np.argsort(day, kind="stable"))], day[by_day]
    channel = _open_channel(people.channel[who], day, days)
    minute = _minutes(day, channel, rng)

    lines_of = 1 + rng.poisson(np.array([kind.extra_lines for kind in KINDS])[people.kind[who]])
    order = np.repeat(np.arange(len(who)), lines_of)
    product = _choose(people.kind[who][order], np.array([is_advent(each) for each in days])[day][order], rng)
    habitual = rng.random(len(order)) < np.array([kind.habit for kind in KINDS])[people.kind[who]][order]
    product[habitual] = people.habit[who][order][habitual]
    # A product stands once in an order.
    _, first = np.unique(order * len(CATALOGUE) + product, return_index=True)
    order, product = order[first], product[first]

    guest = rng.random(len(who)) < GUEST_SHARE
    return _Lines(
        order=order,
        customer=np.where(guest, -1, who)[order],
        minute=minute[order],
        product=product,
        quantity=rng.choice([1, 2, 3, 4], size=len(order), p=[0.8, 0.15, 0.03, 0.02]),
        price_minor=_prices(product, day[order], len(days)),
        channel=channel[order],
    )


def _open_channel(channel: Integers, day: Integers, days: list[date]) -> Integers:
    """Return where one can go on that day: the wanted channel, or online where its doors are shut."""
    gone = (channel == STATION) & (day >= len(days) - STATION_CLOSED_DAYS)
    shut = np.array([is_shut(each) for each in days])[day]
    return np.where(gone | shut, ONLINE, channel)


def _minutes(day: Integers, channel: Integers, rng: np.random.Generator) -> Integers:
    """Return when each order was made: in opening hours, or online mostly in the evening."""
    in_shop = rng.integers(OPENS_MINUTE, SHUTS_MINUTE, len(day))
    online = rng.normal(ONLINE_PEAK_MINUTE, ONLINE_SPREAD_MINUTES, len(day)).astype(np.int64)
    of_day = np.where(channel == ONLINE, np.clip(online, 0, 24 * 60 - 1), in_shop)
    return np.asarray(day * 24 * 60 + of_day, dtype=np.int64)


def _choose(kind: Integers, advent: NDArray[np.bool_], rng: np.random.Generator) -> Integers:
    """Return a product for each line, by the kind of customer and the season."""
    product = np.zeros(len(kind), dtype=np.int64)
    for number in range(len(KINDS)):
        for season in (False, True):
            mine = (kind == number) & (advent == season)
            product[mine] = rng.choice(len(CATALOGUE), size=mine.sum(), p=product_shares(number, advent=season))
    return product


def _prices(product: Integers, day: Integers, days: int) -> Integers:
    """Return the price of one piece on that day, in steps of ten cents."""
    price = np.array([item.price_minor for item in CATALOGUE])[product]
    risen = (price * PRICE_RISE / 10).round().astype(np.int64) * 10
    return np.where(day >= days // 2, risen, price)


def _returns(sold: _Lines, days: list[date], rng: np.random.Generator) -> _Lines:
    """Return the lines that came back: all pieces, at the price paid, some days later."""
    back = rng.random(len(sold.order)) < np.array([item.returned for item in CATALOGUE])[sold.product]
    lines = _take(sold, np.flatnonzero(back))
    day = lines.minute // (24 * 60) + rng.integers(2, RETURNED_WITHIN_DAYS + 1, len(lines.order))
    known = day < len(days)
    lines, day = _take(lines, np.flatnonzero(known)), day[known]
    channel = _open_channel(lines.channel, day, days)
    return dataclasses.replace(lines, minute=_minutes(day, channel, rng), quantity=-lines.quantity, channel=channel)


def _take(lines: _Lines, rows: Integers) -> _Lines:
    return _Lines(**{name: getattr(lines, name)[rows] for name in COLUMNS})


def _join_lines(first: _Lines, second: _Lines) -> _Lines:
    return _Lines(**{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in COLUMNS})


def _table(lines: _Lines, start: date) -> pa.Table:
    """Return the lines as an export shows them."""
    names = pa.array([item.name for item in CATALOGUE])
    numbers = pc.utf8_lpad(pc.cast(pa.array(lines.customer + 1), pa.string()), 6, padding="0")
    price = pc.multiply(pa.array(lines.price_minor).cast(pa.decimal128(21, 2)), pa.scalar(Decimal("0.01")))
    at = np.datetime64(start, "s") + (lines.minute * 60).astype("timedelta64[s]")
    return pa.table(
        {
            "order_number": pc.cast(pa.array(lines.order + 100_001), pa.string()),
            "customer_id": pc.if_else(pa.array(lines.customer < 0), pa.scalar(None, pa.string()), numbers),
            "ordered_at": pa.array(at, pa.timestamp("s")),
            "product": names.take(pa.array(lines.product)),
            "quantity": pa.array(lines.quantity),
            "unit_price": price.cast(pa.decimal128(12, 2)),
            "currency": pa.repeat(CURRENCY, len(lines.order)),
            "channel": pa.array(CHANNELS).take(pa.array(lines.channel)),
        }
    )


def _soil(clean: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Add the slips of a real export: lines exported twice, samples for nothing, a lost date, a date yet to come."""
    slips = max(3, len(clean) // 5_000)
    twice, free, undated = (clean.take(pa.array(rng.choice(len(clean), slips))) for _ in range(3))
    ahead = clean.slice(len(clean) - 1)
    return pa.concat_tables(
        [
            clean,
            twice,
            _with(free, "unit_price", pa.array([Decimal("0.00")] * slips, pa.decimal128(12, 2))),
            _with(undated.slice(0, 3), "ordered_at", pa.nulls(3, pa.timestamp("s"))),
            _with(ahead, "ordered_at", pc.add(ahead["ordered_at"], pa.scalar(timedelta(days=3_650)))),
        ]
    )


def _with(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    position = table.schema.get_field_index(name)
    return table.set_column(position, table.schema.field(position), pc.cast(values, table.schema.field(position).type))
