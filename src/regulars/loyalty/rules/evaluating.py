"""Evaluate an occasion: what each rule that it sets off grants, or why it does not.

Of the rules that apply and have something to count, an exclusive group keeps the one of the highest priority, of equal
ones the first in the document. Multipliers then count what is left, and are grants of their own. Last, in the order of
the document, each grant is rounded and fitted into its bounds. A rule whose bounds are reached still holds its group
and is still multiplied, so that orders which share a cap come to the same in any order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from regulars.loyalty.rules.bounds import Fitted, fit
from regulars.loyalty.rules.compiling import Compiled, ReadyRule
from regulars.loyalty.rules.contracts import Evaluation, Occasion, Reason, Refusal, RuleOutcome
from regulars.loyalty.rules.judging import Given, Judge
from regulars.loyalty.rules.kinds.multiplier import compound, multiplied_by
from regulars.loyalty.rules.rounding import round_points
from regulars.loyalty.rules.sight import Amounts, Earned, Sight
from regulars.loyalty.rules.spreading import Weight, spread

_PLACES = 6


def evaluate(compiled: Compiled, occasion: Occasion, given: Given, *, uses_index: bool = True) -> Evaluation:
    """Return what each rule that the occasion sets off comes to, judged at the occasion's own time.

    Without the index the condition of each rule is judged; the outcome is the same.
    """
    judge, rules = Judge(compiled, occasion, given), compiled.rules_for(occasion)
    found = rules.candidates(judge.signs()) if uses_index else None
    tiers = [rule for rule in rules.tiers if rule.tier and given.tiers.get(rule.tier[0]) == rule.tier[1]]
    verdicts = [
        _weighed(rule, judge, is_candidate=found is None or rule.place in found)
        for rule in rules.rules
        if judge.is_set_off(rule)
    ]
    verdicts += [_weighed(rule, judge, is_candidate=True) for rule in tiers]
    _exclude(verdicts)
    _multiply(verdicts, judge, is_compound=compiled.is_compound)
    left = {key: Decimal(room) for key, room in given.headroom.items()}
    return Evaluation(
        outcomes=[_outcome(verdict, left) for verdict in verdicts],
        spread=judge.remains.spread,
    )


@dataclass(slots=True)
class _Verdict:
    """What is known of a rule so far: what it sees and comes to, or why nothing."""

    rule: ReadyRule
    sight: Sight | None = None
    # Of a multiplier, not before all others.
    amounts: Amounts | None = None
    refusal: Refusal | None = None

    @property
    def applies(self) -> bool:
        return self.refusal is None


def _weighed(rule: ReadyRule, judge: Judge, *, is_candidate: bool) -> _Verdict:
    seen = judge.see(rule, is_candidate=is_candidate)
    if isinstance(seen, Refusal):
        return _Verdict(rule, refusal=seen)
    if rule.multiplier:
        return _Verdict(rule, seen)
    amounts = rule.grant.weigh(seen)
    return _Verdict(rule, seen, refusal=amounts) if isinstance(amounts, Refusal) else _Verdict(rule, seen, amounts)


def _exclude(verdicts: Sequence[_Verdict]) -> None:
    """Of each exclusive group keep one."""
    first: dict[str, _Verdict] = {}
    for verdict in verdicts:
        if verdict.applies and (group := verdict.rule.group):
            kept = first.setdefault(group, verdict)
            if verdict.rule.priority > kept.rule.priority:
                first[group] = verdict
    for verdict in verdicts:
        if verdict.applies and (group := verdict.rule.group) and first[group] is not verdict:
            values = {"by": first[group].rule.key, "group": group}
            verdict.refusal = Refusal(Reason.EXCLUDED, values)


def _multiply(verdicts: Sequence[_Verdict], judge: Judge, *, is_compound: bool) -> None:
    multipliers = [verdict for verdict in verdicts if verdict.applies and verdict.rule.multiplier]
    if not multipliers:
        return
    judge.scene.earned.extend(earned for verdict in verdicts if (earned := _earned(verdict)))
    for verdict in multipliers:
        rule, sight = verdict.rule, verdict.sight
        if rule.multiplier is None or sight is None:
            continue
        amounts = rule.grant.weigh(sight)
        if isinstance(amounts, Refusal):
            verdict.refusal = amounts
            continue
        verdict.amounts = amounts
        if is_compound:
            compound(multiplied_by(sight, rule.currency, rule.multiplier.of), sight, rule.multiplier.factor)


def _earned(verdict: _Verdict) -> Earned | None:
    """Return what multipliers can count of a rule."""
    amounts, rule = verdict.amounts, verdict.rule
    if not verdict.applies or amounts is None or verdict.sight is None or not rule.kind.can_be_multiplied:
        return None
    whole = sum(amounts.weights.values())
    if not whole:
        return None
    return Earned(
        rule=rule.key,
        is_multiplied=rule.kind.is_multiplied,
        currency=rule.currency,
        beneficiary=verdict.sight.beneficiary,
        unit=amounts.total / whole,
        weights=dict(amounts.weights),
    )


def _outcome(verdict: _Verdict, left: dict[str, Decimal]) -> RuleOutcome:
    rule, amounts = verdict.rule, verdict.amounts
    if verdict.refusal or amounts is None or verdict.sight is None:
        if verdict.refusal is rule.false.refusal:
            return rule.false
        return RuleOutcome(rule=rule.key, currency=rule.currency, refusal=verdict.refusal)
    by_part = _rounded_by_part(rule, amounts)
    wanted = sum(by_part.values()) if by_part is not None else round_points(amounts.total, rule.rounding)
    unrounded = _decimal(amounts.total)
    if wanted > 0:
        fitted = fit(wanted, rule.bounds, left)
    else:
        fitted = Fitted(0, refusal=Refusal(Reason.ROUNDS_TO_NOTHING, {"unrounded": str(unrounded)}))
    weights = amounts.weights if by_part is None or fitted.points < wanted else by_part
    return RuleOutcome(
        rule=rule.key,
        currency=rule.currency,
        beneficiary=verdict.sight.beneficiary,
        granted=fitted.points,
        wanted=wanted,
        unrounded=unrounded,
        shares=_shares(fitted.points, weights),
        uses=fitted.uses,
        rate=amounts.rate,
        refusal=fitted.refusal,
    )


def _rounded_by_part(rule: ReadyRule, amounts: Amounts) -> dict[int, int] | None:
    """Return the points of each part, where each is rounded for itself."""
    if not rule.rounds_by_part or not amounts.is_by_part:
        return None
    return {number: round_points(each, rule.rounding) for number, each in amounts.by_part().items()}


def _shares(points: int, weights: Mapping[int, Weight]) -> dict[int, int]:
    if not points:
        return {}
    shares = spread(points, list(weights.values()))
    return {number: share for number, share in zip(weights, shares, strict=True) if share}


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(round(amount * 10**_PLACES)).scaleb(-_PLACES)
