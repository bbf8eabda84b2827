"""The products that are bought most: which bring customers back, what is bought together, and what next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.figures import shown
from regulars.faces.console.latest import find_latest
from regulars.faces.console.paging import WrongPlace
from regulars.faces.console.permission import needs
from regulars.faces.console.products.figure import figure_of
from regulars.faces.console.products.pairs import NEXT, TOGETHER, PairLine, lines_of
from regulars.faces.console.products.wording import (
    Bar,
    Told,
    bar_of,
    define,
    interval_in_words,
    name_in_words,
    sentence_of,
    share_in_words,
    verdict_in_words,
)
from regulars.insights import queries as insights
from regulars.insights.contracts import PRODUCTS, SectionJson
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.text import fold
from regulars.orders.queries import map_products

ROWS = 50
PAIRS = 10
_SORTS = ("revenue", "buyers", "came_back", "bought_again", "sent_back")
# What a phone has room for beside the name.
_ALWAYS = {"came_back"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column's head, which sorts by it."""

    name: str
    label: str
    definition: str
    look: str
    address: str
    sorted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A product in words."""

    name: str
    category: str
    address: str
    revenue: str
    buyers: str
    came_back: str
    interval: str
    bar: Bar | None
    verdict: str
    tone: str
    bought_again: str
    sent_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; `sort` begins with a minus where the least come first."""

    search: str
    category: str
    sort: str
    start: int

    def address(self, **different: Any) -> str:
        """Return the address of this list, but for what is different; without a start unless one is given."""
        other = replace(self, **{"start": 0} | different)
        told = {"q": other.search, "category": other.category, "sort": other.sort, "from": other.start or ""}
        query = {name: value for name, value in told.items() if value and (name, value) != ("sort", _SORTS[0])}
        return reverse("console:products") + (f"?{urlencode(query)}" if query else "")


@needs("insights.read")
@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Show the products as the last run found them: searched, sorted, of one category."""
    asked, latest = _asked(request), find_latest()
    found = latest.section(PRODUCTS) if latest else None
    context: dict[str, Any] = {
        "is_before_first_run": latest is None,
        "is_before_products": latest is not None and found is None,
        "may_run": request.user.has_perm("insights.run"),
        "no_orders": not (found and found["products"]) and not insights.has_purchases(),
    }
    if found:
        context |= _context(found, asked)
    if found and getattr(request, "htmx", False) and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return render(request, "console/_products.html", context)
    return render(request, "console/products.html", context)


def _asked(request: HttpRequest) -> Asked:
    place = request.GET.get("from", "")
    if place and not (place.isascii() and place.isdecimal() and len(place) < 6):
        raise WrongPlace(gettext("The address names no place in this list."))
    sort = request.GET.get("sort", "")
    return Asked(
        search=request.GET.get("q", "").replace("\0", "")[:200].strip(),
        category=request.GET.get("category", "").replace("\0", "")[:200],
        sort=sort if sort.removeprefix("-") in _SORTS else _SORTS[0],
        start=int(place or 0),
    )


def _context(found: SectionJson, asked: Asked) -> dict[str, Any]:
    chosen = _chosen(found["products"], asked)
    page = chosen[asked.start : asked.start + ROWS]
    is_asked = bool(asked.search or asked.category)
    earlier = asked.address(start=asked.start + ROWS) if len(chosen) > asked.start + ROWS else ""
    return {
        "asked": asked,
        "found": found,
        "sentence": sentence_of(found),
        "heads": [_head(name, asked, found["horizon_days"]) for name in _SORTS],
        "rows": _rows(page, found["currency"]),
        "counted": _counted(len(chosen), found, is_asked=is_asked),
        "categories": sorted({each["category"] for each in found["products"]} - {""}, key=fold),
        "newest": asked.address() if asked.start else "",
        "earlier": earlier,
        "figure": shown(figure_of(found)),
        "groups": _groups(found),
        "together": _pairs(found, TOGETHER),
        "next": _pairs(found, NEXT),
        "as_of": formats.day(date.fromisoformat(found["as_of"])),
        "days": found["horizon_days"],
        "least": found["thresholds"]["least_followed"],
    }


def _chosen(products: Sequence[Told], asked: Asked) -> list[Told]:
    words = fold(asked.search).split()
    fitting = [
        each
        for each in products
        if (not asked.category or each["category"] == asked.category)
        and all(word in fold(each["name"]) for word in words)
    ]
    name, rising = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    value = _VALUES[name]
    known = [(value(each, rising), each) for each in fitting]
    some = sorted((pair for pair in known if pair[0] is not None), key=lambda pair: pair[0], reverse=not rising)
    # Where nothing is known it stands last, whichever way.
    return [each for _, each in some] + [each for number, each in known if number is None]


_VALUES: Mapping[str, Callable[[Told, bool], Any]] = {
    "revenue": lambda each, _: each["revenue_minor"],
    "buyers": lambda each, _: each["buyers"],
    # By the end of the interval that few cases cannot carry away.
    "came_back": lambda each, rising: each["came_back"]["high" if rising else "low"],
    "bought_again": lambda each, rising: each["bought_again"]["high" if rising else "low"],
    "sent_back": lambda each, _: each["sent_back_share"],
}


def _rows(page: Sequence[Told], currency: str) -> list[Row]:
    # They may have been renamed since the run.
    now = map_products([UUID(each["product_id"]) for each in page])
    return [_row(each, _name(each, now), currency) for each in page]


def _name(told: Told, now: Mapping[UUID, Any]) -> str:
    product = now.get(UUID(told["product_id"]))
    return (product.name or product.external_id) if product else name_in_words(told["name"])


def _row(told: Told, name: str, currency: str) -> Row:
    verdict, tone = verdict_in_words(told["verdict"])
    return Row(
        name=name,
        category=told["category"],
        address=reverse("console:product", args=[told["product_id"]]),
        revenue=formats.money(told["revenue_minor"], currency, whole=True),
        buyers=formats.number(told["buyers"]),
        came_back=share_in_words(told["came_back"]),
        interval=interval_in_words(told["came_back"]),
        bar=bar_of(told["came_back"]),
        verdict=verdict,
        tone=tone,
        bought_again=share_in_words(told["bought_again"]),
        sent_back=formats.percent(told["sent_back_share"]),
    )


def _head(name: str, asked: Asked, horizon_days: int) -> Head:
    label, definition = define(name, horizon_days)
    is_sorted, rising = asked.sort.removeprefix("-") == name, asked.sort.startswith("-")
    return Head(
        name=name,
        label=label,
        definition=definition,
        look="n" if name in _ALWAYS else "n wide-only",
        address=asked.address(sort=f"-{name}" if is_sorted and not rising else name),
        sorted=("ascending" if rising else "descending") if is_sorted else "",
    )


def _counted(count: int, found: SectionJson, *, is_asked: bool) -> str:
    shown_of, total = len(found["products"]), found["all_products"]
    if is_asked:
        return ngettext("{count} product found", "{count} products found", count).format(count=formats.number(count))
    if total > shown_of:
        words = gettext("The {count} products bought most, of {total}")
        return words.format(count=formats.number(shown_of), total=formats.number(total))
    return ngettext("{count} product", "{count} products", total).format(count=formats.number(total))


def _groups(found: SectionJson) -> list[Row]:
    """Return the categories as rows; each leads to its products."""
    nothing = {"value": None, "low": None}
    plain = Asked(search="", category="", sort=_SORTS[0], start=0)
    rows = []
    for each in found["categories"]:
        told = each | {"product_id": UUID(int=0), "category": "", "bought_again": nothing}
        rows.append(replace(_row(told, each["name"], found["currency"]), address=plain.address(category=each["name"])))
    return rows


def _pairs(found: SectionJson, kind: str) -> list[PairLine]:
    return lines_of(found, found[kind]["pairs"][:PAIRS])
