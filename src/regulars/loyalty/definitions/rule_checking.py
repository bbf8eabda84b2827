"""What a schema cannot say of an earning rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import Fault
from regulars.loyalty.definitions.document.currencies import FixedDay
from regulars.loyalty.definitions.document.rules import (
    Fixed,
    Formula,
    Multiplier,
    OnAnniversary,
    OnEvent,
    OnLine,
    OnOrder,
    OnSchedule,
    PerAmount,
    Percentage,
    PerItem,
    Rule,
    UponEvent,
)
from regulars.loyalty.definitions.repeating import fault_of_rrule
from regulars.loyalty.definitions.surroundings import Surroundings, fault, unknown

# Where a rule does not say when it starts, its happy hours are looked at from a Monday on, the first of a leap year.
_SOME_DAY = date(2024, 1, 1)


def faults_of_rule(rule: Rule, at: str, around: Surroundings) -> Iterator[Fault]:
    """Return what is wrong with a rule, which stands at a pointer."""
    yield from _of_trigger(rule, at, around)
    yield from around.of_condition(rule.condition, rule.on.kind, f"{at}/condition")
    if rule.currency not in around.currencies:
        yield unknown("no_such_currency", rule.currency, f"{at}/currency")
    yield from _of_grant(rule, f"{at}/grant", around)
    yield from around.of_dates(rule.dates, f"{at}/dates")
    if rule.hours is not None:
        yield from _of_rrule(rule.hours.rrule, rule.dates.start or _SOME_DAY, f"{at}/hours/rrule")
    yield from _of_bounds(rule, at, around)
    yield from around.of_expiry(rule.expiry, f"{at}/expiry")
    if isinstance(rule.expiry, FixedDay) and rule.dates.start is not None and rule.expiry.on < rule.dates.start:
        message = gettext("Its points are no longer good when it starts.")
        yield fault("expires_before_start", message, f"{at}/expiry/on")


def _of_trigger(rule: Rule, at: str, around: Surroundings) -> Iterator[Fault]:
    if isinstance(rule.on, OnSchedule):
        yield from _of_rrule(rule.on.rrule, rule.on.start, f"{at}/on/rrule")
    if isinstance(rule.on, OnAnniversary):
        # A fact that compares with a day is one.
        yield from around.of_condition(f"{rule.on.of} >= 1900-01-01", rule.on.kind, f"{at}/on/of")
    if isinstance(rule.on, OnEvent) and rule.on.event.startswith("points."):
        message = gettext("Grants tell these events themselves: a rule that they set off would go in a circle.")
        yield fault("own_event", message, f"{at}/on/event")
    if isinstance(rule.on, OnOrder | OnLine):
        return
    message = gettext("This needs an order or its lines to set the rule off.")
    if isinstance(rule.grant, PerAmount | PerItem | Percentage | Multiplier):
        yield fault("needs_order", message, f"{at}/grant")
    if rule.beneficiary != "member":
        yield fault("needs_order", message, f"{at}/beneficiary")
    if isinstance(rule.activation, UponEvent):
        yield fault("needs_order", message, f"{at}/activation")


def _of_rrule(text: str, start: date, at: str) -> Iterator[Fault]:
    found = fault_of_rrule(text, start)
    if found is not None:
        yield fault(found.code, found.message, at)


def _of_grant(rule: Rule, at: str, around: Surroundings) -> Iterator[Fault]:
    match rule.grant:
        case Formula(expression=expression):
            yield from around.of_formula(expression, rule.on.kind, f"{at}/expression")
        case Multiplier(of=keys):
            for number, key in enumerate(keys):
                yield from _of_multiplied(rule, key, f"{at}/of/{number}", around)


def _of_multiplied(rule: Rule, key: str, at: str, around: Surroundings) -> Iterator[Fault]:
    multiplied = around.rules.get(key)
    if multiplied is None:
        yield unknown("no_such_rule", key, at)
    elif isinstance(multiplied.grant, Multiplier):
        yield fault("multiplier_chain", gettext("A multiplier multiplies no multiplier."), at)
    elif isinstance(multiplied.grant, Fixed):
        yield fault("fixed_not_multiplied", gettext("Fixed bonuses are not multiplied."), at)
    elif multiplied.currency != rule.currency:
        message = gettext("{key} grants points of another currency.").format(key=key)
        yield fault("other_currency", message, at)


def _of_bounds(rule: Rule, at: str, around: Surroundings) -> Iterator[Fault]:
    """Look at caps and budgets; those in money need to know what a point costs."""
    currency = around.currencies.get(rule.currency)
    lacks_cost = currency is not None and currency.cost is None
    message = gettext("What is bounded in money needs the cost of a point of {currency}.").format(
        currency=rule.currency
    )
    for number, cap in enumerate(rule.caps):
        if cap.money is not None and lacks_cost:
            yield fault("no_cost", message, f"{at}/caps/{number}/money")
    for number, key in enumerate(rule.budgets):
        if key not in around.budgets:
            yield unknown("no_such_budget", key, f"{at}/budgets/{number}")
        elif around.budgets[key].money is not None and lacks_cost:
            yield fault("no_cost", message, f"{at}/budgets/{number}")
