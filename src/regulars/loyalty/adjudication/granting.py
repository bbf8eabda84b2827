"""Grant what an occasion other than an order comes to: an event, a field that became known, an enrolment, a day.

It is judged by its business time and what is known now, once for each member; the row that says so is written with the
points, behind the lock of the member's accounts. So a repeated delivery changes nothing, whatever is left of caps by
then. What an occasion has granted nothing takes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.bounding import Bounds, Use
from regulars.loyalty.adjudication.contracts import Effect, EffectKind
from regulars.loyalty.adjudication.desks import open_for
from regulars.loyalty.adjudication.judging import Times, grant_of, uses_of
from regulars.loyalty.adjudication.models import Occasion as OccasionRow
from regulars.loyalty.adjudication.progress import reach_tiers, unlocked
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import CapScope
from regulars.loyalty.ledger.bulk import occasion_of
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.wallets import Posting
from regulars.loyalty.rules.bounds import Bound
from regulars.loyalty.rules.compiling import Compiled
from regulars.loyalty.rules.contracts import BecameKnown, DayCame, Enrolled, Evaluation, Happened, RuleOutcome
from regulars.loyalty.rules.evaluating import evaluate
from regulars.loyalty.rules.judging import Given
from regulars.stream.contracts import Actor

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An occasion before one programme. By its `name` each rule grants once to each member, whenever it is told."""

    version: ProgramVersion
    occasion: Happened | BecameKnown | Enrolled | DayCame
    name: str
    source_kind: str
    source_id: UUID | None = None

    def grant(self, outcome: RuleOutcome, tiers: Mapping[str, str]) -> Grant:
        """Return the lot that an outcome comes to, for whomever."""
        at = self.occasion.at
        times = Times(granted_at=at, delivered_at=None, paid_at=None, tiers=tiers)
        found = grant_of(self.version, outcome, outcome.rule, times, self.source_id)
        return replace(found, source_kind=self.source_kind)

    def effect(
        self, outcome: RuleOutcome, tiers: Mapping[str, str], member_id: UUID, transaction_id: UUID | None = None
    ) -> Effect:
        """Return the effect of a grant; without a transaction, of one that would be."""
        what = self.grant(outcome, tiers)
        return Effect(
            kind=EffectKind.GRANTED,
            program=self.version.program_key,
            rule=outcome.rule,
            version=self.version.number,
            currency=outcome.currency,
            points=outcome.granted,
            member_id=member_id,
            transaction_id=transaction_id,
            activates_at=what.activates_at,
            expires_at=what.expires_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A member whom an occasion concerns, with the rules by which it is judged, and what is known."""

    member: Member
    compiled: Compiled
    given: Given


@dataclass(slots=True, kw_only=True)
class Granted:
    """What came of an occasion for a member."""

    member: Member
    evaluation: Evaluation
    tiers: Mapping[str, str]
    effects: list[Effect] = field(default_factory=list)


def grant_upon(
    occurrence: Occurrence,
    candidates: Sequence[Candidate],
    bounds: Sequence[Bound],
    *,
    rules: Collection[str] | None = None,
    now: datetime,
    actor: Actor,
) -> list[Granted]:
    """Adjudicate an occasion for members at one desk, within the caller's transaction; who was before is left out.

    Of some `rules` alone, if they are named: then the others are granted elsewhere.
    """
    if not candidates:
        return []
    version = occurrence.version
    desk = open_for([each.member for each in candidates], version=version, now=now, actor=actor)
    told = OccasionRow.objects.filter(member_id__in=[each.member.id for each in candidates], occurrence=occurrence.name)
    before = set(told.values_list("member_id", flat=True))
    new = [each for each in candidates if each.member.id not in before]
    evaluations = _within_bounds(occurrence, new, bounds)
    found = []
    postings: list[Posting] = []
    for candidate, evaluation in zip(new, evaluations, strict=True):
        one = Granted(member=candidate.member, evaluation=evaluation, tiers=candidate.given.tiers)
        for outcome in evaluation.granted:
            if rules is None or outcome.rule in rules:
                postings += _post(desk, occurrence, one, outcome)
        found.append(one)
    _keep(occurrence, found, rules, now)
    reached = reach_tiers(version, postings, [each.member.id for each in found if each.effects], now=now, actor=actor)
    for one in found:
        mine = [change for change in reached if change.member_id == (one.member.merged_into or one.member.id)]
        one.effects += unlocked(version, mine)
    return found


def _within_bounds(
    occurrence: Occurrence, candidates: Sequence[Candidate], bounds: Sequence[Bound]
) -> list[Evaluation]:
    """Return what the occasion comes to for each within what can be had of bounds, and note what is used of them."""
    version, at = occurrence.version, occurrence.occasion.at
    shared = [bound for bound in bounds if bound.scope in {CapScope.RULE, None}]
    own = [bound for bound in bounds if bound.scope is CapScope.MEMBER]
    common = Bounds(version.program_id, None, at, version.zone, shared)
    owns = [Bounds(version.program_id, each.member.id, at, version.zone, own) for each in candidates]
    mine = [each.left() for each in owns]
    left = common.left()
    evaluations = _one_by_one(occurrence, candidates, mine, left)
    wanted = _used(evaluations, left)
    drawn = common.draw(wanted)
    if any(drawn[key] < wanted[key] for key in drawn):
        # Others drew meanwhile: it is judged again by what could be had.
        left = {key: drawn.get(key, NOTHING) for key in left}
        evaluations = _one_by_one(occurrence, candidates, mine, left)
        wanted = _used(evaluations, left)
    periods = {bound.key: common.period(bound) for bound in shared}
    common.give_back(Use(key, periods[key], amount - wanted[key]) for key, amount in drawn.items())
    for bounds_of_one, evaluation in zip(owns, evaluations, strict=True):
        used = uses_of(evaluation.outcomes)
        bounds_of_one.note_member_uses(
            {(bound.key, common.period(bound)): used.get(bound.key, NOTHING) for bound in own}
        )
    return evaluations


def _one_by_one(
    occurrence: Occurrence,
    candidates: Sequence[Candidate],
    mine: Sequence[Mapping[str, Decimal]],
    left: Mapping[str, Decimal],
) -> list[Evaluation]:
    """Judge one member after the other: each has what those before have left of what is shared."""
    room, found = dict(left), []
    for candidate, own in zip(candidates, mine, strict=True):
        given = replace(candidate.given, headroom={**room, **own})
        evaluation = evaluate(candidate.compiled, occurrence.occasion, given)
        for key, used in uses_of(evaluation.outcomes).items():
            if key in room:
                room[key] -= used
        found.append(evaluation)
    return found


def _used(evaluations: Sequence[Evaluation], keys: Collection[str]) -> dict[str, Decimal]:
    used = uses_of([outcome for evaluation in evaluations for outcome in evaluation.outcomes])
    return {key: used.get(key, NOTHING) for key in keys}


def _post(desk: Desk, occurrence: Occurrence, one: Granted, outcome: RuleOutcome) -> list[Posting]:
    """Grant what a rule comes to."""
    member_id = one.member.id
    held = desk.account(member_id, outcome.currency)
    if held is None:
        raise LookupError(f"a member has no account in {outcome.currency}")
    what = occurrence.grant(outcome, one.tiers)
    drafted = grant(
        desk.wallets,
        held.at,
        outcome.currency,
        replace(what, occasion=occasion_of(member_id, outcome.rule, occurrence.name)),
        now=desk.now,
        origin_account_id=held.id,
        memo={"occurrence": occurrence.name, "rule": outcome.rule},
    )
    desk.post(drafted)
    one.effects.append(occurrence.effect(outcome, one.tiers, member_id, drafted[0].id))
    return drafted


def _keep(occurrence: Occurrence, found: Sequence[Granted], rules: Collection[str] | None, now: datetime) -> None:
    """Write that the occasion was adjudicated, and what came of it."""
    OccasionRow.objects.bulk_create(
        [
            OccasionRow(
                id=new_id(),
                member_id=one.member.id,
                occurrence=occurrence.name,
                occurred_at=occurrence.occasion.at,
                program_version=occurrence.version.number,
                granted={
                    outcome.rule: {
                        "currency": outcome.currency,
                        "points": outcome.granted,
                        "uses": [[use.bound, str(use.used)] for use in outcome.uses],
                    }
                    for outcome in one.evaluation.granted
                    if rules is None or outcome.rule in rules
                },
                refusals={
                    outcome.rule: [outcome.refusal.reason.value, dict(outcome.refusal.values)]
                    for outcome in one.evaluation.outcomes
                    if outcome.refusal and (rules is None or outcome.rule in rules)
                },
                adjudicated_at=now,
            )
            for one in found
        ]
    )
