"""Points of orders that wait for an event: when it came too late, and what becomes of them.

What counts is when it happened, not when it was told. An event before the end of its time makes points active, also
where they had been cancelled by the time that it was told; one that happened later makes none active, though nobody
had cancelled them yet. So all versions of an order end in one state, whichever comes first, and whenever nights ran.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from regulars.loyalty.adjudication.judging import Times, is_of_tier, leading_rule, rule_of
from regulars.loyalty.definitions.calendar import add_span, cancels_at, local_day, subtract_span
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import UponEvent
from regulars.loyalty.rules.contracts import Evaluation, Reason, Refusal, RuleOutcome

_DAY = timedelta(days=1)


def in_time(version: ProgramVersion, evaluation: Evaluation, times: Times, now: datetime) -> Evaluation:
    """Return what an order comes to by the clock: rules whose event came too late, or not in time, grant nothing."""
    return replace(
        evaluation,
        outcomes=[_in_time(version, evaluation, outcome, times, now) for outcome in evaluation.outcomes],
    )


def _in_time(
    version: ProgramVersion, evaluation: Evaluation, outcome: RuleOutcome, times: Times, now: datetime
) -> RuleOutcome:
    leading = leading_rule(evaluation, outcome.currency) if is_of_tier(outcome.rule) else outcome.rule
    rule = rule_of(version, leading)
    if not outcome.granted or rule is None or not isinstance(rule.activation, UponEvent):
        return outcome
    ends = cancels_at(rule.activation, times.granted_at, version.zone)
    came = times.came(rule.activation)
    if came < ends if came else now < ends:
        return outcome
    refusal = Refusal(Reason.WAITED_IN_VAIN, {"event": rule.activation.event, "until": ends.isoformat()})
    return replace(outcome, granted=0, shares={}, uses=(), refusal=refusal)


def last_day_in_vain(activation: UponEvent, until: datetime, version: ProgramVersion) -> date:
    """Return the last local day of whose orders the time to wait is over by a moment."""
    over = local_day(until, version.zone) - _DAY
    # By the length of months it may be some days earlier or later.
    found = subtract_span(over, activation.cancel_after)
    while add_span(found + _DAY, activation.cancel_after) <= over:
        found += _DAY
    while add_span(found, activation.cancel_after) > over:
        found -= _DAY
    return found
