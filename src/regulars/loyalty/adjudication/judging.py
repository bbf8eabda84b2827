"""What an order comes to in one programme, before anything is posted: by its own version, and what was known then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.business.queries import find_rates, get_business
from regulars.customers.queries import get_survivor, list_ids_of
from regulars.customers.questions import setting_of
from regulars.facts.interpreters.memory import Subject
from regulars.facts.subjects import read_subjects
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.programs import compiled
from regulars.loyalty.adjudication.remembering import recalled
from regulars.loyalty.definitions.calendar import activates_at, expires_at, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.currencies import Inactivity, PerTier, PlainExpiry
from regulars.loyalty.definitions.document.rules import Now, Rule, UponEvent
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.rules.bounds import Bound
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
    business = get_business()
    customer_id = member and member.customer_id
    subject: Subject | None = None
    is_first: bool | None = None
    if member and customer_id:
        survivor = get_survivor(customer_id)
        setting = setting_of(business, now=cart.placed_at)
        subject = read_subjects(rules.needs, [survivor], setting=setting, at=cart.placed_at)[survivor]
        is_first = is_first_order(list_ids_of(survivor), cart.placed_at, order_id)
    day = local_day(cart.placed_at, business.zone_info)
    rates = find_rates([(cart.currency, day)], business.reporting_currency)
    given = Given(
        member=subject,
        tiers=map_tiers([member.id], cart.placed_at)[member.id] if member else {},
        rates={currency: rate for (currency, _), rate in rates.items()},
    )
    return Known(given=given, is_first=is_first, headroom=bounds.left())


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


def grant_of(
    version: ProgramVersion, outcome: RuleOutcome, leading: str, times: Times, source_id: UUID | None = None
) -> Grant:
    """Return the lot that an outcome comes to. A tier's multiplier is active as the rule is that leads its currency."""
    rule = rule_of(version, leading if outcome.rule.startswith(_TIER) else outcome.rule)
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


def rule_of(version: ProgramVersion, key: str) -> Rule | None:
    """Return a rule of a version, None where the key names none, as a tier's multiplier."""
    return next((rule for rule in version.document.rules if rule.key == key), None)


def active_from(version: ProgramVersion, rule: Rule | None, times: Times) -> datetime | None:
    """Return from when a rule's points are active; None while what they wait for has not happened."""
    activation = rule.activation if rule else Now()
    happened = None
    if isinstance(activation, UponEvent):
        happened = times.delivered_at if activation.event == "order.delivered" else times.paid_at
    return activates_at(activation, times.granted_at, version.zone, happened_at=happened)


def expiry_of(version: ProgramVersion, currency: str, rule: Rule | None, tiers: Mapping[str, str]) -> PlainExpiry:
    """Return how long points are good: as the rule says, or else their currency, for the tier at their grant."""
    own = next(each for each in version.document.currencies if each.key == currency)
    expiry = (rule.expiry if rule else None) or own.expiry
    if isinstance(expiry, PerTier):
        return expiry.tiers.get(tiers.get(expiry.tier_set, ""), expiry.otherwise)
    return expiry
