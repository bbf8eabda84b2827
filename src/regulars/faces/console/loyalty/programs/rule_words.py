"""A rule of a programme as a sentence: what it grants, for what, to whom, when, and how much at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regulars.customers.questions import read_condition
from regulars.faces.console.finding.chips import in_words
from regulars.faces.console.finding.fact_words import label_of
from regulars.faces.console.finding.parts import lines_of
from regulars.faces.console.loyalty.programs.hours_words import hours_words, recurrence_words
from regulars.faces.console.loyalty.programs.words import (
    PERIOD_WORDS,
    activation_words,
    all_of,
    amount_words,
    amounts_words,
    any_of,
    dates_words,
    decimal_words,
    each_of,
    expiry_words,
    points_words,
)
from regulars.facts.contracts import Catalogue
from regulars.facts.language.faults import WrongCondition
from regulars.kit.i18n import gettext, mark
from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import (
    Base,
    Cap,
    CapScope,
    Fixed,
    Formula,
    Measured,
    Multiplier,
    OnAnniversary,
    OnEnrolment,
    OnEvent,
    OnLine,
    OnOrder,
    OnProfile,
    OnSchedule,
    PerAmount,
    Percentage,
    PerItem,
    Rule,
)
from regulars.loyalty.rules.vocabulary import catalogue_for

_WHOSE: Mapping[CapScope, str] = {
    CapScope.TRANSACTION: mark("{bound} at once"),
    CapScope.MEMBER: mark("{bound} for each member"),
    CapScope.RULE: mark("{bound} for all members together"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What rules are told by: the programme that they are of, the facts of people, and the reporting currency."""

    program: Program
    catalogue: Catalogue
    reporting: str


def sentence_of(rule: Rule, told: Language) -> str:
    """Return a rule as one sentence."""
    words = ", ".join(part for part in _parts(rule, told) if part)
    return f"{words[:1].upper()}{words[1:]}."


def grant_words(rule: Rule, program: Program) -> str:
    """Return how many points a rule grants, and what counts for it."""
    grant = rule.grant
    match grant:
        case Fixed(points=points):
            return points_words(points, rule.currency, program)
        case PerAmount(points=points, per=per, base=base):
            words = gettext("{points} for each {amount}").format(
                points=points_words(points, rule.currency, program), amount=each_of(per)
            )
            return _with_base(words, base)
        case PerItem(points=points):
            return gettext("{points} for each piece").format(points=points_words(points, rule.currency, program))
        case Percentage(percent=percent, value=value, base=base):
            words = gettext("{percent} % back in points, each worth {value}")
            return _with_base(words.format(percent=decimal_words(percent), value=amounts_words(value)), base)
        case Formula(expression=expression):
            return gettext("as many points as {expression}").format(expression=expression)
        case Multiplier(factor=factor, of=keys):
            return _multiplied(f"×{decimal_words(factor)}", keys, program)


def trigger_words(rule: Rule, catalogue: Catalogue) -> str:
    """Return what sets a rule off."""
    match rule.on:
        case OnOrder():
            return gettext("on orders")
        case OnLine():
            return gettext("on lines of orders")
        case OnEvent(event=event):
            return gettext("when {event} happens").format(event=event)
        case OnProfile(field=field):
            fact = catalogue.facts.get(f"profile.{field}") or catalogue.facts.get(f"trait.{field}")
            return gettext("once {fact} is known").format(fact=label_of(fact) if fact else field)
        case OnEnrolment():
            return gettext("for becoming a member")
        case OnSchedule(rrule=rrule):
            return recurrence_words(rrule)
        case OnAnniversary(of=of):
            fact = catalogue.facts.get(of)
            return gettext("each year on this day: {fact}").format(fact=label_of(fact) if fact else of)


def condition_words(text: str, catalogue: Catalogue, currency: str) -> str:
    """Return a condition in words, or its text where it cannot be read."""
    try:
        tree = read_condition(text).tree
    except WrongCondition:
        return text
    kind, lines = lines_of(tree, catalogue, currency)
    words = [in_words(line, currency) for line in lines]
    return any_of(words) if kind == "any" else all_of(words)


def bound_words(bound: Measured, currency: str, told: Language) -> str:
    """Return how much a cap or budget lets through in which time."""
    if bound.points is not None:
        most = points_words(bound.points, currency, told.program)
    else:
        assert bound.money is not None  # noqa: S101  # A bound has one measure.
        most = gettext("points for {amount}").format(amount=amount_words(bound.money, told.reporting))
    words = gettext("at most {bound}").format(bound=most)
    return words if bound.period is Period.EVER else f"{words} {gettext(PERIOD_WORDS[bound.period])}"


def _parts(rule: Rule, told: Language) -> Iterator[str]:
    yield grant_words(rule, told.program)
    yield trigger_words(rule, told.catalogue)
    if rule.condition.strip():
        catalogue = catalogue_for(rule.on, told.catalogue)
        words = condition_words(rule.condition, catalogue, told.reporting)
        yield gettext("where {condition}").format(condition=words)
    if rule.beneficiary != "member":
        name = rule.beneficiary.partition(":")[2]
        yield gettext("to the member whose number stands as {name}").format(name=name)
    if rule.opt_in:
        yield gettext("for who has activated the offer")
    yield dates_words(rule.dates)
    if rule.hours is not None:
        yield hours_words(rule.hours)
    for cap in rule.caps:
        yield _cap(cap, rule, told)
    yield from _budgets(rule, told)
    if rule.group:
        yield gettext("only one of the group {group}").format(group=rule.group)
    yield activation_words(rule.activation)
    if rule.expiry is not None:
        yield expiry_words(rule.expiry)


def _cap(cap: Cap, rule: Rule, told: Language) -> str:
    words = gettext(_WHOSE[cap.scope]).format(bound=bound_words(cap, rule.currency, told))
    return gettext("{bound}, else nothing").format(bound=words) if cap.over == "refuse" else words


def _budgets(rule: Rule, told: Language) -> Iterator[str]:
    names = {each.key: each.name for each in told.program.budgets}
    if rule.budgets:
        yield gettext("within the budget {names}").format(names=all_of([names.get(key, key) for key in rule.budgets]))


def _multiplied(factor: str, keys: object, program: Program) -> str:
    names = {each.key: each.name for each in program.rules}
    chosen = [f"“{names.get(str(key), str(key))}”" for key in keys] if isinstance(keys, tuple) else []
    if not chosen:
        return gettext("{factor} for all that amounts, pieces and percentages give").format(factor=factor)
    return gettext("{factor} for {rules}").format(factor=factor, rules=all_of(chosen))


def _with_base(words: str, base: Base) -> str:
    """Return words with what counts of an order, where that is not the usual."""
    usual, said = Base(), []
    if base.discounts != usual.discounts:
        said.append(gettext("before discounts"))
    if base.tax != usual.tax:
        said.append(gettext("without tax"))
    if base.shipping != usual.shipping:
        said.append(gettext("with shipping"))
    if base.gift_cards != usual.gift_cards:
        said.append(gettext("without what gift cards paid"))
    if base.points != usual.points:
        said.append(gettext("with what points paid"))
    return f"{words} ({', '.join(said)})" if said else words
