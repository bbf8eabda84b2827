"""What the till shows of a member: name, tiers, points, rewards with why not, and what a sale would earn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.faces.console.loyalty.programs.words import all_of
from regulars.faces.console.loyalty.rewards.words import cost_words, gives_words, product_names, refusal_words
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.loyalty.adjudication.conditions import judge_rewards
from regulars.loyalty.adjudication.contracts import Effect, EffectKind
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.currencies import CurrencyKind
from regulars.loyalty.ledger.contracts import Standing
from regulars.loyalty.membership.contracts import MemberInFull
from regulars.loyalty.rewards.contracts import RewardSight
from regulars.loyalty.rewards.queries import list_rewards


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a member has of a currency that can be spent."""

    name: str
    available: int
    notes: Sequence[str]
    owes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A reward as the till shows it."""

    key: str
    name: str
    gives: str
    cost: str
    why_not: str


def points_of(found: MemberInFull) -> list[Points]:
    """Return what a member can spend, by currency, with what comes and goes soon."""
    shown = []
    for currency in found.program.document.currencies:
        standing = found.standings.get(currency.key)
        if standing is None or currency.kind is CurrencyKind.STATUS:
            continue
        shown.append(
            Points(
                name=currency.name,
                available=standing.balance.available,
                notes=_notes(standing),
                owes=standing.balance.debt,
            )
        )
    return shown


def _notes(standing: Standing) -> list[str]:
    notes = []
    soonest = next((each for each in standing.expiring if each.expires_at), None)
    if soonest is not None:
        words = gettext("{count} expire on {day}")
        notes.append(words.format(count=formats.number(soonest.points), day=formats.day(soonest.expires_at)))
    if standing.balance.pending:
        notes.append(gettext("{count} pending").format(count=formats.number(standing.balance.pending)))
    if standing.balance.reserved:
        notes.append(gettext("{count} reserved").format(count=formats.number(standing.balance.reserved)))
    return notes


def offers_of(version: ProgramVersion, member_id: UUID, now: datetime) -> tuple[list[Offer], list[Offer]]:
    """Return the rewards that a member can have now, the dearest first, and those not, each with why.

    What pays for a sale stands beside its amount instead.
    """
    sights = [
        sight
        for sight in list_rewards(
            version=version, member_id=member_id, judged=judge_rewards(version, member_id, at=now), now=now
        )
        if sight.reward.gives.kind != "pay_with_points"
    ]
    products = product_names(version.document)
    available = [sight for sight in sights if sight.is_available]
    available.sort(key=lambda sight: -(sight.cost or 0))
    return [_offer(each, version, products) for each in available], [
        _offer(each, version, products) for each in sights if not each.is_available
    ]


def _offer(sight: RewardSight, version: ProgramVersion, products: Mapping[str, str]) -> Offer:
    program = version.document
    return Offer(
        key=sight.reward.key,
        name=sight.reward.name,
        gives=gives_words(sight.reward, program, products),
        cost=cost_words(sight.reward, program),
        why_not=" ".join(refusal_words(each, program) for each in sight.why_not),
    )


def earned_words(effects: Sequence[Effect], version: ProgramVersion, member_id: UUID) -> list[dict[str, Any]]:
    """Return what a sale would earn a member, by currency: how much, and of that what comes later."""
    names = {each.key: each.name for each in version.document.currencies}
    now: dict[str, int] = {}
    later: dict[str, int] = {}
    for effect in effects:
        if effect.program != version.program_key or effect.member_id != member_id:
            continue
        if effect.kind is EffectKind.GRANTED:
            now[effect.currency] = now.get(effect.currency, 0) + effect.points
        elif effect.kind is EffectKind.HELD:
            later[effect.currency] = later.get(effect.currency, 0) + effect.points
    return [
        {
            "points": now.get(key, 0) + later.get(key, 0),
            "name": names.get(key, key),
            "later": later.get(key, 0),
        }
        for key in names
        if key in now or key in later
    ]


def sums_words(points: Mapping[str, int], version: ProgramVersion) -> str:
    """Return points by currency as one says them."""
    names = {each.key: each.name for each in version.document.currencies}
    return all_of([f"{formats.number(count)} {names.get(key, key)}" for key, count in points.items() if count])
