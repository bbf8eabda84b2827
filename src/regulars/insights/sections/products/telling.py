"""What science says of products, as JSON: shares as they are counted, and nothing where there is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from retention.estimates import Interval, wilson
from retention.products import ComingBack, Pair, Pairs, Repurchase

Told = dict[str, Any]
# More digits than any page shows.
_DIGITS = 6


def tell_share(cases: int, of: int) -> Told:
    """Return a share with its interval and what it was counted from."""
    return {"cases": cases, "of": of, **tell_interval(wilson(cases, of))}


def tell_interval(interval: Interval) -> Told:
    """Return a value and its bounds."""
    return {"value": _number(interval.value), "low": _number(interval.low), "high": _number(interval.high)}


def tell_figures(buyers: int, sold: tuple[int, int], compared: ComingBack, *, alpha: float) -> Told:
    """Return the figures of a product or a category; `sold` is what its lines came to, and what of that came back."""
    sold_minor, back_minor = sold
    return {
        "buyers": buyers,
        "revenue_minor": sold_minor - back_minor,
        "sold_minor": sold_minor,
        "sent_back_minor": back_minor,
        "sent_back_share": _number(back_minor / sold_minor) if sold_minor > 0 else None,
        "first_buyers": compared.first_buyers,
        "came_back": tell_share(compared.returned, compared.followed),
        "others_came_back": tell_interval(compared.others),
        "difference": tell_interval(compared.difference),
        "adjusted_p_value": None if compared.adjusted_p_value is None else _number(compared.adjusted_p_value),
        "verdict": "below" if compared.is_below(alpha) else "above" if compared.is_above(alpha) else "",
    }


def tell_repurchase(again: Repurchase | None) -> Told:
    """Return who bought the same product again."""
    nothing = dict.fromkeys(("value", "low", "high"))
    return {
        "bought_again": tell_share(again.repurchased, again.followed) if again else tell_share(0, 0),
        "days_to_again": tell_interval(again.median_days) if again else nothing,
    }


def tell_everybody(compared: ComingBack | None) -> Told:
    """Return the share of all first purchases that were followed by another, out of any one comparison."""
    if compared is None:
        return tell_share(0, 0)
    return tell_share(compared.all_returned, compared.all_followed)


def tell_not_returning(product: Mapping[str, Any]) -> Told:
    """Return a product whose buyers come back less often than others, as a list of what needs attention shows it."""
    share = product["came_back"]
    return {
        "product_id": product["product_id"],
        "name": product["name"],
        "followed": share["of"],
        "returned_share": share["value"],
        "low": share["low"],
        "high": share["high"],
        "others_share": product["others_came_back"]["value"],
        "revenue_minor": product["revenue_minor"],
    }


def tell_pairs(found: Pairs, ids: Mapping[Any, str]) -> Told:
    """Return pairs of products by their ids, those with the most evidence first."""
    return {
        "cases": found.all_cases,
        "looked_at": found.looked_at,
        "left_out": found.left_out,
        "every": found.every,
        "pairs": [_tell_pair(pair, ids) for pair in found.pairs],
    }


def _tell_pair(pair: Pair, ids: Mapping[Any, str]) -> Told:
    told = {
        "first": ids[pair.first],
        "second": ids[pair.second],
        "cases": pair.cases,
        "customers": pair.customers,
        "support": _number(pair.support),
        "confidence": _number(pair.confidence),
        "reverse_confidence": _number(pair.reverse_confidence),
        "lift": _number(pair.lift),
        "adjusted_p_value": _number(pair.adjusted_p_value),
    }
    return told if pair.median_days is None else told | {"days": tell_interval(pair.median_days)}


def _number(value: float) -> float | None:
    return round(float(value), _DIGITS) if math.isfinite(value) else None
