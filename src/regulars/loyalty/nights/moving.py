"""Who moves if a draft is published: told before it happens, and computed without writing anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.business.queries import get_business
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.calendar import first_instant_after, local_day
from regulars.loyalty.definitions.checking import check_program
from regulars.loyalty.definitions.contracts import Draft, ProgramVersion
from regulars.loyalty.definitions.diffing import Change, ChangeKind, diff_programs
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.queries import get_draft, list_published
from regulars.loyalty.definitions.services import EffectiveTooEarly, FaultyProgram
from regulars.loyalty.nights.contracts import Move, Moved, MoveReport, RuleChange, TierSetMoves
from regulars.loyalty.tiers.foreseeing import iter_foreseen
from regulars.loyalty.tiers.ladder import ladder_of

FIRST_NAMED = 100
Place = tuple[str | None, str | None]


def who_moves(*, program: str, at: datetime, until: datetime | None = None) -> MoveReport:
    """Return who would stand elsewhere if the draft of a programme were in force from a moment on.

    Both courses of things are followed to `until`, with what has been earned by now: to the first instant of the day
    after, unless told otherwise, since members climb when a version comes into force and fall when a day begins. Who
    keeps a tier for a period or in grace falls later: a later `until` tells of those too.

    Raises
    ------
    NoSuchProgram
        None has this key.
    NoDraft
        It has none.
    FaultyProgram
        The draft could not be published: names lead nowhere, or thresholds do not rise.
    EffectiveTooEarly
        A version is in force from then on or later, and the draft would come after it.
    """
    draft = get_draft(program)
    versions = list_published(draft.program_id)
    coming = _coming(draft, versions, at)
    end = until or first_instant_after(local_day(at, coming.zone), coming.zone)
    found, members = _follow(versions, coming, end)
    before = versions[-1] if versions else None
    return MoveReport(
        program=program,
        version=before.number if before else None,
        digest=draft.digest,
        at=at,
        until=end,
        members=members,
        tier_sets=[_moves_of(key, found[key], coming, before) for key in _keys_in_order(coming, before)],
        rules=list(rule_changes(before.document if before else None, draft.document)),
    )


def _coming(draft: Draft, versions: Sequence[ProgramVersion], at: datetime) -> ProgramVersion:
    """Return the version that the draft would become."""
    business = get_business()
    faults = check_program(draft.document, reporting_currency=business.reporting_currency)
    if faults:
        raise FaultyProgram(faults)
    if versions and at <= versions[-1].effective_at:
        message = gettext("Version {number} is effective from then on or later; this one comes after it.")
        raise EffectiveTooEarly(message.format(number=versions[-1].number))
    return ProgramVersion(
        program_id=draft.program_id,
        program_key=draft.program_key,
        number=versions[-1].number + 1 if versions else 1,
        effective_at=at,
        document=draft.document,
        digest=draft.digest,
        zone=ZoneInfo(draft.document.zone or business.zone),
    )


@dataclass(slots=True)
class _Counted:
    """How many go from where to where in a tier set, and the first of them."""

    counts: Counter[Place] = field(default_factory=Counter)
    first: defaultdict[Place, list[Moved]] = field(default_factory=lambda: defaultdict(list))


def _follow(
    versions: Sequence[ProgramVersion], coming: ProgramVersion, until: datetime
) -> tuple[Mapping[str, _Counted], int]:
    """Follow all members through both courses of things, and count them."""
    found: defaultdict[str, _Counted] = defaultdict(_Counted)
    members = 0
    for part in iter_foreseen(versions, [*versions, coming], until=until):
        for each in part:
            place = (each.tier, each.other)
            counted = found[each.tier_set]
            counted.counts[place] += 1
            if each.tier != each.other and len(counted.first[place]) < FIRST_NAMED:
                counted.first[place].append(Moved(member_id=each.member_id, customer_id=each.customer_id))
        members += len({each.member_id for each in part})
    return found, members


def _keys_in_order(coming: ProgramVersion, before: ProgramVersion | None) -> list[str]:
    """Return the keys of the tier sets of a version, and then of those that only the one before has."""
    documents = [coming.document, *([before.document] if before else [])]
    return list(dict.fromkeys(each.key for document in documents for each in document.tier_sets))


def _moves_of(key: str, counted: _Counted, coming: ProgramVersion, before: ProgramVersion | None) -> TierSetMoves:
    rungs = _rungs(key, coming, before)
    places = sorted(counted.counts, key=lambda place: [rungs.get(tier, len(rungs)) for tier in place])
    sums: tuple[Counter[str | None], Counter[str | None]] = (Counter(), Counter())
    for place in places:
        for side, tier in zip(sums, place, strict=True):
            side[tier] += counted.counts[place]
    moved = [place for place in places if place[0] != place[1]]
    up = [place for place in moved if rungs.get(place[1], -1) > rungs.get(place[0], -1)]
    total, risen = (sum(counted.counts[place] for place in some) for some in (moved, up))
    return TierSetMoves(
        tier_set=key,
        matrix=[
            Move(
                from_tier=place[0], to_tier=place[1], members=counted.counts[place], first=counted.first.get(place, [])
            )
            for place in places
        ],
        before=dict(sums[0]),
        after=dict(sums[1]),
        moved=total,
        up=risen,
        down=total - risen,
    )


def _rungs(key: str, coming: ProgramVersion, before: ProgramVersion | None) -> dict[str | None, int]:
    """Return how high the tiers of a set are: as the draft orders them, a tier that it no longer has by the one before.

    One that is gone stands just above the next lower one that is left, so that who has it falls to that.
    """
    new, old = _ladder(key, coming), _ladder(key, before)
    order = list(new)
    for number, tier in enumerate(old):
        if tier not in new:
            lower = [each for each in old[:number] if each in order]
            order.insert(order.index(lower[-1]) + 1 if lower else 0, tier)
    return {None: -1} | {tier: rung for rung, tier in enumerate(order)}


def _ladder(key: str, version: ProgramVersion | None) -> Sequence[str]:
    sets = version.document.tier_sets if version else ()
    return ladder_of(next((each for each in sets if each.key == key), None)).keys


def rule_changes(before: Program | None, after: Program) -> Iterator[RuleChange]:
    """Yield which rules a document adds, takes away or changes, in their order."""
    if before is None:
        for rule in after.rules:
            yield RuleChange(rule=rule.key, name=rule.name, kind=ChangeKind.ADDED, changes=())
        return
    names = {rule.key: rule.name for document in (before, after) for rule in document.rules}
    found: dict[str, list[Change]] = defaultdict(list)
    for change in diff_programs(before, after):
        steps = change.pointer.split("/")
        if steps[1] == "rules" and len(steps) > 2:
            found[steps[2]].append(change)
    for key, changes in found.items():
        whole = next((each for each in changes if each.pointer == f"/rules/{key}"), None)
        kind = whole.kind if whole else ChangeKind.CHANGED
        yield RuleChange(rule=key, name=names[key], kind=kind, changes=() if whole else changes)
