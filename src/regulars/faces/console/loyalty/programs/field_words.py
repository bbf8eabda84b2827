"""What the fields of a programme's document are called, and their values in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from regulars.faces.console.loyalty.programs.words import decimal_words
from regulars.kit.i18n import gettext, mark

# The parts that stand in lists under a key of their own.
PART_WORDS: Mapping[str, str] = {
    "currencies": mark("Point currency"),
    "rules": mark("Rule"),
    "budgets": mark("Budget"),
    "tier_sets": mark("Tier set"),
    "tiers": mark("Tier"),
    "vouchers": mark("Vouchers"),
    "rewards": mark("Reward"),
}
FIELD_WORDS: Mapping[str, str] = {
    "activation": mark("when points become active"),
    "after": mark("how long after"),
    "amount": mark("amount"),
    "authority": mark("who may adjust points"),
    "base": mark("what counts"),
    "basis": mark("what reaches a tier"),
    "beneficiary": mark("who is granted"),
    "benefits": mark("benefits"),
    "birthday_reward": mark("reward on the birthday"),
    "budgets": mark("budgets"),
    "by": mark("by what"),
    "by_role": mark("most points by role"),
    "cancel_after": mark("cancelled after"),
    "caps": mark("bounds"),
    "combines": mark("combines with others"),
    "condition": mark("condition"),
    "cost": mark("cost"),
    "counts_for_tiers": mark("counts for tiers"),
    "currencies": mark("point currencies"),
    "currency": mark("currency"),
    "dates": mark("dates"),
    "day": mark("day"),
    "description": mark("description"),
    "details": mark("details"),
    "discounts": mark("discounts"),
    "downgrade": mark("how far one falls"),
    "early_access_hours": mark("hours of early access"),
    "end": mark("last day"),
    "enrolment": mark("how one becomes a member"),
    "event": mark("event"),
    "expiry": mark("how long points are good"),
    "expression": mark("formula"),
    "factor": mark("factor"),
    "field": mark("field"),
    "first_month": mark("first month"),
    "format": mark("format"),
    "free_shipping": mark("free shipping"),
    "funding": mark("whose money the points are"),
    "gift_cards": mark("gift cards"),
    "gives": mark("what it gives"),
    "good_for": mark("good for"),
    "grace_days": mark("days of grace"),
    "grant": mark("grant"),
    "group": mark("exclusive group"),
    "hold_minutes": mark("minutes that a code is held"),
    "hours": mark("hours"),
    "key": mark("key"),
    "kind": mark("kind"),
    "least_points": mark("least points at once"),
    "limits": mark("limits"),
    "minimum": mark("least that the order comes to"),
    "minutes": mark("minutes"),
    "money": mark("in money"),
    "month": mark("month"),
    "most": mark("at most"),
    "most_percent": mark("greatest share of the order"),
    "multipliers": mark("multipliers"),
    "name": mark("name"),
    "of": mark("of what"),
    "off": mark("what it takes off"),
    "on": mark("what sets it off"),
    "on_shortfall": mark("what becomes of points that are missing"),
    "opt_in": mark("only once activated"),
    "other_currencies": mark("other currencies"),
    "otherwise": mark("otherwise"),
    "over": mark("what goes over it"),
    "pattern": mark("pattern of the codes"),
    "per": mark("for each"),
    "percent": mark("percent"),
    "period": mark("period"),
    "points": mark("points"),
    "points_are": mark("what points that pay are"),
    "priority": mark("priority"),
    "product": mark("product"),
    "program": mark("programme"),
    "reference": mark("reference"),
    "reserve_minutes": mark("minutes that it is reserved"),
    "rewards": mark("rewards"),
    "round_per": mark("rounded for each"),
    "round_to": mark("moved to the end of"),
    "rounding": mark("rounding"),
    "rrule": mark("iCal rule"),
    "rules": mark("rules"),
    "scope": mark("for whom"),
    "second_above": mark("a second person above"),
    "series": mark("voucher series"),
    "shipped": mark("shipped"),
    "shipping": mark("shipping"),
    "span": mark("how long"),
    "start": mark("first day"),
    "stock": mark("stock"),
    "tax": mark("tax"),
    "threshold": mark("threshold"),
    "tier_set": mark("tier set"),
    "tier_sets": mark("tier sets"),
    "tiers": mark("tiers"),
    "times": mark("times"),
    "to": mark("for whom"),
    "upgrade": mark("when one climbs"),
    "uses": mark("times that a code is used"),
    "uses_per_member": mark("times for each member"),
    "value": mark("what a point is worth"),
    "vouchers": mark("vouchers"),
    "words": mark("in words"),
    "years": mark("years later"),
    "zone": mark("time zone"),
}


def field_words(name: str) -> str:
    """Return what a field is called; what is no field, as the code of a currency, is itself."""
    return gettext(FIELD_WORDS[name]) if name in FIELD_WORDS else name


def value_words(value: Any) -> str:
    """Return a plain value as one reads it."""
    match value:
        case None:
            return "–"
        case bool():
            return gettext("yes") if value else gettext("no")
        case int() | Decimal():
            return decimal_words(value)
        case str():
            return value or "–"
        case Mapping():
            named = value.get("name")
            return (
                str(named)
                if named
                else ", ".join(f"{field_words(key)} {value_words(each)}" for key, each in value.items())
            )
        case _:
            return ", ".join(map(value_words, value)) or "–"
