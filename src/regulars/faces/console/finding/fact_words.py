"""Facts and their values as one reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from regulars.faces.console.templatetags.console import day, recently
from regulars.facts.contracts import Fact, FactType, Unit
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark, ngettext

FAMILY_WORDS: Mapping[str, str] = {
    "profile": mark("Who they are"),
    "orders": mark("What they buy"),
    "purchases": mark("What they buy"),
    "loyalty": mark("How they take part"),
    "cart": mark("The order"),
    "line": mark("The line of the order"),
    "rfm": mark("How they buy"),
    "churn": mark("Who is leaving"),
    "clv": mark("What they are worth"),
    "expected": mark("What is to be expected"),
    "traits": mark("What this business keeps"),
}


def label_of(fact: Fact) -> str:
    """Return what a fact is called."""
    return gettext(fact.label)


def family_of(fact: Fact) -> str:
    """Return what the facts of a family have in common, in words."""
    family = fact.name.partition(".")[0]
    return gettext(FAMILY_WORDS[family]) if family in FAMILY_WORDS else family


def value_in_words(fact: Fact, value: Any, currency: str) -> str:
    """Return a value of a fact; a dash where nothing is known."""
    if value is None or value in ("", []):
        return formats.MISSING
    return _WORDS[fact.type](fact, value, currency)


def _number(fact: Fact, value: Any, _currency: str) -> str:
    if fact.unit is Unit.SHARE:
        return formats.percent(float(value), 1)
    digits = 0
    if isinstance(value, Decimal):
        digits = max(0, -int(value.normalize().as_tuple().exponent))
    if isinstance(value, float):
        digits = 1
    shown = formats.number(float(value) if digits else int(value), digits)
    if fact.unit is Unit.DAYS:
        return ngettext("{count} day", "{count} days", round(value)).format(count=shown)
    return shown


def _texts(_fact: Fact, value: Any, _currency: str) -> str:
    return ", ".join(map(str, value))


_WORDS: Mapping[FactType, Callable[[Fact, Any, str], str]] = {
    FactType.INTEGER: _number,
    FactType.NUMBER: _number,
    FactType.FRACTION: _number,
    FactType.MONEY: lambda _, value, currency: formats.money(value, currency),
    FactType.BOOLEAN: lambda _, value, __: gettext("Yes") if value else gettext("No"),
    FactType.TEXT: lambda _, value, __: str(value),
    FactType.CHOICE: lambda fact, value, _: gettext(fact.choices.get(value, str(value))),
    FactType.TEXTS: _texts,
    FactType.DAY: lambda _, value, __: day(value),
    FactType.MOMENT: lambda _, value, __: recently(value),
}
