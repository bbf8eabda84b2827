"""What an order comes to in one programme, before anything is posted: by its own version, and what was known then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.business.queries import find_rates
from regulars.customers.queries import get_survivor, list_ids_of, map_survivors
from regulars.facts.interpreters.memory import Subject
from regulars.facts.needs import Needs
from regulars.facts.subjects import read_subjects
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.opting import map_opted
from regulars.loyalty.adjudication.programs import business_known, compiled, setting_at
from regulars.loyalty.adjudication.remembering import recalled
from regulars.loyalty.definitions.calendar import activates_at, expires_at, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.currencies import Inactivity, PerTier, PlainExpiry
from regulars.loyalty.definitions.document.rules import Now, Rule, UponEvent
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.rules.bounds import Bound
from regulars.loyalty.rules.compiling import RuleSet
from regulars.loyalty.rules.contracts import Cart, Evaluation, Ordered, RuleOutcome
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.tiers.queries import map_tiers
from regulars.orders.queries import is_first_order

_TIER = "tier:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known when an order is first adjudicated: of the member, the rates, and what was left of bounds."""

    given: Given
    is_first: bool | None
    headroom: Mapping[str, Decimal]


def find_out(
    version: ProgramVersion, cart: Cart, member: Member | None, bounds: Bounds, *, order_id: UUID | None = None
) -> Known:
    """Return what is known of a cart and its buyer now, by the business time of the cart."""
    rules = compiled(version).rules_for(Ordered(cart=cart))
    business = business_known()
    given, is_first = Given(), None
    if member:
        given = given_of(rules, [member], cart.placed_at)[member.id]
    if member and member.customer_id:
        is_first = is_first_order(list_ids_of(get_survivor(member.customer_id)), cart.placed_at, order_id)
    day = local_day(cart.placed_at, business.zone_info)
    found = find_rates([(cart.currency, day)], business.reporting_currency)
    rates = {currency: rate for (currency, _), rate in found.items()}
    return Known(given=replace(given, rates=rates), is_first=is_first, headroom=bounds.left())


def given_of(rules: RuleSet, members: Sequence[Member], at: datetime) -> dict[UUID, Given]:
    """Return what is known of members at a moment of business, as far as rules ask for it."""
    customers = {member.id: member.customer_id for member in members if member.customer_id}
    leads = map_survivors(customers.values())
    survivors = sorted(set(leads.values()))
    subjects = {}
    if survivors and rules.needs != Needs():
        subjects = read_subjects(rules.needs, survivors, setting=setting_at(at), at=at)
    tiers = map_tiers([member.id for member in members], at)
    opted = map_opted(tiers.keys(), at) if any(rule.opt_in for rule in rules.rules) else {}

    def subject(member: Member) -> Subject | None:
        if member.id not in customers:
            return None
        # Of who became a customer within this very transaction, the login that reads knows nothing yet.
        survivor = leads[customers[member.id]]
        return subjects.get(survivor) or Subject(id=survivor)

    return {
        member.id: Given(member=subject(member), tiers=tiers[member.id], opted_in=opted.get(member.id, frozenset()))
        for member in members
    }


def known_again(known: Mapping[str, Any], headroom: Mapping[str, str]) -> Known:
    """Return what was known at the first adjudication, as it was kept."""
    left = {bound: Decimal(text) for bound, text in headroom.items()}
    return Known(given=recalled(known), is_first=known["is_first"], headroom=left)


def judge(version: ProgramVersion, cart: Cart, known: Known, headroom: Mapping[str, Decimal]) -> Evaluation:
    """Return what each rule comes to, with so much left of bounds."""
    occasion = Ordered(cart=cart, is_first=known.is_first)
    return evaluate(compiled(version), occasion, replace(known.given, headroom=headroom))


def uses_of(outcomes: Sequence[RuleOutcome]) -> dict[str, Decimal]:
    """Return how much of each bound outcomes use together."""
    used: Counter[str] = Counter()
    for outcome in outcomes:
        for use in outcome.uses:
            used[use.bound] += use.used  # type: ignore[assignment]  # Decimals add up as counts do.
    return {bound: Decimal(amount) for bound, amount in used.items()}


def bounds_of_cart(version: ProgramVersion, cart: Cart) -> Sequence[Bound]:
    """Return the bounds of the rules that an order sets off."""
    return compiled(version).rules_for(Ordered(cart=cart)).bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an order's points can become active: what happened to it, and in which tiers its buyer was."""

    granted_at: datetime
    delivered_at: datetime | None
    paid_at: datetime | None
    tiers: Mapping[str, str]

    def came(self, activation: UponEvent) -> datetime | None:
        """Return when what points wait for has happened, None where it has not."""
        return self.delivered_at if activation.event == "order.delivered" else self.paid_at


def grant_of(
    version: ProgramVersion, outcome: RuleOutcome, leading: str, times: Times, source_id: UUID | None = None
) -> Grant:
    """Return the lot that an outcome comes to. A tier's multiplier is active as the rule is that leads its currency."""
    rule = rule_of(version, leading if is_of_tier(outcome.rule) else outcome.rule)
    active = active_from(version, rule, times)
    policy = expiry_of(version, outcome.currency, rule, times.tiers)
    return Grant(
        points=outcome.granted,
        granted_at=times.granted_at,
        activates_at=active,
        expires_at=expires_at(policy, active, version.zone) if active else None,
        inactivity=policy if isinstance(policy, Inactivity) else None,
        source_kind="order",
        source_id=source_id,
        rule=outcome.rule,
        version=version.number,
        funding=(rule.funding if rule else "sale"),
        counts_for_tiers=rule.counts_for_tiers if rule else True,
    )


def leading_rule(evaluation: Evaluation, currency: str) -> str:
    """Return the first rule of the programme that grants points of a currency."""
    granting = (each.rule for each in evaluation.granted if each.currency == currency and not is_of_tier(each.rule))
    return next(granting, "")


def is_of_tier(rule: str) -> bool:
    """Tell whether what grants is the multiplier of a tier, which goes as the rule does that leads its currency."""
    return rule.startswith(_TIER)


def rule_of(version: ProgramVersion, key: str) -> Rule | None:
    """Return a rule of a version, None where the key names none, as a tier's multiplier."""
    return next((rule for rule in version.document.rules if rule.key == key), None)


def active_from(version: ProgramVersion, rule: Rule | None, times: Times) -> datetime | None:
    """Return from when a rule's points are active; None while what they wait for has not happened."""
    activation = rule.activation if rule else Now()
    happened = None
    if isinstance(activation, UponEvent):
        happened = times.came(activation)
    return activates_at(activation, times.granted_at, version.zone, happened_at=happened)


def expiry_of(version: ProgramVersion, currency: str, rule: Rule | None, tiers: Mapping[str, str]) -> PlainExpiry:
    """Return how long points are good: as the rule says, or else their currency, for the tier at their grant."""
    own = next(each for each in version.document.currencies if each.key == currency)
    expiry = (rule.expiry if rule else None) or own.expiry
    if isinstance(expiry, PerTier):
        return expiry.tiers.get(tiers.get(expiry.tier_set, ""), expiry.otherwise)
    return expiry
