"""Pairs of products, in words: what is bought together, and what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from regulars.faces.console.products.wording import Told, days_in_words, name_in_words
from regulars.insights.contracts import SectionJson
from regulars.kit import formats
from regulars.orders.contracts import Product
from regulars.orders.queries import map_products

TOGETHER, NEXT = "together", "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLine:
    """A pair of products; `share` is of those with the first, and `lift` how many times as often as by chance."""

    first: str
    first_address: str
    second: str
    second_address: str
    cases: str
    share: str
    lift: str
    days: str


def lines_of(found: SectionJson, pairs: Sequence[Told]) -> list[PairLine]:
    """Return pairs as the pages tell them, under the names that the products have now."""
    ids = {UUID(pair[side]) for pair in pairs for side in ("first", "second")}
    then = {UUID(each["product_id"]): each["name"] for each in found["products"]} if pairs else {}
    now = map_products(ids) if ids else {}
    return [_line(pair, now, then) for pair in pairs]


def partners_of(found: SectionJson, kind: str, product_id: str) -> list[Told]:
    """Return the pairs of a product, with it as the first; of what comes next, only what comes after it."""
    pairs = found[kind]["pairs"]
    mine = [pair for pair in pairs if pair["first"] == product_id]
    if kind == TOGETHER:
        mine += [_turned(pair) for pair in pairs if pair["second"] == product_id]
    return sorted(mine, key=lambda pair: -pair["lift"])


def _turned(pair: Told) -> Told:
    return {
        **pair,
        "first": pair["second"],
        "second": pair["first"],
        "confidence": pair["reverse_confidence"],
        "reverse_confidence": pair["confidence"],
    }


def _line(pair: Told, now: Mapping[UUID, Product], then: Mapping[UUID, str]) -> PairLine:
    first, second = UUID(pair["first"]), UUID(pair["second"])
    return PairLine(
        first=_name(first, now, then),
        first_address=reverse("console:product", args=[first]),
        second=_name(second, now, then),
        second_address=reverse("console:product", args=[second]),
        cases=formats.number(pair["cases"]),
        share=formats.percent(pair["confidence"]),
        lift=formats.number(pair["lift"], 1),
        days=days_in_words(pair["days"]) if "days" in pair else "",
    )


def _name(product_id: UUID, now: Mapping[UUID, Product], then: Mapping[UUID, str]) -> str:
    product = now.get(product_id)
    return (product.name or product.external_id) if product else name_in_words(then.get(product_id, ""))
