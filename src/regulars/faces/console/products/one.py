"""One product: what its buyers did, what it is bought with, what comes next, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.latest import find_latest
from regulars.faces.console.permission import needs
from regulars.faces.console.products.pairs import NEXT, TOGETHER, lines_of, partners_of
from regulars.faces.console.products.wording import (
    Told,
    counted_in_words,
    days_in_words,
    define,
    interval_in_words,
    share_in_words,
    verdict_in_words,
)
from regulars.faces.console.scores import Figure
from regulars.insights.contracts import PRODUCTS, SectionJson
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.orders.queries import NoSuchProduct, map_products
from regulars.report.segments import SEGMENTS, segment_look


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """How many of a product's buyers are in an RFM segment."""

    name: str
    address: str
    customers: str
    share: float
    share_text: str


@needs("insights.read")
@require_safe
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product as the last run found it."""
    kept = map_products([product_id]).get(product_id)
    if kept is None:
        raise NoSuchProduct(gettext("There is no such product."))
    latest = find_latest()
    found = latest.section(PRODUCTS) if latest else None
    told = _told(found, str(product_id))
    context: dict[str, Any] = {
        "product": kept,
        "title": kept.name or kept.external_id,
        "trail": [(gettext("Products"), reverse("console:products"))],
        "is_before_products": found is None,
        "buyers_address": _buyers(product_id),
        "may_see_customers": request.user.has_perm("customers.read"),
    }
    if found and told:
        context |= _context(found, told, kept.name)
    return render(request, "console/product.html", context)


def _told(found: SectionJson | None, product_id: str) -> Told | None:
    return next((each for each in found["products"] if each["product_id"] == product_id), None) if found else None


def _context(found: SectionJson, told: Told, name: str) -> dict[str, Any]:
    product_id = told["product_id"]
    verdict, tone = verdict_in_words(told["verdict"])
    return {
        "told": told,
        "sentence": _sentence(found, told),
        "figures": _figures(found, told),
        "rows": _comparison(told),
        "verdict": verdict,
        "tone": tone,
        "is_compared": told["adjusted_p_value"] is not None,
        "least": found["thresholds"]["least_followed"],
        "days": found["horizon_days"],
        "as_of": formats.day(date.fromisoformat(found["as_of"])),
        "called_before": told["name"] if told["name"] != name else "",
        "together": lines_of(found, partners_of(found, TOGETHER, product_id)),
        "next": lines_of(found, partners_of(found, NEXT, product_id)),
        "segments": _segments(told, UUID(product_id)),
    }


def _figures(found: SectionJson, told: Told) -> Sequence[Figure]:
    days, currency = found["horizon_days"], found["currency"]
    times = ngettext("in {count} purchase", "in {count} purchases", told["purchases"])
    back = gettext("{share} of it sent back").format(share=formats.percent(told["sent_back_share"], 1))
    again = gettext("half of them within {days}").format(days=days_in_words(told["days_to_again"]))
    return [
        _figure("buyers", days, formats.number(told["buyers"]), times.format(count=formats.number(told["purchases"]))),
        _figure("revenue", days, formats.money(told["revenue_minor"], currency, whole=True), back),
        _figure("came_back", days, share_in_words(told["came_back"]), interval_in_words(told["came_back"])),
        _figure(
            "bought_again",
            days,
            share_in_words(told["bought_again"]),
            again if told["days_to_again"]["value"] is not None else counted_in_words(told["bought_again"]),
        ),
    ]


def _figure(name: str, days: int, value: str, more: str) -> Figure:
    label, definition = define(name, days)
    return Figure(name=name, label=label, definition=definition, value=value, more=more)


def _sentence(found: SectionJson, told: Told) -> str:
    mine, others, days = told["came_back"], told["others_came_back"], formats.number(found["horizon_days"])
    if mine["value"] is None or others["value"] is None:
        return gettext("Too few began with it, or too lately, to say whether they come back.")
    shares = {"share": share_in_words(mine), "others": share_in_words(others), "days": days}
    match told["verdict"]:
        case "above":
            words = gettext(
                "Of those who began with it {share} came back within {days} days, of all others {others}: surely more."
            )
        case "below":
            words = gettext(
                "Of those who began with it {share} came back within {days} days, of all others {others}: surely fewer."
            )
        case _:
            words = gettext(
                "Of those who began with it {share} came back within {days} days, of all others {others}: "
                "no difference that could not be chance."
            )
    return words.format(**shares)


def _comparison(told: Told) -> list[tuple[str, str, str, str]]:
    """Return the shares that came back: what is told of, the share, its interval, what it was counted from."""
    mine, others, difference = (told[name] for name in ("came_back", "others_came_back", "difference"))
    return [
        (gettext("Began with it"), _precise(mine), _bounds(mine), counted_in_words(mine)),
        (gettext("All others"), _precise(others), _bounds(others), ""),
        (gettext("Difference, in points"), _points(difference["value"]), _point_bounds(difference), ""),
    ]


def _precise(share: Told) -> str:
    return formats.percent(share["value"], 1)


def _bounds(share: Told) -> str:
    if share["low"] is None:
        return formats.MISSING
    return gettext("{low} to {high}").format(
        low=formats.percent(share["low"], 1), high=formats.percent(share["high"], 1)
    )


def _points(value: float | None) -> str:
    return formats.MISSING if value is None else formats.number(100 * value, 1)


def _point_bounds(difference: Told) -> str:
    if difference["low"] is None:
        return formats.MISSING
    return gettext("{low} to {high}").format(low=_points(difference["low"]), high=_points(difference["high"]))


def _segments(told: Told, product_id: UUID) -> list[Segment]:
    counts = told["segments"]
    total = sum(counts.values()) or 1
    return [
        Segment(
            name=segment_look(name).name,
            address=_buyers(product_id, f'rfm.segment = "{name}"'),
            customers=formats.number(counts[name]),
            share=counts[name] / total,
            share_text=formats.percent(counts[name] / total),
        )
        for name in SEGMENTS
        if counts.get(name)
    ]


def _buyers(product_id: UUID, also: str = "") -> str:
    """Return the address of the customers who bought it, as they are now."""
    condition = f'purchases.count(where: product_ids contains "{product_id}") >= 1'
    query = {"where": f"{condition} and {also}" if also else condition}
    return f"{reverse('console:customers')}?{urlencode(query)}"
