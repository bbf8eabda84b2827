"""The RFM map: a table of customers by how lately and how often they buy, each cell leading to its customers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from regulars.insights.contracts import Boundaries, RfmCell, RfmMap
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext
from regulars.report.page.figures import Column, Figure
from regulars.report.segments import segment_look
from regulars.report.wording import cash

SCORES = (5, 4, 3, 2, 1)
_HEAT_LEVELS = 7
_COLUMNS = ("rfm.segment", "orders.revenue", "clv.expected_12m", "churn.risk", "orders.last")
# By name in the address: what it is called, and what stands at the edge.
ACROSS: Mapping[str, tuple[str, str]] = {
    "frequency": (mark("How often"), mark("Purchases")),
    "worth": (mark("How often and how much"), mark("How often and how much")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A score at the edge of the map, and what it means of a customer."""

    score: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Customers with two scores; `level` is the cell's colour, 0 the palest. Empty cells lead nowhere."""

    text: str
    spoken: str
    segments: str
    level: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A choice with its address."""

    text: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The map in words; `data` holds all of it by the three scores, as the download gives it."""

    heads: Sequence[Head]
    rows: Sequence[tuple[Head, Sequence[Cell]]]
    across: str
    measure: str
    measures: Sequence[Chip]
    axes: Sequence[Chip]
    has_gaps: bool
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What the map shows: what it is called, what it is of some cells, and by which fact its lists are sorted."""

    label: str
    sum: Callable[[Sequence[RfmCell]], int | None]
    is_money: bool
    sort: str

    def write(self, value: int | None, currency: str) -> str:
        """Return a value in words."""
        return cash(value, currency) if self.is_money else formats.number(value)


def _at_stake(cells: Sequence[RfmCell]) -> int | None:
    known = [each.revenue_at_stake_minor for each in cells if each.revenue_at_stake_minor is not None]
    return sum(known) if known else None


# By name in the address.
MEASURES: Mapping[str, Measure] = {
    "customers": Measure(
        label=mark("Customers"),
        sum=lambda cells: sum(each.customers for each in cells),
        is_money=False,
        sort="clv.expected_12m",
    ),
    "revenue": Measure(
        label=mark("Revenue so far"),
        sum=lambda cells: sum(each.revenue_minor for each in cells),
        is_money=True,
        sort="orders.revenue",
    ),
    "at-stake": Measure(label=mark("At stake"), sum=_at_stake, is_money=True, sort="clv.expected_12m"),
}


def table_of(told: RfmMap, boundaries: Boundaries | None, currency: str, *, measure: str, across: str) -> Table:
    """Return the map by a measure; what the address asks for and is not there, is as if it asked for nothing."""
    measure = measure if measure in MEASURES else "customers"
    across = across if across in ACROSS else "frequency"
    places = range(1, 6) if across == "frequency" else range(2, 11)
    grid = {(r, place): _among(told.cells, r, place, across) for r in SCORES for place in places}
    chosen = MEASURES[measure]
    highest = max((chosen.sum(cells) or 0 for cells in grid.values()), default=0)

    def cell(r: int, place: int) -> Cell:
        cells, address = grid[r, place], customers_address(_where(r, place, across), sort=chosen.sort)
        value = chosen.sum(cells)
        return _cell(cells, chosen.write(value, currency), _level(value, highest), address)

    return Table(
        heads=[_head_across(place, across, boundaries) for place in places],
        rows=[(_head(r, _recency(r, boundaries)), [cell(r, place) for place in places]) for r in SCORES],
        across=gettext(ACROSS[across][1]),
        measure=gettext(chosen.label),
        measures=_chips({name: each.label for name, each in MEASURES.items()}, "measure", measure, {"across": across}),
        axes=_chips({name: text for name, (text, _) in ACROSS.items()}, "across", across, {"measure": measure}),
        has_gaps=any(not any(grid[r, place] for r in SCORES) for place in places),
        data=json.dumps(_figure(told, currency).payload, ensure_ascii=False, allow_nan=False),
    )


def customers_address(where: str, *, sort: str = "clv.expected_12m") -> str:
    """Return the address of the list of customers of whom a condition is true, with what matters here as columns."""
    query = {"where": where, "show": _COLUMNS, "sort": sort}
    return f"{reverse('console:customers')}?{urlencode(query, doseq=True)}"


def _among(cells: Iterable[RfmCell], r: int, place: int, across: str) -> list[RfmCell]:
    return [each for each in cells if each.r == r and place == (each.f if across == "frequency" else each.f + each.m)]


def _cell(cells: Sequence[RfmCell], text: str, level: int, address: str) -> Cell:
    if not cells:
        return Cell(text="", spoken="", segments="", level=0, address="")
    segments = _segments_of(cells)
    spoken = gettext("{amount}: {segments}").format(amount=text, segments=segments)
    return Cell(text=text, spoken=spoken, segments=segments, level=level, address=address)


def _level(value: int | None, highest: int) -> int:
    # By the root, so that one cell that has most of it leaves the others their shades.
    share = math.sqrt(max(0, value or 0) / highest) if highest > 0 else 0.0
    return min(_HEAT_LEVELS - 1, int(share * _HEAT_LEVELS))


def _segments_of(cells: Sequence[RfmCell]) -> str:
    """Return the names of the segments that customers of some cells are in, the largest first."""
    sizes: dict[str, int] = {}
    for each in cells:
        sizes[each.segment] = sizes.get(each.segment, 0) + each.customers
    return ", ".join(segment_look(name).name for name in sorted(sizes, key=lambda name: -sizes[name]))


def _where(r: int, place: int, across: str) -> str:
    if across == "frequency":
        return f"rfm.r = {r} and rfm.f = {place}"
    pairs = [(f, place - f) for f in range(1, 6) if 1 <= place - f <= 5]
    either = " or ".join(f"(rfm.f = {f} and rfm.m = {m})" for f, m in pairs)
    return f"rfm.r = {r} and ({either})" if len(pairs) > 1 else f"rfm.r = {r} and {either.strip('()')}"


def _head(score: float, means: str) -> Head:
    return Head(score=formats.number(score, 0 if score == int(score) else 1), means=means)


def _head_across(place: int, across: str, boundaries: Boundaries | None) -> Head:
    return _head(place, _frequency(place, boundaries)) if across == "frequency" else _head(place / 2, "")


def _recency(r: int, boundaries: Boundaries | None) -> str:
    """Return how many days have passed since the last purchase of who has this score."""
    if boundaries is None:
        return ""
    cuts = boundaries.recency
    low, high = (cuts[4 - r] + 1 if r < 5 else 0), (cuts[5 - r] if r > 1 else None)
    if high is None:
        return gettext("over {days} days").format(days=formats.number(low - 1))
    if high < low:
        return ""
    if r == 5:
        return ngettext("up to {count} day", "up to {count} days", high).format(count=formats.number(high))
    return ngettext("{count} day", "{count} days", high).format(count=_span(low, high))


def _frequency(f: int, boundaries: Boundaries | None) -> str:
    """Return how many purchases those have made who have this score."""
    if boundaries is None:
        return ""
    cuts = boundaries.frequency
    low, high = (cuts[f - 2] + 2 if f > 1 else 1), (cuts[f - 1] + 1 if f < 5 else None)
    if high is None:
        return gettext("{count} or more").format(count=formats.number(low))
    return "" if high < low else _span(low, high)


def _span(low: int, high: int) -> str:
    first, last = formats.number(low), formats.number(high)
    return first if low == high else gettext("{low}–{high}").format(low=first, high=last)


def _chips(texts: Mapping[str, str], name: str, chosen: str, kept: Mapping[str, str]) -> list[Chip]:
    return [
        Chip(text=gettext(text), address=f"?{urlencode({**kept, name: each})}", current=each == chosen)
        for each, text in texts.items()
    ]


def _figure(told: RfmMap, currency: str) -> Figure:
    return Figure(
        name="rfm-map",
        title=gettext("The map"),
        unit="",
        summary="",
        columns=(
            Column(label=gettext("Recency score"), form="number"),
            Column(label=gettext("Frequency score"), form="number"),
            Column(label=gettext("Monetary score"), form="number"),
            Column(label=gettext("Segment")),
            Column(label=gettext("Customers"), form="number"),
            Column(label=gettext("Revenue so far"), form="money", currency=currency),
            Column(label=gettext("Revenue expected"), form="money", currency=currency),
            Column(label=gettext("At stake"), form="money", currency=currency),
        ),
        rows=tuple(
            (
                each.r,
                each.f,
                each.m,
                segment_look(each.segment).name,
                each.customers,
                each.revenue_minor,
                each.expected_revenue_minor,
                each.revenue_at_stake_minor,
            )
            for each in told.cells
        ),
    )
