"""What codes are called on the page: segments with their colours, models, drivers, roles of columns."""

from __future__ import annotations

import re
from collections.abc import Mapping

from regulars.kit.i18n import gettext
from retention.features import FEATURES
from retention.reasons import mark

MODEL_MEANINGS: Mapping[str, str] = {
    "NBD": mark("Everyone keeps buying at their own steady rate; nobody leaves."),
    "BG/NBD": mark("Everyone buys at their own rate and may leave after any repeat purchase."),
    "MBG/NBD": mark("Everyone buys at their own rate and may leave after any purchase, the first included."),
    "Pareto/NBD": mark("Everyone buys at their own rate and may leave at any moment."),
}

SYMBOLS: Mapping[str, str] = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}

ROLES: Mapping[str, str] = {
    "customer": mark("customer"),
    "order": mark("order"),
    "date": mark("date"),
    "amount": mark("amount"),
    "quantity": mark("quantity"),
    "price": mark("price"),
    "product": mark("product"),
    "currency": mark("currency"),
    "status": mark("status"),
    "refunded": mark("refunded amount"),
}

PERIODS: Mapping[str, tuple[str, str, str]] = {
    # The adverb, the noun, and the letter of a column's head.
    "week": (mark("weekly"), mark("week"), mark("W{n}")),
    "month": (mark("monthly"), mark("month"), mark("M{n}")),
    "quarter": (mark("quarterly"), mark("quarter"), mark("Q{n}")),
}


def model_meaning(code: str) -> str:
    """Return in one sentence what the model supposes of customers; empty for one that is not ours."""
    return gettext(MODEL_MEANINGS.get(code, ""))


def driver_name(code: str) -> str:
    """Return what a feature of the risk model measures."""
    text = gettext(FEATURES[code]) if code in FEATURES else code.replace("_", " ")
    return text[:1].upper() + text[1:]


def symbol(name: str) -> str:
    """Return a parameter as the papers write it."""
    return SYMBOLS.get(name, name)


def role_name(code: str) -> str:
    """Return what a column of the file is to us."""
    return gettext(ROLES[code]) if code in ROLES else _readable(code)


def column_name(name: str) -> str:
    """Return a column of the file as it is called there; one without a name is counted."""
    nameless = re.fullmatch(r"column (\d+)", name)
    return gettext("column {n}").format(n=nameless[1]) if nameless else name


def period_words(period: str) -> tuple[str, str, str]:
    """Return `monthly`, `month` and `M{n}` for a kind of period."""
    adverb, noun, letter = PERIODS.get(period, (period, period, "{n}"))
    return gettext(adverb), gettext(noun), gettext(letter)


def _readable(code: str) -> str:
    return code.replace("_", " ").strip().capitalize()
