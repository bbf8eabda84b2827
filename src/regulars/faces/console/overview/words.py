"""Metrics in words: values in their unit, changes with whether they are more than chance, and windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from regulars.faces.console.overview.reading import Reading
from regulars.insights.catalogue import NO_WINDOW, Better, Metric, MetricUnit
from regulars.insights.contracts import Point
from regulars.insights.queries import find_people
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.wording import cash, relative_change, signed_percent, signed_points


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a metric has changed: in words, in the tone of good or bad, and whether chance alone may be behind it."""

    text: str
    tone: str
    by_chance: bool


def value_in_words(metric: Metric, value: float | None, currency: str) -> str:
    """Return a value in the unit of its metric."""
    match metric.unit:
        case MetricUnit.SHARE:
            return formats.percent(value, 1)
        case MetricUnit.MONEY:
            return cash(value, currency)
        case MetricUnit.NUMBER:
            return formats.number(value, 2)
    return formats.number(value)


def interval_in_words(metric: Metric, point: Point | None, currency: str) -> str:
    """Return between which bounds a value lies with 95 %; empty where it has none."""
    if point is None or point.low is None or point.high is None:
        return ""
    words = gettext("95 %: {low} – {high}")
    return words.format(
        low=value_in_words(metric, point.low, currency), high=value_in_words(metric, point.high, currency)
    )


def change_since(reading: Reading, before: Point | None) -> Change | None:
    """Return how a metric has changed against a point; None where there is nothing to compare."""
    now = reading.now
    if now is None or now.value is None or before is None or before.value is None:
        return None
    difference = now.value - before.value
    if reading.metric.unit is MetricUnit.SHARE:
        text = signed_points(difference)
    else:
        text = signed_percent(relative_change(now.value, before.value))
    by_chance = is_by_chance(now, before)
    tone = "" if by_chance or difference == 0 else _tone(reading.metric, rises=difference > 0)
    return Change(text=text, tone=tone, by_chance=by_chance)


def is_by_chance(now: Point, before: Point) -> bool:
    """Tell whether two estimates differ by no more than chance would let them; what is counted has no chance in it.

    Where only the newer one has an interval, the older one is taken to have been as exact.
    """
    width = _half_width(now)
    if width is None or now.value is None or before.value is None:
        return False
    then = _half_width(before)
    return abs(now.value - before.value) <= math.hypot(width, width if then is None else then)


def _half_width(point: Point) -> float | None:
    return None if point.low is None or point.high is None else (point.high - point.low) / 2


def _tone(metric: Metric, *, rises: bool) -> str:
    if metric.better is Better.NEITHER:
        return ""
    return "up" if rises == (metric.better is Better.MORE) else "down"


def target_state(reading: Reading) -> str:
    """Return `met`, `missed`, `open` where the interval reaches both sides, or an empty text without a target."""
    now, target = reading.now, reading.target
    if target is None or now is None or now.value is None or reading.metric.better is Better.NEITHER:
        return ""
    low, high = now.low if now.low is not None else now.value, now.high if now.high is not None else now.value
    if reading.metric.better is Better.MORE:
        return "met" if now.value >= target.value else "missed" if high < target.value else "open"
    return "met" if now.value <= target.value else "missed" if low > target.value else "open"


def people_address(reading: Reading) -> str:
    """Return where the customers behind a metric are listed; empty where nobody in particular is."""
    metric, point = reading.metric, reading.now
    if not metric.people or point is None:
        return ""
    condition = find_people(metric, until=point.until, window_days=reading.window_days)
    return f"{reverse('console:customers')}?{urlencode({'where': condition})}"


def metric_address(name: str, window_days: int) -> str:
    """Return where a metric has its page."""
    address = reverse("console:metric", args=[name])
    return address if window_days == NO_WINDOW else f"{address}?{urlencode({'window': window_days})}"
