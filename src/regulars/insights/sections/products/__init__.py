"""What brings customers back, what is bought together, and what is bought next.

A purchase is what a customer bought on one day, of the orders whose lines are known. Only the most bought products are
told of, and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ibis.expr.types import Table

from regulars.insights.contracts import SectionJson
from regulars.insights.sections.ground import Ground
from regulars.insights.sections.products.held import (
    Held,
    chosen,
    count_segments,
    held_by,
    names_of,
)
from regulars.insights.sections.products.telling import (
    Told,
    tell_everybody,
    tell_figures,
    tell_not_returning,
    tell_pairs,
    tell_repurchase,
    tell_share,
)
from retention.products import (
    LEAST_FOLLOWED,
    Bounds,
    ComingBack,
    bought_next,
    bought_together,
    coming_back,
    count_products,
    grouped,
    repurchases,
)

MOST_PRODUCTS = 1_000
MOST_CATEGORIES = 200
BOUNDS = Bounds()
_NO_PAIRS: Mapping[str, Any] = {"cases": 0, "looked_at": 0, "left_out": 0, "every": 1, "pairs": []}


def find_products(ground: Ground) -> SectionJson:
    """Return what is known of the products, those bought in most purchases first."""
    horizon = ground.scored.analysis.report.meta.horizon_days
    told = {
        "as_of": ground.as_of.isoformat(),
        "currency": ground.business.reporting_currency,
        "horizon_days": horizon,
        "thresholds": asdict(BOUNDS) | {"least_followed": LEAST_FOLLOWED, "most_products": MOST_PRODUCTS},
    }
    with held_by(ground) as held:
        return told | (_nothing() if held is None else _found(ground, held, horizon))


def _nothing() -> Told:
    return {
        "all_products": 0,
        "purchases": 0,
        "everybody": tell_share(0, 0),
        "products": [],
        "categories": [],
        "not_returning": [],
        "together": _NO_PAIRS,
        "next": _NO_PAIRS,
    }


def _found(ground: Ground, held: Held, horizon: int) -> Told:
    counted = count_products(held.of_buyers)
    rows = _most(counted, MOST_PRODUCTS)
    codes = [row["product"] for row in rows]
    looked_at = chosen(codes)
    compared = _compared(ground, held, held.baskets, horizon, codes)
    of_buyers = held.of_buyers.semi_join(looked_at, "product")
    again = repurchases(held.baskets, of_buyers, held.numbered, as_of=ground.as_of, horizon_days=horizon)
    names, segments = names_of(held, codes), count_segments(ground, held, codes)
    products = [
        {
            **names[code],
            "purchases": row["purchases"],
            **tell_figures(row["buyers"], held.sold.get(code, (0, 0)), compared[code], alpha=BOUNDS.alpha),
            **tell_repurchase(again.get(code)),
            "segments": segments.get(code, {}),
        }
        for code, row in zip(codes, rows, strict=True)
    ]
    ids = {code: names[code]["product_id"] for code in codes}
    return {
        "all_products": int(counted.count().to_pyarrow().as_py()),
        "purchases": int(held.baskets.purchase.nunique().to_pyarrow().as_py()),
        "everybody": tell_everybody(next(iter(compared.values()), None)),
        "products": products,
        "categories": _categories(ground, held, horizon),
        "not_returning": [tell_not_returning(each) for each in products if each["verdict"] == "below"],
        "together": tell_pairs(bought_together(held.baskets, looked_at, BOUNDS), ids),
        "next": tell_pairs(bought_next(held.baskets, held.numbered, looked_at, BOUNDS), ids),
    }


def _categories(ground: Ground, held: Held, horizon: int) -> list[Told]:
    """Return the figures of the categories that most customers bought of; products without one are in none."""
    of_products = held.products.filter(held.products.category != "")
    groups = of_products.select("product", group="category")
    bought = held.of_buyers.join(groups, "product").select("buyer", product="group").distinct()
    counted = bought.group_by("product").aggregate(purchases=bought.count().cast("int64"))
    rows = _most(counted, MOST_CATEGORIES)
    names = [row["product"] for row in rows]
    first = held.baskets.filter(held.baskets.purchase == held.baskets.buyer)
    compared = _compared(ground, held, grouped(first, groups), horizon, names)
    sold = _sums(held, groups)
    return [
        {"name": name, **tell_figures(row["purchases"], sold[name], compared[name], alpha=BOUNDS.alpha)}
        for name, row in zip(names, rows, strict=True)
    ]


def _most(counted: Table, most: int) -> list[Told]:
    rows: list[Told] = counted.order_by(counted.purchases.desc(), "product").limit(most).to_pyarrow().to_pylist()
    return rows


def _compared(
    ground: Ground, held: Held, baskets: Table, horizon: int, products: Sequence[Any]
) -> dict[Any, ComingBack]:
    found = coming_back(baskets, held.numbered, as_of=ground.as_of, horizon_days=horizon, products=products)
    return {each.product: each for each in found}


def _sums(held: Held, groups: Table) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for row in groups.to_pyarrow().to_pylist():
        amount, back = held.sold.get(row["product"], (0, 0))
        before = sums.get(row["group"], (0, 0))
        sums[row["group"]] = (before[0] + amount, before[1] + back)
    return sums
