"""Between a rule of the document and the fields of its form. `told_of` and `plain_of` are each other's opposites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from regulars.faces.console.loyalty.programs.hours_words import find_weekly, weekly_of
from regulars.faces.console.loyalty.programs.rule_form import BY_TIER
from regulars.loyalty.definitions.document.common import span_of
from regulars.loyalty.definitions.document.rules import Base, Rule

Plain = dict[str, Any]
_BASE = ("discounts", "tax", "shipping", "gift_cards", "points")
_MOST_KEY = 40


def told_of(plain: Mapping[str, Any], rule: Rule | None) -> Plain:
    """Return what the form's fields hold of a rule that is told as plain values, with all defaults."""
    on, grant = plain["on"], plain["grant"]
    told: Plain = {name: plain.get(name) for name in ("key", "name", "description", "condition", "currency")}
    told |= {name: plain.get(name) for name in ("round_per", "budgets", "group", "priority", "opt_in", "funding")}
    told |= {
        "rounding": plain.get("rounding") or "",
        "counts_for_tiers": plain["counts_for_tiers"],
        "beneficiary": plain["beneficiary"].removeprefix("member").removeprefix("attribute:"),
        "trigger": on["kind"],
        "event": on.get("event"),
        "profile_field": on.get("field"),
        "schedule_rrule": on.get("rrule"),
        "schedule_start": on.get("start"),
        "anniversary_of": on.get("of"),
        "grant": grant["kind"],
        **{name: grant.get(name) for name in ("points", "percent", "expression", "factor", "other_currencies")},
        "multiplied": grant.get("of"),
        "start": plain["dates"].get("start"),
        "end": plain["dates"].get("end"),
    }
    base = grant.get("base") or Base().model_dump()
    told |= {f"base_{name}": base[name] for name in _BASE}
    return told | _hours(rule) | _activation(plain["activation"]) | _expiry(plain.get("expiry"))


def amounts_of(plain: Mapping[str, Any]) -> list[Plain]:
    """Return the amounts by which a rule counts, as the rows of the form hold them."""
    amounts = plain["grant"].get("per") or plain["grant"].get("value") or {}
    return [{"amount": amount, "currency": currency} for currency, amount in amounts.items()]


def caps_of(plain: Mapping[str, Any]) -> list[Plain]:
    """Return the caps of a rule, as the rows of the form hold them."""
    return [
        {
            "amount": cap.get("points") or cap.get("money"),
            "measure": "points" if cap.get("points") else "money",
            **{name: cap[name] for name in ("period", "scope", "over")},
        }
        for cap in plain["caps"]
    ]


def plain_of(
    told: Mapping[str, Any], amounts: Sequence[Mapping[str, Any]], caps: Sequence[Mapping[str, Any]], rule: Rule | None
) -> Plain:
    """Return a rule as the document has it, of what was filled in; what was left out is left out."""
    plain: Plain = {
        "key": told["key"] or key_of(told["name"]),
        "name": told["name"],
        "description": told["description"],
        "on": _trigger(told),
        "condition": told["condition"].strip(),
        "currency": told["currency"],
        "grant": _grant(told, amounts),
        "rounding": told["rounding"] or None,
        "round_per": told["round_per"] or "order",
        "dates": _without_none({"start": _iso(told["start"]), "end": _iso(told["end"])}),
        "hours": _told_hours(told),
        "caps": [_cap(cap) for cap in caps],
        "budgets": told["budgets"],
        "group": told["group"] or None,
        "priority": told["priority"] or 0,
        "activation": _told_activation(told),
        "expiry": _told_expiry(told, rule),
        "funding": told["funding"] or "sale",
        "opt_in": told["opt_in"],
        "beneficiary": f"attribute:{told['beneficiary']}" if told["beneficiary"] else "member",
        "counts_for_tiers": told["counts_for_tiers"],
    }
    return _without_none(plain)


def key_of(name: str) -> str:
    """Return a key that comes of a name: its letters and digits, without accents."""
    folded = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", folded).strip("_")
    return (key if key[:1].isalpha() else f"rule_{key}".rstrip("_"))[:_MOST_KEY].rstrip("_")


# --- From the document ------------------------------------------------------------------------------------------------


def _hours(rule: Rule | None) -> Plain:
    if rule is None or rule.hours is None:
        return {"hours": ""}
    weekly = find_weekly(rule.hours)
    if weekly is None:
        return {"hours": "rrule", "hours_rrule": rule.hours.rrule, "hours_minutes": rule.hours.minutes}
    return {"hours": "weekly", "days": list(weekly.days), "hours_from": weekly.begins, "hours_until": weekly.ends}


def _activation(plain: Mapping[str, Any]) -> Plain:
    return {
        "activation": plain["kind"],
        "activation_on": plain.get("on"),
        "activation_event": plain.get("event"),
        **_span("activation_after", "activation_unit", plain.get("after")),
        **_span("cancel_after", "cancel_unit", plain.get("cancel_after")),
    }


def _expiry(plain: Mapping[str, Any] | None) -> Plain:
    plain = plain or {}
    return {
        "expiry": plain.get("kind", ""),
        "expiry_on": plain.get("on"),
        "expiry_round": plain.get("round_to") or "",
        "expiry_month": plain.get("month"),
        "expiry_day": plain.get("day"),
        "expiry_years": plain.get("years"),
        **_span("expiry_after", "expiry_unit", plain.get("after")),
    }


def _span(name: str, unit_name: str, span: str | None) -> Plain:
    if span is None:
        return {name: None, unit_name: "days"}
    count, unit = span_of(span)
    return {name: count, unit_name: unit.value}


# --- To the document --------------------------------------------------------------------------------------------------


def _trigger(told: Mapping[str, Any]) -> Plain:
    kind = told["trigger"]
    more: Plain = {}
    match kind:
        case "event":
            more = {"event": told["event"]}
        case "profile":
            more = {"field": told["profile_field"]}
        case "schedule":
            more = {"rrule": told["schedule_rrule"], "start": _iso(told["schedule_start"])}
        case "anniversary":
            more = {"of": told["anniversary_of"]}
    return _without_empty({"kind": kind, **more})


def _grant(told: Mapping[str, Any], amounts: Sequence[Mapping[str, Any]]) -> Plain:
    kind = told["grant"]
    money = {str(each["currency"]).strip().upper(): each["amount"] for each in amounts}
    base = {name: told[f"base_{name}"] for name in _BASE}
    base["discounts"] = base["discounts"] or "after"
    counted: Plain = {"base": base, "other_currencies": told["other_currencies"] or "nothing"}
    match kind:
        case "fixed":
            more: Plain = {"points": _as_whole(told["points"])}
        case "per_amount":
            more = {"points": told["points"], "per": money, **counted}
        case "per_item":
            more = {"points": told["points"]}
        case "percentage":
            more = {"percent": told["percent"], "value": money, **counted}
        case "formula":
            more = {"expression": told["expression"]}
        case _:
            more = {"factor": told["factor"], "of": told["multiplied"]}
    return _without_empty({"kind": kind, **more})


def _cap(cap: Mapping[str, Any]) -> Plain:
    measure = cap["measure"] or "points"
    amount = _as_whole(cap["amount"]) if measure == "points" else cap["amount"]
    chosen = {"scope": cap["scope"] or "member", "period": cap["period"] or "ever", "over": cap["over"] or "cut"}
    return _without_none({**chosen, measure: amount})


def _told_hours(told: Mapping[str, Any]) -> Plain | None:
    if told["hours"] == "rrule":
        return _without_empty({"rrule": told["hours_rrule"], "minutes": told["hours_minutes"]})
    if told["hours"] == "weekly" and told["days"] and told["hours_from"] and told["hours_until"]:
        weekly = weekly_of(told["days"], told["hours_from"], told["hours_until"])
        return {"rrule": weekly.rrule, "minutes": weekly.minutes}
    return None


def _told_activation(told: Mapping[str, Any]) -> Plain:
    after = _span_text(told["activation_after"], told["activation_unit"])
    match told["activation"]:
        case "delay":
            return _without_none({"kind": "delay", "after": after})
        case "on":
            return _without_none({"kind": "on", "on": _iso(told["activation_on"])})
        case "event":
            cancel = _span_text(told["cancel_after"], told["cancel_unit"])
            event = told["activation_event"] or "order.delivered"
            return _without_none({"kind": "event", "event": event, "after": after, "cancel_after": cancel})
    return {"kind": "now"}


def _told_expiry(told: Mapping[str, Any], rule: Rule | None) -> Plain | None:
    kind = told["expiry"]
    after = _span_text(told["expiry_after"], told["expiry_unit"])
    match kind:
        case "never":
            return {"kind": kind}
        case "rolling" | "inactivity":
            return _without_none({"kind": kind, "after": after, "round_to": told["expiry_round"] or None})
        case "calendar":
            months = {"month": told["expiry_month"], "day": told["expiry_day"], "years": told["expiry_years"] or 0}
            return _without_none({"kind": kind, **months})
        case "on":
            return _without_none({"kind": kind, "on": _iso(told["expiry_on"])})
        case _ if kind == BY_TIER and rule is not None and rule.expiry is not None:
            return rule.expiry.model_dump(mode="json")
    return None


def _span_text(count: int | None, unit: str) -> str | None:
    if count is None:
        return None
    unit = unit or "days"
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


def _as_whole(value: Decimal | None) -> Any:
    """Return a number without its decimals where they are nought; else as it is, for the document to refuse."""
    return int(value) if value is not None and value == value.to_integral_value() else value


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def _without_none(plain: Plain) -> Plain:
    return {name: value for name, value in plain.items() if value is not None}


def _without_empty(plain: Plain) -> Plain:
    return {name: value for name, value in plain.items() if value not in (None, "")}
