"""Who moves if a draft is published: how many go from which tier to which, and who the first of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from regulars.customers.queries import list_customers, map_survivors
from regulars.faces.console.loyalty.programs.sight import Sight
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.ledger.members import count_active_members
from regulars.loyalty.nights.contracts import Move, MoveReport, TierSetMoves
from regulars.loyalty.nights.moving import who_moves

# Each is followed through both courses of things, a thousand in some half a second; for more the API is asked.
MOST_AT_ONCE = 20_000
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who goes from one tier to another."""

    from_tier: str
    to_tier: str
    members: str
    # The first of them, by name and address.
    first: Sequence[tuple[str, str]]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What becomes of the members of a tier set."""

    name: str
    sentence: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of all tier sets; or why it is not told here."""

    sets: Sequence[Moves] = ()
    until: datetime | None = None
    why_not: str = ""


def can_move(sight: Sight) -> bool:
    """Tell whether publishing the draft can move anybody: somebody stands somewhere, or will."""
    return sight.newest is not None and bool(sight.document.tier_sets or sight.newest.document.tier_sets)


def moves_of(request: HttpRequest, sight: Sight, at: datetime) -> Answer:
    """Return who moves if the draft is in force from a moment on.

    Raises
    ------
    FaultyProgram
        The draft could not be published.
    EffectiveTooEarly
        A version is in force from then on or later.
    """
    members = count_active_members(sight.summary.program_id)
    if members > MOST_AT_ONCE:
        words = gettext("{count} members are too many to be followed while you wait. The API tells it: {address}")
        address = f"GET /v1/loyalty/programs/{sight.key}/draft/moves"
        return Answer(why_not=words.format(count=formats.number(members), address=address))
    report = who_moves(program=sight.key, at=at)
    people = _people(report) if request.user.has_perm("customers.read") else {}
    names = _names(sight)
    return Answer(sets=[_moves(each, names, people) for each in report.tier_sets], until=report.until)


def _people(report: MoveReport) -> Mapping[UUID, tuple[str, str]]:
    """Return the names and addresses of who is named."""
    told = [one.customer_id for each in report.tier_sets for move in each.matrix for one in move.first[:_NAMED]]
    leads = map_survivors(told)
    customers = {each.id: each for each in list_customers(list(dict.fromkeys(leads.values())))}
    return {
        customer_id: (customers[to].label, reverse("console:customer", args=[to]))
        for customer_id, to in leads.items()
        if to in customers
    }


def _names(sight: Sight) -> Mapping[tuple[str, str | None], str]:
    """Return what sets and their tiers are called: as the draft calls them, or else the version before."""
    documents: list[Program] = [sight.newest.document] if sight.newest else []
    names: dict[tuple[str, str | None], str] = {}
    for document in [*documents, sight.document]:
        for tier_set in document.tier_sets:
            names[tier_set.key, None] = tier_set.name
            names |= {(tier_set.key, tier.key): tier.name for tier in tier_set.tiers}
    return names


def _moves(
    moves: TierSetMoves, names: Mapping[tuple[str, str | None], str], people: Mapping[UUID, tuple[str, str]]
) -> Moves:
    rows = [_row(moves.tier_set, each, names, people) for each in moves.matrix if each.from_tier != each.to_tier]
    return Moves(name=names[moves.tier_set, None], sentence=_sentence(moves), rows=rows)


def _sentence(moves: TierSetMoves) -> str:
    if not moves.moved:
        return gettext("Nobody moves.")
    words = ngettext(
        "{count} member moves: {up} up, {down} down.", "{count} members move: {up} up, {down} down.", moves.moved
    )
    return words.format(count=formats.number(moves.moved), up=formats.number(moves.up), down=formats.number(moves.down))


def _row(
    key: str, move: Move, names: Mapping[tuple[str, str | None], str], people: Mapping[UUID, tuple[str, str]]
) -> Row:
    first = [people[each.customer_id] for each in move.first[:_NAMED] if each.customer_id in people]
    more = move.members - len(first)
    words = ngettext("and {count} more", "and {count} more", more)
    return Row(
        from_tier=names[key, move.from_tier] if move.from_tier else gettext("no tier"),
        to_tier=names[key, move.to_tier] if move.to_tier else gettext("no tier"),
        members=formats.number(move.members),
        first=first,
        more=words.format(count=formats.number(more)) if first and more else "",
    )
