"""What an order comes to in one programme, before anything is posted: by its own version, and what was known then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from regulars.business.queries import find_rates
from regulars.customers.queries import map_ids_of, map_survivors
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
from regulars.loyalty.tiers.queries import map_tiers_at
from regulars.orders.queries import is_before_all, map_earliest

_TIER = "tier:"
_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known when an order is first adjudicated: of the member, the rates, and what was left of bounds."""

    given: Given
    is_first: bool | None
    headroom: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A cart of which is asked what is known: who buys, if a member, and of which order it is, if of one."""

    cart: Cart
    member: Member | None
    bounds: Bounds
    order_id: UUID | None = None


def find_out(version: ProgramVersion, asked: Sequence[Asked]) -> list[Known]:
    """Return what is known of carts and their buyers now, of each by its own business time."""
    ready, business = compiled(version), business_known()
    buyers = [
        Whom(
            rules=ready.rules_for(Ordered(cart=each.cart)),
            member=each.member,
            at=each.cart.placed_at,
            until=each.cart.placed_at - _JUST_BEFORE,
        )
        for each in asked
        if each.member
    ]
    given = iter(given_of(buyers))
    is_first = _first_orders(asked)
    days = [(each.cart.currency, local_day(each.cart.placed_at, business.zone_info)) for each in asked]
    rates = find_rates(list(dict.fromkeys(days)), business.reporting_currency)
    return [
        Known(
            given=replace(
                next(given) if each.member else Given(),
                rates={day[0]: rates[day]} if day in rates else {},
            ),
            is_first=first,
            headroom=each.bounds.left(),
        )
        for each, first, day in zip(asked, is_first, days, strict=True)
    ]


def _first_orders(asked: Sequence[Asked]) -> list[bool | None]:
    """Tell of each cart whether it is its buyer's first; None where nobody is known to buy."""
    customers = [each.member.customer_id if each.member else None for each in asked]
    leads = map_survivors({each for each in customers if each})
    ids = map_ids_of(set(leads.values()))
    earliest = map_earliest([each for known in ids.values() for each in known])
    return [
        is_before_all(
            each.cart.placed_at,
            each.order_id,
            [one for known in ids[leads[customer_id]] for one in earliest[known]],
        )
        if customer_id
        else None
        for each, customer_id in zip(asked, customers, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """A member of whom is asked what rules ask for, at a moment of business.

    What happened up to `until` is seen: an order is judged by what was before it, whether or not it is kept by then.
    """

    rules: RuleSet
    member: Member
    at: datetime
    until: datetime


def given_of(asked: Sequence[Whom]) -> list[Given]:
    """Return what is known of members, each at its own moment; nobody is asked for twice."""
    customers = {each.member.id: each.member.customer_id for each in asked if each.member.customer_id}
    leads = map_survivors(set(customers.values()))
    moments = {each.member.id: each.at for each in asked}
    tiers = map_tiers_at(moments)
    subjects: dict[tuple[UUID, datetime], Subject] = {}
    opted: dict[UUID, frozenset[str]] = {}
    for (at, until), several in _together(asked):
        needs = [each.rules.needs for each in several]
        survivors = sorted({leads[customers[each.member.id]] for each in several if each.member.id in customers})
        wanted = reduce(or_, needs, Needs())
        if survivors and wanted != Needs():
            found = read_subjects(wanted, survivors, setting=setting_at(at), at=until, measured=True)
            subjects |= {(survivor, at): each for survivor, each in found.items()}
        if any(rule.opt_in for each in several for rule in each.rules.rules):
            opted |= map_opted([each.member.id for each in several], at)

    def subject(of: Whom) -> Subject | None:
        if of.member.id not in customers:
            return None
        # Of who became a customer within this very transaction, the login that reads knows nothing yet.
        survivor = leads[customers[of.member.id]]
        return subjects.get((survivor, of.at)) or Subject(id=survivor)

    return [
        Given(
            member=subject(each),
            tiers=tiers[each.member.id],
            opted_in=opted.get(each.member.id, frozenset()),
        )
        for each in asked
    ]


def _together(asked: Sequence[Whom]) -> Iterator[tuple[tuple[datetime, datetime], list[Whom]]]:
    """Yield those who are asked of by the same moments, whose facts are read at once."""
    by_moment: dict[tuple[datetime, datetime], list[Whom]] = {}
    for each in asked:
        by_moment.setdefault((each.at, each.until), []).append(each)
    yield from by_moment.items()


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
