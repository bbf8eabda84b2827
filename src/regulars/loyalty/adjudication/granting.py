"""Grant what occasions other than orders come to: events, fields that became known, enrolments, days.

Each is judged by its business time and what is known now, once for each member; the row that says so is written with
the points, behind the lock of the member's accounts. So a repeated delivery changes nothing, whatever is left of caps
by then. What an occasion has granted nothing takes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
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
    """A member whom an occasion concerns, with the rules by which it is judged, their bounds, and what is known."""

    member: Member
    occurrence: Occurrence
    compiled: Compiled
    bounds: Sequence[Bound]
    given: Given

    @property
    def known_as(self) -> tuple[UUID, str]:
        """By which the occasion is adjudicated once."""
        return self.member.id, self.occurrence.name

    @property
    def shared(self) -> list[Bound]:
        """The bounds that it shares with others."""
        return [bound for bound in self.bounds if bound.scope in {CapScope.RULE, None}]

    def bounded(self, bounds: Sequence[Bound], member_id: UUID | None = None) -> Bounds:
        """Return bounds as they stand at the moment of the occasion, for a member if one is named."""
        version = self.occurrence.version
        return Bounds(version.program_id, member_id, self.occurrence.occasion.at, version.zone, bounds)


@dataclass(slots=True, kw_only=True)
class Granted:
    """What came of an occasion for a member."""

    candidate: Candidate
    evaluation: Evaluation
    effects: list[Effect] = field(default_factory=list)


def grant_upon(
    candidates: Sequence[Candidate], *, rules: Collection[str] | None = None, now: datetime, actor: Actor
) -> list[Granted]:
    """Adjudicate occasions at one desk, within the caller's transaction; what was adjudicated before is left out.

    All are judged by one version of a programme, and no member is there twice. Of some `rules` alone, if they are
    named: then the others are granted elsewhere.
    """
    if not candidates:
        return []
    version = candidates[0].occurrence.version
    desk = open_for([each.member for each in candidates], version=version, now=now, actor=actor)
    told = OccasionRow.objects.filter(
        member_id__in=[each.member.id for each in candidates],
        occurrence__in={each.occurrence.name for each in candidates},
    )
    before = set(told.values_list("member_id", "occurrence"))
    new = [each for each in candidates if each.known_as not in before]
    found = [
        Granted(candidate=candidate, evaluation=evaluation)
        for candidate, evaluation in zip(new, _within_bounds(new), strict=True)
    ]
    postings: list[Posting] = []
    for one in found:
        for outcome in one.evaluation.granted:
            if rules is None or outcome.rule in rules:
                postings += _draft(desk, one, outcome)
    desk.post(postings)
    _keep(found, rules, now)
    granted = [each.candidate.member.id for each in found if each.effects]
    reached = reach_tiers(version, postings, granted, now=now, actor=actor)
    for one in found:
        member = one.candidate.member
        mine = [change for change in reached if change.member_id == (member.merged_into or member.id)]
        one.effects += unlocked(version, mine)
    return found


def _within_bounds(candidates: Sequence[Candidate]) -> list[Evaluation]:
    """Return what occasions come to within what can be had of bounds, in their sequence; note what is used of them."""

    def periods(candidate: Candidate) -> list[tuple[str, str]]:
        bounds = candidate.bounded(candidate.shared)
        return [(bound.key, bounds.period(bound)) for bound in bounds.bounds]

    return [each for _, several in groupby(candidates, periods) for each in _drawn_together(list(several))]


def _drawn_together(candidates: Sequence[Candidate]) -> list[Evaluation]:
    """Return what occasions come to that share the same periods of the same bounds."""
    shared = candidates[0].shared
    common = candidates[0].bounded(shared)
    owns = [
        each.bounded([bound for bound in each.bounds if bound.scope is CapScope.MEMBER], each.member.id)
        for each in candidates
    ]
    mine = [each.left() for each in owns]
    left = common.left()
    evaluations = _one_by_one(candidates, mine, left)
    wanted = _used(evaluations, left)
    drawn = common.draw(wanted)
    if any(drawn[key] < wanted[key] for key in drawn):
        # Others drew meanwhile: it is judged again by what could be had.
        left = {key: drawn.get(key, NOTHING) for key in left}
        evaluations = _one_by_one(candidates, mine, left)
        wanted = _used(evaluations, left)
    periods = {bound.key: common.period(bound) for bound in shared}
    common.give_back(Use(key, periods[key], amount - wanted[key]) for key, amount in drawn.items())
    for own, evaluation in zip(owns, evaluations, strict=True):
        used = uses_of(evaluation.outcomes)
        own.note_member_uses({(bound.key, own.period(bound)): used.get(bound.key, NOTHING) for bound in own.bounds})
    return evaluations


def _one_by_one(
    candidates: Sequence[Candidate], mine: Sequence[Mapping[str, Decimal]], left: Mapping[str, Decimal]
) -> list[Evaluation]:
    """Judge one occasion after the other: each has what those before have left of what is shared."""
    room, found = dict(left), []
    for candidate, own in zip(candidates, mine, strict=True):
        given = replace(candidate.given, headroom={**room, **own})
        evaluation = evaluate(candidate.compiled, candidate.occurrence.occasion, given)
        for key, used in uses_of(evaluation.outcomes).items():
            if key in room:
                room[key] -= used
        found.append(evaluation)
    return found


def _used(evaluations: Sequence[Evaluation], keys: Collection[str]) -> dict[str, Decimal]:
    used = uses_of([outcome for evaluation in evaluations for outcome in evaluation.outcomes])
    return {key: used.get(key, NOTHING) for key in keys}


def _draft(desk: Desk, one: Granted, outcome: RuleOutcome) -> list[Posting]:
    """Draft the grant of what a rule comes to."""
    occurrence, member_id, tiers = one.candidate.occurrence, one.candidate.member.id, one.candidate.given.tiers
    held = desk.account(member_id, outcome.currency)
    if held is None:
        raise LookupError(f"a member has no account in {outcome.currency}")
    what = occurrence.grant(outcome, tiers)
    drafted = grant(
        desk.wallets,
        held.at,
        outcome.currency,
        replace(what, occasion=occasion_of(member_id, outcome.rule, occurrence.name)),
        now=desk.now,
        origin_account_id=held.id,
        memo={"occurrence": occurrence.name, "rule": outcome.rule},
    )
    one.effects.append(occurrence.effect(outcome, tiers, member_id, drafted[0].id))
    return drafted


def _keep(found: Sequence[Granted], rules: Collection[str] | None, now: datetime) -> None:
    """Write that occasions were adjudicated, and what came of them."""
    OccasionRow.objects.bulk_create(
        [
            OccasionRow(
                id=new_id(),
                member_id=one.candidate.member.id,
                occurrence=one.candidate.occurrence.name,
                occurred_at=one.candidate.occurrence.occasion.at,
                program_version=one.candidate.occurrence.version.number,
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
