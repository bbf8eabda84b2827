"""The parts of a condition as chips: in words where there are some, as their text where there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from regulars.faces.console.finding.fact_words import label_of
from regulars.faces.console.finding.parts import DURATIONS, NO_VALUE, SPANS, Part, asked_of
from regulars.facts.contracts import TEMPORAL, Fact, FactType
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.orders.queries import map_products

_BUYERS = re.compile(
    r'purchases\.count\(where: product_ids contains "(?P<product>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"\) >= 1'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A part of the filter, where it is changed, and the address of the list without it."""

    text: str
    opens: str
    without: str


def in_words(part: Part, currency: str) -> str:
    """Return what a line asks, as one says it."""
    if part.fact is None:
        return _bought(part.text) or part.text
    words = [_label(part, part.fact), asked_of(part.fact).get(part.asked, part.asked)]
    if part.asked == "between":
        low, high = (_shown(value, part.fact, currency) for value in part.values)
        words.append(gettext("{low} and {high}").format(low=low, high=high))
    elif part.asked in DURATIONS:
        words.append(f"{part.values[0]} {gettext(SPANS.get(part.unit, part.unit))}")
    elif part.asked not in NO_VALUE:
        words.append(_shown(part.values[0], part.fact, currency))
    return " ".join(words)


def _bought(text: str) -> str:
    """Return in words that somebody has bought a product, as pages of products ask it; else nothing."""
    named = _BUYERS.fullmatch(text)
    product = map_products([UUID(named["product"])]).get(UUID(named["product"])) if named else None
    return gettext("Bought {product}").format(product=product.name) if product else ""


def _label(part: Part, fact: Fact) -> str:
    if part.on:
        return gettext("{fact} on {day}").format(fact=label_of(fact), day=formats.day(date.fromisoformat(part.on)))
    if part.since or part.until:
        return _between(label_of(fact), part.since, part.until)
    if not part.window:
        return label_of(fact)
    unit = gettext(SPANS.get(part.window_unit, part.window_unit))
    return gettext("{fact} in the last {amount} {unit}").format(fact=label_of(fact), amount=part.window, unit=unit)


def _between(label: str, since: str, until: str) -> str:
    """Return what is counted in days from one until before another, one of which may be nothing."""
    first = formats.day(date.fromisoformat(since)) if since else ""
    if not until:
        return gettext("{fact} since {day}").format(fact=label, day=first)
    if not since:
        return gettext("{fact} before {day}").format(fact=label, day=formats.day(date.fromisoformat(until)))
    last = formats.day(date.fromordinal(max(1, date.fromisoformat(until).toordinal() - 1)))
    return gettext("{fact} from {first} to {last}").format(fact=label, first=first, last=last)


def _shown(value: str, fact: Fact, currency: str) -> str:
    if fact.type is FactType.MONEY:
        return f"{value} {currency}"
    if fact.type is FactType.CHOICE:
        return gettext(fact.choices.get(value, value))
    if fact.type in TEMPORAL:
        return formats.day(date.fromisoformat(value))
    return value
