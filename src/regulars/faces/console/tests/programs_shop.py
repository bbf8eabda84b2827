"""A shop with a programme: published, lived by, and changed in a draft; for the pages of programmes."""

from __future__ import annotations

from datetime import timedelta

from regulars.business.queries import get_business
from regulars.faces.console.tests import shop
from regulars.facts.catalogue import get_catalogue
from regulars.facts.language.moments import Clock
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.example import EXAMPLE
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.rules.checking import RuleChecks

# Whoever orders is a member, and points are active at once.
LIVED = EXAMPLE.replace("{by: asking}", "{by: ordering}").replace(
    "    activation: {kind: event, event: order.delivered, after: 14 days, cancel_after: 60 days}\n", ""
)
CHANGED = LIVED.replace("grant: {kind: per_item, points: 3}", "grant: {kind: per_item, points: 5}").replace(
    "{scope: member, period: month, points: 60}", "{scope: member, period: month, points: 80}"
)
# The least that there can be.
PLAIN = """\
program: club
name: Club
currencies:
  - {key: beans, name: Beans}
rules:
  - key: shopping
    name: Shopping
    on: {kind: order}
    currency: beans
    grant: {kind: per_amount, points: 1, per: {EUR: 1}}
"""
# A rule of each kind, with all that a rule can say.
VARIED = (
    PLAIN
    + """\
  - key: lines
    name: Coffee counts double
    description: Of all that is coffee.
    on: {kind: line}
    condition: line.category = "Coffee" and cart.total >= 20 EUR
    currency: beans
    grant: {kind: percentage, percent: 2.5, value: {EUR: 0.01, CHF: 0.012}, base: {tax: false, shipping: true}}
    rounding: half_even
    round_per: line
    dates: {start: 2026-01-01, end: 2030-12-31}
    hours: {rrule: "FREQ=WEEKLY;BYDAY=FR,SA;BYHOUR=22;BYMINUTE=30", minutes: 240}
    caps:
      - {scope: transaction, points: 100}
      - {scope: member, period: month, money: 12.5, over: refuse}
    budgets: [spring]
    group: double
    priority: 5
    activation: {kind: event, event: order.paid, after: 2 weeks, cancel_after: 3 months}
    expiry: {kind: inactivity, after: 1 year, round_to: quarter}
    funding: partner
    opt_in: true
    beneficiary: attribute:seller
    counts_for_tiers: false
  - key: formula
    name: By a formula
    on: {kind: order}
    currency: beans
    grant: {kind: formula, expression: floor(cart.total / 3)}
    activation: {kind: delay, after: 14 days}
    expiry: {kind: calendar, month: 12, day: 31, years: 1}
  - key: pieces
    name: For each piece
    on: {kind: order}
    currency: beans
    grant: {kind: per_item, points: 0.5}
    hours: {rrule: FREQ=DAILY;BYHOUR=9, minutes: 60}
    activation: {kind: "on", on: 2027-01-01}
    expiry: {kind: "on", on: 2028-01-01}
  - key: twice
    name: Twice
    on: {kind: order}
    currency: beans
    grant: {kind: multiplier, factor: 2, of: [shopping, pieces]}
    expiry: {kind: per_tier, tier_set: status, tiers: {gold: {kind: never}}, otherwise: {kind: rolling, after: 1 year}}
  - key: review
    name: A review
    on: {kind: event, event: review.written}
    currency: beans
    grant: {kind: fixed, points: 20}
  - {key: known, name: Known, on: {kind: profile, field: birthday}, currency: beans, grant: {kind: fixed, points: 5}}
  - key: monthly
    name: Each first
    on: {kind: schedule, rrule: FREQ=MONTHLY;BYMONTHDAY=1, start: 2026-01-01}
    currency: beans
    grant: {kind: fixed, points: 1}
    expiry: {kind: never}
  - key: birthday
    name: Birthday
    on: {kind: anniversary, of: profile.birthday}
    currency: beans
    grant: {kind: fixed, points: 50}
budgets:
  - {key: spring, name: Spring, period: year, points: 100000}
tier_sets:
  - key: status
    name: Status
    basis: {kind: orders}
    period: {kind: rolling, span: 12 months}
    tiers:
      - {key: green, name: Green}
      - {key: gold, name: Gold, threshold: 10, benefits: {multipliers: {beans: 1.5}}}
"""
).replace("{key: beans, name: Beans}", "{key: beans, name: Beans, cost: {EUR: 0.01}}")
KEY = "club"


def checks() -> RuleChecks:
    """What knows facts, conditions and formulas."""
    clock = Clock(shop.now(), get_business().zone_info)
    return RuleChecks(catalogue=get_catalogue(), clock=clock, reporting="EUR")


def drafted(text: str = EXAMPLE) -> None:
    """Keep a document as the draft."""
    save_draft(text=text, now=shop.now(), actor=shop.ACTOR)


def published(text: str = LIVED, *, days_ago: float = 0, note: str = "") -> ProgramVersion:
    """Publish a document."""
    now = shop.now() - timedelta(days=days_ago)
    save_draft(text=text, now=now, actor=shop.ACTOR)
    return publish(program=KEY, note=note, now=now, actor=shop.ACTOR, checks=checks())


def lived() -> None:
    """Fill a shop whose customers have earned by a programme for a year; a draft waits."""
    shop.business()
    published(days_ago=450, note="The beginning.")
    drafted(CHANGED)
    shop.many(40)


def fill_programs() -> dict[str, str]:
    """Draft other rules for the programme that is in force, and another programme that cannot be published yet.

    Return the addresses of their pages by name.
    """
    drafted(CHANGED)
    drafted(VARIED.replace("program: club", "program: other").replace("floor(cart.total / 3)", "floor(cart.totla / 3)"))
    own, other = f"/loyalty/programs/{KEY}", "/loyalty/programs/other"
    return {
        "the programmes": "/loyalty/programs",
        "a programme": own,
        "its other currency": f"{own}?currency=stars",
        "rules": f"{own}/rules",
        "a rule": f"{own}/rules/pieces",
        "a rule with hours": f"{own}/rules/happy_hour",
        "a new rule": f"{own}/new-rule",
        "a programme as a text": f"{own}/text",
        "a programme is tried": f"{own}/try",
        "tiers": f"{own}/tiers",
        "versions": f"{own}/versions",
        "a version is published": f"{own}/versions/publish",
        "a programme that is a draft": other,
        "rules that are faulty": f"{other}/rules",
        "a rule with all there is": f"{other}/rules/lines",
        "a text that is faulty": f"{other}/text",
        "a draft that cannot be published": f"{other}/versions/publish",
    }
