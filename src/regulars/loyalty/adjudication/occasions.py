"""Occasions beside orders that set rules off: events, fields that become known, enrolments; `days` has the calendar's.

Each is judged in every programme that was in force at its business time, by the version of that time, for who was a
member then; late ones too, and what they grant is posted now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.cases import find_buyer
from regulars.loyalty.adjudication.contracts import Adjudicated, Outcome
from regulars.loyalty.adjudication.granting import Candidate, Granted, Occurrence, grant_upon
from regulars.loyalty.adjudication.judging import Whom, given_of
from regulars.loyalty.adjudication.orders import refused_by
from regulars.loyalty.adjudication.programs import compiled, list_versions_at, read_once
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.rules.compiling import RuleSet
from regulars.loyalty.rules.contracts import BecameKnown, Enrolled, Happened
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.stream.contracts import Actor

# What a grant tells the stream itself: a rule that it set off would go in a circle.
OWN_NOUN = "points"
ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event of the stream, and whose it is: `id` names it for ever."""

    id: UUID
    type: str
    customer_id: UUID
    occurred_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def happened(*, event: Told, now: datetime, actor: Actor) -> list[Adjudicated]:
    """Let an event set rules off, in each programme that has some for its type; told again it changes nothing."""
    if is_own(event.type):
        return []
    occasion = Happened(type=event.type, at=event.occurred_at, payload=event.payload)
    return [
        _adjudicated(_of_event(version, event, occasion), member, now=now, actor=actor)
        for version, member in _concerned(occasion, event.customer_id)
    ]


@transaction.atomic
def became_known(
    *, customer_id: UUID, fields: Collection[str], at: datetime, now: datetime, actor: Actor
) -> list[Adjudicated]:
    """Let fields of a profile that were told set rules off: the first time that a member tells each of them."""
    found = []
    for name in sorted(set(fields)):
        occasion = BecameKnown(field=name, at=at)
        for version, member in _concerned(occasion, customer_id):
            occurrence = Occurrence(version=version, occasion=occasion, name=f"profile {name}", source_kind="profile")
            found.append(_adjudicated(occurrence, member, now=now, actor=actor))
    return found


@transaction.atomic
def enrolled(member: Member, version: ProgramVersion, *, now: datetime, actor: Actor) -> Adjudicated:
    """Let an enrolment set rules off, once ever: who leaves and comes back is granted nothing more.

    `version` is the one in force when the member enrolled.
    """
    occasion = Enrolled(at=member.enrolled_at)
    if not compiled(version).rules_for(occasion).rules:
        return Adjudicated(outcome=Outcome.UNCHANGED, program=version.program_key, version=version.number)
    occurrence = Occurrence(
        version=version, occasion=occasion, name=ENROLMENT, source_kind=ENROLMENT, source_id=member.id
    )
    return _adjudicated(occurrence, member, now=now, actor=actor)


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
    given = _given(rules, member, occasion.at) if member else Given()
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


def _concerned(occasion: Happened | BecameKnown, customer_id: UUID) -> list[tuple[ProgramVersion, Member]]:
    """Return the versions whose rules an occasion sets off, with who was a member there."""
    versions = [version for version in list_versions_at(occasion.at) if compiled(version).rules_for(occasion).rules]
    found = ((version, find_buyer(version, customer_id, occasion.at)) for version in versions)
    return [(version, member) for version, member in found if member]


def _of_event(version: ProgramVersion, event: Told, occasion: Happened) -> Occurrence:
    return Occurrence(
        version=version, occasion=occasion, name=f"event {event.id}", source_kind="event", source_id=event.id
    )


def _adjudicated(occurrence: Occurrence, member: Member, *, now: datetime, actor: Actor) -> Adjudicated:
    ready = compiled(occurrence.version)
    rules = ready.rules_for(occurrence.occasion)
    given = _given(rules, member, occurrence.occasion.at)
    candidate = Candidate(member=member, compiled=ready, given=given)
    return _answer(occurrence, grant_upon(occurrence, [candidate], rules.bounds, now=now, actor=actor))


def _answer(occurrence: Occurrence, found: Sequence[Granted]) -> Adjudicated:
    version = occurrence.version
    if not found:
        return Adjudicated(outcome=Outcome.UNCHANGED, program=version.program_key, version=version.number)
    [one] = found
    return Adjudicated(
        outcome=Outcome.ADJUDICATED,
        program=version.program_key,
        version=version.number,
        effects=one.effects,
        refused=refused_by(version, one.evaluation.outcomes),
    )


def _given(rules: RuleSet, member: Member, at: datetime) -> Given:
    [given] = given_of([Whom(rules=rules, member=member, at=at, until=at)])
    return given
