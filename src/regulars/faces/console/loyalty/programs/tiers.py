"""The tiers of a programme: each ladder with who stands where, what each rung gives, and who moves next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from regulars.customers.queries import list_customers, map_survivors
from regulars.faces.console.loyalty.programs.sight import Sight, around, sight_of
from regulars.faces.console.loyalty.programs.tier_words import (
    benefits_words,
    progress_words,
    threshold_words,
    tier_set_words,
)
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.tiers import Invitation, TierSet
from regulars.loyalty.tiers.contracts import Mover
from regulars.loyalty.tiers.queries import get_ladder, list_next_movers

_MOVERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A tier as the ladder shows it."""

    name: str
    threshold: str
    members: str
    share: float
    share_text: str
    benefits: Sequence[str]
    told: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Who moves next, where to, and what is missing or when."""

    name: str
    address: str
    tier: str
    to_tier: str
    progress: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A tier set; its rungs the highest first, as a ladder stands."""

    key: str
    name: str
    sentence: str
    rungs: Sequence[Rung]
    rising: Sequence[Move]
    falling: Sequence[Move]
    is_by_invitation: bool
    members: str


@needs("loyalty.read")
@require_safe
def tiers(request: HttpRequest, key: str) -> HttpResponse:
    """Show the ladders of what is in force, or of what is to come where nothing is."""
    sight = sight_of(request, key)
    ladders = [_ladder(sight, each) for each in sight.shown.tier_sets]
    context = around(request, sight, "loyalty.tiers") | {
        "ladders": ladders,
        "sentence": _sentence(ladders),
        "is_changed": sight.in_force is not None and sight.document.tier_sets != sight.shown.tier_sets,
        "text_address": reverse("console:loyalty.text", args=[key]),
    }
    return render(request, "console/loyalty/programs/tiers.html", context)


def _ladder(sight: Sight, tier_set: TierSet) -> Ladder:
    program = sight.shown
    counts = _counts(sight, tier_set)
    whole = sum(counts.values())
    movers = list_next_movers(sight.summary.program_id, tier_set.key, limit=_MOVERS) if sight.in_force else None
    rising, falling = (movers.rising, movers.falling) if movers else ((), ())
    names = _names(mover.customer_id for mover in (*rising, *falling))
    return Ladder(
        key=tier_set.key,
        name=tier_set.name,
        sentence=tier_set_words(tier_set, program),
        rungs=list(
            reversed([_rung(each, tier_set, program, counts.get(each.key, 0), whole) for each in tier_set.tiers])
        ),
        rising=[_move(each, tier_set, sight, names) for each in rising],
        falling=[_move(each, tier_set, sight, names) for each in falling],
        is_by_invitation=isinstance(tier_set.basis, Invitation),
        members=_members(whole),
    )


def _counts(sight: Sight, tier_set: TierSet) -> dict[str | None, int]:
    if sight.in_force is None:
        return {}
    return {rung.tier: rung.members for rung in get_ladder(sight.in_force) if rung.tier_set == tier_set.key}


def _rung(tier: Any, tier_set: TierSet, program: Program, members: int, whole: int) -> Rung:
    share = members / whole if whole else 0.0
    return Rung(
        name=tier.name,
        threshold=threshold_words(tier, tier_set, program),
        members=formats.number(members),
        share=share,
        share_text=formats.percent(share) if whole else "",
        benefits=benefits_words(tier, program),
        told=tier.benefits.words,
    )


def _move(mover: Mover, tier_set: TierSet, sight: Sight, names: Mapping[UUID, str]) -> Move:
    tiers_by_key = {each.key: each.name for each in tier_set.tiers}
    if mover.missing is not None:
        amount = progress_words(mover.missing, tier_set, sight.shown)
        what = gettext("{amount} missing").format(amount=amount)
    else:
        # It falls at the first instant of a day.
        day = formats.day(mover.falls_at.astimezone(sight.zone)) if mover.falls_at else formats.MISSING
        what = gettext("on {day}").format(day=day)
    return Move(
        name=names.get(mover.customer_id, gettext("Somebody")),
        address=reverse("console:customer", args=[mover.customer_id]),
        tier=tiers_by_key.get(mover.tier or "", mover.tier or formats.MISSING),
        to_tier=tiers_by_key.get(mover.to_tier or "", mover.to_tier or formats.MISSING),
        progress=progress_words(mover.progress, tier_set, sight.shown),
        what=what,
    )


def _names(customer_ids: Iterable[UUID]) -> dict[UUID, str]:
    survivors = map_survivors(list(set(customer_ids)))
    labels = {each.id: each.label for each in list_customers(list(set(survivors.values())))}
    return {each: labels[survivor] for each, survivor in survivors.items() if survivor in labels}


def _members(count: int) -> str:
    return ngettext("{count} member", "{count} members", count).format(count=formats.number(count))


def _sentence(ladders: Sequence[Ladder]) -> str:
    if not ladders:
        return gettext("No tiers: all members are alike.")
    near = sum(len(each.rising) for each in ladders)
    soon = sum(len(each.falling) for each in ladders)
    rungs = sum(len(each.rungs) for each in ladders)
    words = ngettext("{count} tier to stand on.", "{count} tiers to stand on.", rungs)
    said = [words.format(count=formats.number(rungs))]
    if near:
        words = gettext("The nearest to the next is {name}.")
        first = next(each.rising[0] for each in ladders if each.rising)
        said.append(words.format(name=f"{first.name} ({first.what})"))
    if soon:
        words = gettext("{name} falls next, {when}.")
        next_one = next(each.falling[0] for each in ladders if each.falling)
        said.append(words.format(name=next_one.name, when=next_one.what))
    return " ".join(said)
