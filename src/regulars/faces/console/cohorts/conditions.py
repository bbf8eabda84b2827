"""The customers behind a cohort, a cell, a group: as conditions of the language, where it can say them."""

from __future__ import annotations

from datetime import date, timedelta

from django.urls import reverse
from django.utils.http import urlencode

from regulars.customers.questions import read_condition, understand
from regulars.facts.contracts import FactType
from regulars.facts.language.binding import Setting
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.lexer import quoted
from regulars.insights.cohorts import JOINED, OF_PURCHASES, SEGMENT, Group, Kind, Split

BOUGHT = "purchases.count >= 1"
_COLUMNS = ("purchases.first", "purchases.count", "orders.revenue", "orders.last")
_FACTS = {
    SEGMENT: "rfm.segment",
    "channel": "orders.first_channel",
    "location": "orders.first_location",
    "category": "orders.first_category",
}
# The types of values that are written as texts.
_TEXTS = {FactType.TEXT, FactType.CHOICE, FactType.TEXTS, SEGMENT}
_LONGEST = 1_000
_MONTHS = {"month": 1, "quarter": 3}


def after(start: date, period: str, count: int) -> date:
    """Return the first day of the period that comes so many after the one that begins with `start`."""
    if period == "week":
        return start + timedelta(weeks=count)
    months = start.year * 12 + start.month - 1 + count * _MONTHS[period]
    return date(months // 12, months % 12 + 1, 1)


def who_are(by: str, split: Split, group: Group | None, period: str) -> str | None:
    """Return the condition that a group's customers meet; empty for all, None where the language cannot say it.

    How large the first order was, and in which season it was placed, is not asked for by any fact.
    """
    if group is None or group.kind is Kind.EVERYBODY:
        return ""
    if by == JOINED and group.cohorts:
        return first_bought(group.cohorts[0].period, after(group.cohorts[-1].period, period, 1))
    fact = _FACTS.get(by, by)
    if by in OF_PURCHASES and by not in _FACTS:
        return None
    is_list = split.type == FactType.TEXTS
    values = [_value(each.value, split.type) for each in split.groups if each.kind is Kind.VALUE]
    match group.kind:
        case Kind.UNKNOWN:
            return f"not {fact} exists"
        case Kind.OTHERS if is_list:
            return " and ".join([f"{fact} exists", *(f"not {fact} contains {value}" for value in values)])
        case Kind.OTHERS:
            return f"{fact} exists" + (f" and {fact} not in ({', '.join(values)})" if values else "")
    if group.over is not None or group.until is not None:
        over, until = (group.over and f"{fact} > {group.over}"), (group.until and f"{fact} <= {group.until}")
        return " and ".join(part for part in (over, until) if part)
    return f"{fact} {'contains' if is_list else '='} {_value(group.value, split.type)}"


def askable(where: str | None, setting: Setting) -> str | None:
    """Return a condition that the language takes as it is now, and None for others.

    A choice may have been taken from a trait's list since the run, a day may lie beyond the calendar. What is very long
    would have to stand in each of some hundred addresses.
    """
    if not where:
        return where
    try:
        understand(read_condition(where), setting)
    except WrongCondition:
        return None
    return where if len(where) <= _LONGEST else None


def first_bought(since: date, until: date) -> str:
    """Return the condition of those whose first purchase lies from one day to before another."""
    return f"purchases.first >= {since} and purchases.first < {until}"


def bought_again(start: date, period: str, periods: int) -> str:
    """Return the condition of those who bought in a period after the cohort's."""
    since, until = after(start, period, periods), after(start, period, periods + 1)
    return f"purchases.count(since: {since}, until: {until}) >= 1"


def customers_address(*parts: str | None) -> str:
    """Return the address of the customers who meet all of some conditions; empty where one cannot be said."""
    if None in parts:
        return ""
    where = " and ".join(part for part in parts if part)
    query = {"where": where, "show": _COLUMNS, "sort": "orders.revenue"}
    return f"{reverse('console:customers')}?{urlencode(query, doseq=True)}"


def _value(value: str, kind: str) -> str:
    return quoted(value) if kind in _TEXTS else value
