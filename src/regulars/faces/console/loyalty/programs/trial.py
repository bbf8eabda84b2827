"""One trial: a document, a cart and whoever buys, judged in memory, and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from regulars.business.queries import find_rates
from regulars.customers.queries import get_survivor, list_ids_of
from regulars.customers.questions import setting_of
from regulars.faces.console.loyalty.programs.computed import computed_words, name_of
from regulars.faces.console.loyalty.programs.reasons import reason_words
from regulars.faces.console.loyalty.programs.rule_words import Language, trigger_words
from regulars.faces.console.loyalty.programs.sight import Sight, faults_of, language_of
from regulars.faces.console.loyalty.programs.try_form import TryForm
from regulars.faces.console.loyalty.programs.words import activation_words, expiry_words
from regulars.faces.console.zone import business_of
from regulars.facts.catalogue import get_catalogue
from regulars.facts.interpreters.memory import Subject
from regulars.facts.subjects import read_subjects
from regulars.kit import formats
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.rules import OnLine, OnOrder, Rule
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.membership.queries import find_member_by
from regulars.loyalty.rules.compiling import Compiled, compile_program
from regulars.loyalty.rules.contracts import Cart, Evaluation, Ordered, RuleOutcome
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.tiers.queries import map_tiers
from regulars.orders.queries import is_first_order

_NOBODY = Subject(id=UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule gives, and how that came about."""

    name: str
    points: str
    steps: Sequence[str]


class NobodyFound(DomainError):
    """No member has this number."""

    code = "nobody_found"


@dataclass(slots=True, kw_only=True)
class Tried:
    """What came of a cart: the sum in words, each effect, each refusal, and what an order does not set off."""

    sentence: str = ""
    error: str = ""
    effects: list[Effect] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def try_cart(request: HttpRequest, sight: Sight, program: Program, cart: Cart, form: TryForm) -> Tried:
    """Return what comes of a cart by a document; rules that cannot be meant are left out, and told."""
    tried, told = Tried(), language_of(request, program)
    right = _without_faulty(request, sight, program, tried)
    try:
        compiled = compile_program(
            right, catalogue=get_catalogue(), zone=sight.zone, reporting=told.reporting, now=sight.now
        )
        ordered, given = _given(request, sight, compiled, cart, form)
    except DomainError as error:
        return Tried(error=error.message)
    except (LookupError, StopIteration):
        return Tried(error=gettext("The document cannot be tried: a name in it leads nowhere. The check says which."))
    _tell(tried, evaluate(compiled, ordered, given), told, cart, sight)
    return tried


def _member(sight: Sight, number: str) -> Member | None:
    if not number.strip():
        return None
    found = find_member_by(program=sight.key, what=number, now=sight.now)
    if not found or found[0].member is None:
        raise NobodyFound(gettext("No member of this programme is found by {number}.").format(number=number))
    return found[0].member


def _given(request: HttpRequest, sight: Sight, compiled: Compiled, cart: Cart, form: TryForm) -> tuple[Ordered, Given]:
    """Return the occasion and what is known beside it: of a member what is, else what the form says."""
    business, told = business_of(request), form.cleaned_data
    member = _member(sight, told["member"])
    rules = compiled.rules_for(Ordered(cart=cart))
    is_first, subject, tiers = told["is_first"], _NOBODY, form.chosen_tiers()
    headroom: dict[str, Any] = {}
    if member is not None and member.customer_id is not None:
        survivor = get_survivor(member.customer_id)
        setting = setting_of(business, now=cart.placed_at)
        known = read_subjects(rules.needs, [survivor], setting=setting, at=cart.placed_at, measured=True)
        subject = known.get(survivor, _NOBODY)
        is_first = is_first_order(list_ids_of(survivor), cart.placed_at, None)
        tiers = map_tiers([member.id], cart.placed_at)[member.id]
        headroom = Bounds(sight.summary.program_id, member.id, cart.placed_at, sight.zone, rules.bounds).left()
    day = local_day(cart.placed_at, business.zone_info)
    rates = find_rates([(cart.currency, day)], business.reporting_currency)
    given = Given(
        member=subject,
        tiers=tiers,
        opted_in={rule.key for rule in compiled.program.rules} if told["wants"] else frozenset(),
        headroom=headroom,
        rates={currency: rate for (currency, _), rate in rates.items()},
    )
    return Ordered(cart=cart, is_first=is_first), given


def _without_faulty(request: HttpRequest, sight: Sight, program: Program, tried: Tried) -> Program:
    """Return a document without the rules that cannot be meant, which are told instead."""
    faulty: dict[int, str] = {}
    for fault in faults_of(request, sight, program):
        _, first, number, *_ = (*fault.pointer.split("/"), "", "")
        if first == "rules" and number.isdecimal():
            faulty.setdefault(int(number), fault.message)
    tried.left_out = [(program.rules[number].name, message) for number, message in faulty.items()]
    if not faulty:
        return program
    kept = tuple(rule for number, rule in enumerate(program.rules) if number not in faulty)
    return program.model_copy(update={"rules": kept})


def _tell(tried: Tried, evaluation: Evaluation, told: Language, cart: Cart, sight: Sight) -> None:
    rules = {rule.key: rule for rule in told.program.rules}
    names = {each.key: each.name for each in told.program.currencies}
    for outcome in evaluation.outcomes:
        rule = rules.get(outcome.rule)
        name = name_of(outcome, rule, told)
        if outcome.refusal is not None:
            reason, values = outcome.refusal.reason, outcome.refusal.values
            tried.refused.append((name, reason_words(outcome.rule, reason, values, told, sight.zone)))
            continue
        steps = computed_words(outcome, rule, told, cart)
        if rule is not None:
            steps += [f"{each[:1].upper()}{each[1:]}." for each in _times_of(rule, outcome, told) if each]
        points = f"{formats.number(outcome.granted)} {names.get(outcome.currency, outcome.currency)}"
        tried.effects.append(Effect(name=name, points=points, steps=steps))
    tried.others = [
        (rule.name, trigger_words(rule, told.catalogue))
        for rule in told.program.rules
        if not isinstance(rule.on, OnOrder | OnLine)
    ]
    tried.sentence = _sentence(evaluation, names)


def _times_of(rule: Rule, outcome: RuleOutcome, told: Language) -> list[str]:
    expiry = rule.expiry or next(each.expiry for each in told.program.currencies if each.key == outcome.currency)
    whose = ""
    if outcome.beneficiary:
        whose = gettext("granted to the member {number}").format(number=outcome.beneficiary)
    return [", ".join(each for each in (activation_words(rule.activation), expiry_words(expiry), whose) if each)]


def _sentence(evaluation: Evaluation, names: dict[str, str]) -> str:
    sums = [(evaluation.points(currency), name) for currency, name in names.items()]
    said = [f"{formats.number(points)} {name}" for points, name in sums if points]
    if not said:
        return gettext("This order earns nothing.")
    count = len(evaluation.granted)
    words = ngettext(
        "This order earns {points}, by {count} rule.", "This order earns {points}, by {count} rules.", count
    )
    return words.format(points=", ".join(said), count=formats.number(count))
