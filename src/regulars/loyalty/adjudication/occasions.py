"""Occasions beside orders that set rules off: events, fields that become known, enrolments; `days` has the calendar's.

Each is judged in every programme that was in force at its business time, by the version of that time, for who was a
member then; late ones too, and what they grant is posted now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.cases import find_buyer, in_rounds, who_bought
from regulars.loyalty.adjudication.contracts import Adjudicated, Outcome
from regulars.loyalty.adjudication.desks import open_for
from regulars.loyalty.adjudication.granting import Candidate, Granted, Occurrence, grant_upon
from regulars.loyalty.adjudication.judging import Whom, given_of
from regulars.loyalty.adjudication.orders import refused_by
from regulars.loyalty.adjudication.programs import by_version, compiled, list_versions_at, read_once
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import map_versions_at
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import map_members
from regulars.loyalty.rules.compiling import RuleSet
from regulars.loyalty.rules.contracts import BecameKnown, Enrolled, Happened
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.stream.contracts import Actor

# What a grant tells the stream itself: a rule that it set off would go in a circle.
OWN_NOUN = "points"
ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurred:
    """What happened to a customer, as rules see it. By its `name` each rule grants once for it, whenever it is told."""

    customer_id: UUID
    occasion: Happened | BecameKnown
    name: str
    source_kind: str
    source_id: UUID | None = None

    def before(self, version: ProgramVersion) -> Occurrence:
        """Return it before a programme."""
        return Occurrence(
            version=version,
            occasion=self.occasion,
            name=self.name,
            source_kind=self.source_kind,
            source_id=self.source_id,
        )


def of_event(
    *, event_id: UUID, event_type: str, customer_id: UUID, occurred_at: datetime, payload: Mapping[str, Any]
) -> Occurred:
    """Return an event of the stream."""
    return Occurred(
        customer_id=customer_id,
        occasion=Happened(type=event_type, at=occurred_at, payload=payload),
        name=f"event {event_id}",
        source_kind="event",
        source_id=event_id,
    )


def of_field(*, customer_id: UUID, name: str, at: datetime) -> Occurred:
    """Return that a field of a profile was told: it counts the first time that a member tells it."""
    occasion = BecameKnown(field=name, at=at)
    return Occurred(customer_id=customer_id, occasion=occasion, name=f"profile {name}", source_kind="profile")


@transaction.atomic
def set_off(occurred: Sequence[Occurred], *, now: datetime, actor: Actor) -> list[list[Adjudicated]]:
    """Let what happened to customers set rules off, in each programme that has some for it.

    Return what came of each, in the programmes where the customer was a member. Told again it changes nothing. What
    concerns different members is adjudicated together, with so many statements as one.
    """
    found: list[list[Adjudicated]] = [[] for _ in occurred]
    with read_once():
        versions = map_versions_at({each.occasion.at for each in occurred})
        judged = ((number, _judges(each, versions[each.occasion.at])) for number, each in enumerate(occurred))
        for version, numbers in by_version(judged):
            for number, answer in _set_off(version, {each: occurred[each] for each in numbers}, now=now, actor=actor):
                found[number].append(answer)
    return found


def _judges(occurred: Occurred, versions: Sequence[ProgramVersion]) -> list[ProgramVersion]:
    """Return those of the versions in force of which some rule is set off."""
    if isinstance(occurred.occasion, Happened) and is_own(occurred.occasion.type):
        return []
    return [version for version in versions if compiled(version).rules_for(occurred.occasion).rules]


def _set_off(
    version: ProgramVersion, occurred: Mapping[int, Occurred], *, now: datetime, actor: Actor
) -> Iterator[tuple[int, Adjudicated]]:
    """Yield what comes of what happened in one programme, with its numbers, where the customer was a member."""
    members = map_members(version.program_id, {each.customer_id for each in occurred.values()})
    concerned = [
        (number, each.before(version), member)
        for number, each in occurred.items()
        if (member := who_bought(members, each.customer_id, each.occasion.at))
    ]
    rounds = list(in_rounds(concerned, lambda each: [each[2].merged_into or each[2].id]))
    if len(rounds) > 1:
        # All are locked before the first is written, or two who go the same round about could wait for each other.
        open_for([member for _, _, member in concerned], version=version, now=now, actor=actor)
    for several in rounds:
        who = _candidates(version, [(occurrence, member) for _, occurrence, member in several])
        granted = {each.candidate.known_as: each for each in grant_upon(who, now=now, actor=actor)}
        for (number, *_), candidate in zip(several, who, strict=True):
            yield number, _answer(version, granted.get(candidate.known_as))


@transaction.atomic
def enrolled(members: Sequence[Member], version: ProgramVersion, *, now: datetime, actor: Actor) -> list[Adjudicated]:
    """Let enrolments set rules off, once ever: who leaves and comes back is granted nothing more.

    `version` is the one in force when the members enrolled; nobody is there twice. Return what came of each.
    """
    before = [
        Occurrence(
            version=version,
            occasion=Enrolled(at=member.enrolled_at),
            name=ENROLMENT,
            source_kind=ENROLMENT,
            source_id=member.id,
        )
        for member in members
    ]
    if not any(compiled(version).rules_for(each.occasion).rules for each in before):
        return [_answer(version, None) for _ in members]
    who = _candidates(version, list(zip(before, members, strict=True)))
    granted = {each.candidate.member.id: each for each in grant_upon(who, now=now, actor=actor)}
    return [_answer(version, granted.get(member.id)) for member in members]


@transaction.atomic
def preview_event(
    *, event_type: str, customer_id: UUID, occurred_at: datetime, payload: Mapping[str, Any] | None = None
) -> list[Adjudicated]:
    """Return what an event would grant, and why rules would not, if it were told now; nothing is kept or posted."""
    occasion = Happened(type=event_type, at=occurred_at, payload=payload or {})
    if is_own(event_type):
        return []
    with read_once():
        versions = [each for each in list_versions_at(occurred_at) if compiled(each).rules_for(occasion).rules]
        return [_previewed(version, occasion, customer_id) for version in versions]


def _previewed(version: ProgramVersion, occasion: Happened, customer_id: UUID) -> Adjudicated:
    ready = compiled(version)
    rules = ready.rules_for(occasion)
    member = find_buyer(version, customer_id, occasion.at)
    given = given_of([_asked(rules, member, occasion.at)])[0] if member else Given()
    bounds = Bounds(version.program_id, member.id if member else None, occasion.at, version.zone, rules.bounds)
    evaluation = evaluate(ready, occasion, replace(given, headroom=bounds.left()))
    occurrence = Occurrence(version=version, occasion=occasion, name="", source_kind="event")
    return Adjudicated(
        outcome=Outcome.ADJUDICATED,
        program=version.program_key,
        version=version.number,
        effects=[occurrence.effect(outcome, given.tiers, member.id) for outcome in evaluation.granted if member],
        refused=refused_by(version, evaluation.outcomes),
    )


def is_own(event_type: str) -> bool:
    """Tell whether an event is one that grants tell themselves."""
    return event_type.partition(".")[0] == OWN_NOUN


def _candidates(version: ProgramVersion, concerned: Sequence[tuple[Occurrence, Member]]) -> list[Candidate]:
    """Return members before a version, with what is known of them, each at the moment of its occasion."""
    ready = compiled(version)
    asked = [
        _asked(ready.rules_for(occurrence.occasion), member, occurrence.occasion.at) for occurrence, member in concerned
    ]
    return [
        Candidate(member=member, occurrence=occurrence, compiled=ready, bounds=whom.rules.bounds, given=given)
        for (occurrence, member), whom, given in zip(concerned, asked, given_of(asked), strict=True)
    ]


def _asked(rules: RuleSet, member: Member, at: datetime) -> Whom:
    return Whom(rules=rules, member=member, at=at, until=at)


def _answer(version: ProgramVersion, granted: Granted | None) -> Adjudicated:
    """Return what came of an occasion in a programme; nothing new where it was adjudicated before."""
    return Adjudicated(
        outcome=Outcome.ADJUDICATED if granted else Outcome.UNCHANGED,
        program=version.program_key,
        version=version.number,
        effects=granted.effects if granted else (),
        refused=refused_by(version, granted.evaluation.outcomes) if granted else (),
    )
