"""What the pages on products say: figures in words, with their definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.insights.contracts import SectionJson
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext

Told = Mapping[str, Any]

DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "product": (mark("Product"), ""),
    "revenue": (
        mark("Revenue"),
        mark(
            "What its lines came to, less what came back of them. Discounts on whole orders are not spread over their "
            "lines, and orders of which nobody is named as the buyer are not in it."
        ),
    ),
    "buyers": (mark("Buyers"), mark("Customers who bought it on a day that was not wholly refunded.")),
    "came_back": (
        mark("Came back"),
        mark(
            "Of those whose first purchase held it, and lies at least {days} days back, the share who bought anything "
            "again within {days} days. The line shows where the true share lies with 95 % confidence. It does not say "
            "that the product is why: who begins with it may be another kind of customer. Sorted by the end of the "
            "line that is the safe one to believe."
        ),
    ),
    "bought_again": (
        mark("Same again"),
        mark(
            "Of those who first bought it at least {days} days ago, the share who bought it again within {days} days."
        ),
    ),
    "sent_back": (
        mark("Sent back"),
        mark("Of what its lines came to, the share that came back, where a return names the line."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share and its interval as a line is drawn from them, on a scale of 0 to 100."""

    low: str
    high: str
    width: str
    value: str


def define(name: str, horizon_days: int) -> tuple[str, str]:
    """Return what a figure is called, and what it means."""
    label, text = DEFINITIONS[name]
    return gettext(label), gettext(text).format(days=formats.number(horizon_days)) if text else ""


def share_in_words(share: Told) -> str:
    """Return a share; a dash where there is none."""
    return formats.percent(share["value"])


def interval_in_words(share: Told) -> str:
    """Return the bounds of a share's interval; an empty text where it has none."""
    if share["low"] is None:
        return ""
    return gettext("{low} to {high}").format(low=formats.percent(share["low"]), high=formats.percent(share["high"]))


def counted_in_words(share: Told) -> str:
    """Return what a share was counted from, as `17 of 40`."""
    return gettext("{cases} of {of}").format(cases=formats.number(share["cases"]), of=formats.number(share["of"]))


def bar_of(share: Told) -> Bar | None:
    """Return the line of a share; None where there is none."""
    if share["low"] is None:
        return None
    low, high = 100 * share["low"], 100 * share["high"]
    return Bar(low=f"{low:.1f}", high=f"{high:.1f}", width=f"{high - low:.1f}", value=f"{100 * share['value']:.1f}")


def verdict_in_words(verdict: str) -> tuple[str, str]:
    """Return what a comparison came to, and its tone; empty where no difference is sure."""
    match verdict:
        case "above":
            return gettext("More than others"), "good"
        case "below":
            return gettext("Fewer than others"), "attention"
    return "", ""


def days_in_words(days: Told) -> str:
    """Return a median number of days; a dash where there is none."""
    if days["value"] is None:
        return formats.MISSING
    # Half days are between two days in the middle.
    digits = 0 if float(days["value"]).is_integer() else 1
    return ngettext("{count} day", "{count} days", round(days["value"])).format(
        count=formats.number(days["value"], digits)
    )


def name_in_words(name: str) -> str:
    """Return a product's name, or that it has none."""
    return name or gettext("Without a name")


def sentence_of(found: SectionJson) -> str:
    """Return what the products say, in a sentence."""
    everybody, days = found["everybody"], formats.number(found["horizon_days"])
    if everybody["value"] is None:
        return gettext("Nobody has been followed for {days} days yet, so that nobody can tell who comes back.").format(
            days=days
        )
    best = _furthest(found["products"], "above")
    if best:
        words = gettext(
            "{share} of new customers bought again within {days} days; of those who began with “{product}” it was "
            "{part}."
        )
        return _filled(words, found, best)
    worst = _furthest(found["products"], "below")
    if worst:
        words = gettext(
            "{share} of new customers bought again within {days} days; of those who began with “{product}” only {part}."
        )
        return _filled(words, found, worst)
    words = gettext(
        "{share} of new customers bought again within {days} days, whatever they began with: no product stands out "
        "surely."
    )
    return words.format(share=share_in_words(everybody), days=days)


def _furthest(products: Sequence[Told], verdict: str) -> Told | None:
    differing = [each for each in products if each["verdict"] == verdict]
    return max(differing, key=lambda each: abs(each["difference"]["value"]), default=None)


def _filled(words: str, found: SectionJson, product: Told) -> str:
    return words.format(
        share=share_in_words(found["everybody"]),
        days=formats.number(found["horizon_days"]),
        product=name_in_words(product["name"]),
        part=share_in_words(product["came_back"]),
    )
