"""When the demo shop is busy: the week, the year, and the days when its doors are shut."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

# Monday to Sunday: Saturday is the shops' day, on Sunday only the online shop sells.
WEEK = np.array([0.85, 0.85, 0.95, 1.0, 1.2, 1.6, 0.55])
SUNDAY = 6
MONTHS = np.array([0.82, 0.9, 0.98, 1.02, 1.0, 0.95, 0.78, 0.74, 0.98, 1.04, 1.15, 1.35])
ADVENT_FROM = (11, 15)
ADVENT_UNTIL = (12, 23)
SHUT = frozenset({(12, 25), (12, 26), (1, 1)})
NOISE = 0.07


def days_of(start: date, days: int) -> list[date]:
    """Return `days` days from `start` on."""
    return [start + timedelta(days=number) for number in range(days)]


def is_advent(day: date) -> bool:
    """Tell whether people buy presents on `day`."""
    return ADVENT_FROM <= (day.month, day.day) <= ADVENT_UNTIL


def is_shut(day: date) -> bool:
    """Tell whether the shops are closed on `day` and only the online shop sells."""
    return day.weekday() == SUNDAY or (day.month, day.day) in SHUT


def demand(days: list[date], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how busy each day is, compared with a usual one (1)."""
    week = WEEK[[day.weekday() for day in days]]
    year = MONTHS[[day.month - 1 for day in days]]
    advent = np.where([is_advent(day) for day in days], 1.25, 1.0)
    shut = np.where([(day.month, day.day) in SHUT for day in days], 0.3, 1.0)
    weather = rng.lognormal(0.0, NOISE, len(days))
    busy = week * year * advent * shut * weather
    return np.asarray(busy, dtype=np.float64)
