"""Who buys at the demo shop: four kinds of customers, each person with a rate, a habit and an end of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from regulars.demo.products import CATALOGUE
from regulars.demo.seasons import is_advent

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of customer: how many, how often they order, how regularly, how long they stay.

    Rates are orders per day and vary between people as a gamma distribution of shape `rate_shape`; `regularity` is the
    shape of the time between two orders (1: by chance, more: like a clock).
    """

    name: str
    share: float
    days_between: float
    rate_shape: float
    regularity: float
    stays_days: float
    extra_lines: float
    habit: float


# The regulars order their coffee nearly by the calendar; most who come for a present come once.
KINDS = (
    Kind(
        name="regular",
        share=0.14,
        days_between=19,
        rate_shape=5.0,
        regularity=4.0,
        stays_days=800,
        extra_lines=0.9,
        habit=0.75,
    ),
    Kind(
        name="home",
        share=0.33,
        days_between=75,
        rate_shape=1.4,
        regularity=1.0,
        stays_days=420,
        extra_lines=1.1,
        habit=0.15,
    ),
    Kind(
        name="occasional",
        share=0.33,
        days_between=150,
        rate_shape=0.9,
        regularity=1.0,
        stays_days=300,
        extra_lines=0.5,
        habit=0.35,
    ),
    Kind(
        name="gift",
        share=0.20,
        days_between=365,
        rate_shape=1.0,
        regularity=1.0,
        stays_days=60,
        extra_lines=0.8,
        habit=0.0,
    ),
)
REGULAR, GIFT = 0, 3
CHANNELS = ("Old Town", "Station", "online")
STATION, ONLINE = 1, 2
CHANNEL_SHARES = (0.42, 0.25, 0.33)
# Over the two years the shop wins half as many customers again per day as it did when it opened.
GROWTH = 0.5
# The shop at the station closes this long before the end; most of its customers are not seen again.
STATION_CLOSED_DAYS = 110
LOST_WITH_STATION = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One entry per customer; days are numbers from the first day of the two years on."""

    kind: Integers
    joined: Integers
    left: Floats
    rate: Floats
    habit: Integers
    channel: Integers


def make_people(count: int, days: list[date], busy: Floats, rng: np.random.Generator) -> People:
    """Return `count` customers in the order in which they joined."""
    kind = rng.choice(len(KINDS), size=count, p=[kind.share for kind in KINDS])
    joined = _join(kind, days, busy, rng)
    order = np.argsort(joined, kind="stable")
    kind, joined = kind[order], joined[order]
    shape = np.array([kind.rate_shape for kind in KINDS])[kind]
    mean = 1 / np.array([kind.days_between for kind in KINDS])[kind]
    left = joined + rng.exponential(np.array([kind.stays_days for kind in KINDS])[kind])
    closed = len(days) - STATION_CLOSED_DAYS
    channel = rng.choice(len(CHANNELS), size=count, p=CHANNEL_SHARES)
    # Nobody joins at a shop that has closed.
    channel[(channel == STATION) & (joined >= closed)] = ONLINE
    lost = (channel == STATION) & (rng.random(count) < LOST_WITH_STATION)
    left[lost] = np.minimum(left[lost], closed)
    return People(
        kind=kind,
        joined=joined,
        left=left,
        rate=rng.gamma(shape, mean / shape),
        habit=_habits(kind, rng),
        channel=channel,
    )


def _join(kind: Integers, days: list[date], busy: Floats, rng: np.random.Generator) -> Integers:
    """Return the day on which each customer orders for the first time."""
    won = busy * np.linspace(1.0, 1.0 + GROWTH, len(days))
    presents = won * np.array([is_advent(day) for day in days])
    joined = rng.choice(len(days), size=len(kind), p=won / won.sum())
    if presents.any():
        gifts = kind == GIFT
        joined[gifts] = rng.choice(len(days), size=gifts.sum(), p=presents / presents.sum())
    return joined


def _habits(kind: Integers, rng: np.random.Generator) -> Integers:
    """Return each customer's favourite product."""
    habit = np.zeros(len(kind), dtype=np.int64)
    for number in range(len(KINDS)):
        mine = kind == number
        habit[mine] = rng.choice(len(CATALOGUE), size=mine.sum(), p=product_shares(number, advent=False))
    return habit


def product_shares(kind: int, *, advent: bool) -> Floats:
    """Return how likely each product is for a kind of customer, in Advent or out of it."""
    weights = np.array([item.weights[kind] if advent or not item.advent_only else 0.0 for item in CATALOGUE])
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def visits(people: People, busy: Floats, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Return the orders as (customer, day): the first on the day of joining, the others a renewal process.

    Time between orders runs in the shop's busy time, so that the seasons are in everybody's orders.
    """
    regularity = np.array([kind.regularity for kind in KINDS])[people.kind]
    clock = np.concatenate([[0.0], np.cumsum(busy)])
    usual = clock[-1] / len(busy)
    active = np.arange(len(people.kind))
    at = clock[people.joined]
    who, when = [active], [people.joined]
    while active.size:
        gap = rng.gamma(regularity[active], 1 / (regularity[active] * people.rate[active]))
        at = at + np.maximum(gap, 1.0) * usual
        day = np.searchsorted(clock, at, side="right") - 1
        kept = (day < len(busy)) & (day < people.left[active])
        active, at, day = active[kept], at[kept], day[kept]
        who.append(active)
        when.append(day)
    return np.concatenate(who), np.concatenate(when)
