"""What an order earns less, again, or newly than before: drafted on its desk, to be posted with others of its round."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.cases import Case, Key
from regulars.loyalty.adjudication.contracts import EffectKind
from regulars.loyalty.adjudication.judging import active_from, expiry_of, grant_of, is_of_tier, leading_rule, rule_of
from regulars.loyalty.adjudication.models import Earning
from regulars.loyalty.adjudication.returns import RETURNED
from regulars.loyalty.definitions.calendar import expires_at
from regulars.loyalty.ledger.contracts import TransactionKind
from regulars.loyalty.ledger.earning import activate_upon, cancel_pending, grant
from regulars.loyalty.ledger.returning import TakenBack, claw_back, earn_again
from regulars.loyalty.rewards.contracts import RedemptionState
from regulars.loyalty.rewards.restoring import spend_again_on
from regulars.loyalty.rewards.undoing import refund_points_on
from regulars.loyalty.rules.contracts import Reason, RuleOutcome


def draft_differences(case: Case, expired: Mapping[UUID, int]) -> None:
    """Take back what is earned no longer, give what is earned again, grant what is new, activate what waited.

    `expired` tells how much of the order's lots has expired unspent.
    """
    targets = _targets(case)
    _cancel(case, targets)
    _take_back(case, targets, expired)
    for key, earning in case.earnings.items():
        wanted = targets[key].granted if key in targets else 0
        if wanted > earning.points:
            _earn_again(case, earning, wanted - earning.points)
        earning.points = wanted
        earning.uses = _uses(targets[key]) if key in targets else []
    for key, outcome in targets.items():
        if key not in case.earnings:
            _grant(case, key, outcome)
    _activate(case)


def _targets(case: Case) -> dict[Key, RuleOutcome]:
    """Return what is to be earned, by whom."""
    found: dict[Key, RuleOutcome] = {}
    for outcome in case.evaluation.outcomes:
        member = case.concern.named.get(outcome.beneficiary) if outcome.beneficiary else case.buyer
        if outcome.granted and member:
            found[outcome.rule, outcome.currency, member.id] = outcome
    return found


def _cancel(case: Case, targets: Mapping[Key, RuleOutcome]) -> None:
    """Cancel what still waits of that for which it is too late."""
    ended = {
        (outcome.rule, outcome.currency): datetime.fromisoformat(outcome.refusal.values["until"])
        for outcome in case.evaluation.outcomes
        if outcome.refusal and outcome.refusal.reason is Reason.WAITED_IN_VAIN
    }
    for key, earning in case.earnings.items():
        lot = case.desk.wallets.lots[earning.lot_id]
        ends = ended.get((earning.rule, earning.currency))
        if ends is None or key in targets or lot.activates_at is not None or not lot.pending:
            continue
        points = lot.pending
        drafted = cancel_pending(case.desk.wallets, lot, at=min(ends, case.desk.now), memo=case.memo)
        case.draft(drafted)
        # What was taken of it on behalf of the order's other lots is taken back as in any return.
        earning.points -= points
        case.effect(
            EffectKind.CANCELLED,
            rule=earning.rule,
            currency=earning.currency,
            points=points,
            member_id=earning.member_id,
            transaction_id=drafted[0].id,
        )


def _take_back(case: Case, targets: Mapping[Key, RuleOutcome], expired: Mapping[UUID, int]) -> None:
    less = {
        earning.lot_id: (earning, earning.points - (targets[key].granted if key in targets else 0))
        for key, earning in case.earnings.items()
        if earning.points > (targets[key].granted if key in targets else 0)
    }
    if not less:
        return
    lots = [earning.lot_id for earning in case.earnings.values()]
    memo = case.memo
    drafted = claw_back(
        case.desk.wallets,
        [TakenBack(lot_id=lot_id, points=points) for lot_id, (_, points) in less.items()],
        siblings=lots,
        expired={lot_id: expired[lot_id] for lot_id in lots if lot_id in expired},
        now=case.desk.now,
        memo=memo,
    )
    case.draft(drafted)
    posted = {posting.entries[0].currency: posting.id for posting in drafted if posting.memo is memo}
    for earning, points in less.values():
        case.effect(
            EffectKind.REVERSED,
            rule=earning.rule,
            currency=earning.currency,
            points=points,
            member_id=earning.member_id,
            transaction_id=posted[earning.currency],
        )


def _earn_again(case: Case, earning: Earning, points: int) -> None:
    desk = case.desk
    lot = desk.wallets.lots[earning.lot_id]
    drafted = earn_again(desk.wallets, lot, points, desk.taken[earning.lot_id], now=desk.now, memo=case.memo)
    case.draft(drafted)
    [posted] = [posting for posting in drafted if posting.kind is TransactionKind.GIVE_BACK]
    case.effect(
        EffectKind.GRANTED if lot.activates_at else EffectKind.HELD,
        rule=earning.rule,
        currency=earning.currency,
        points=points,
        member_id=earning.member_id,
        transaction_id=posted.id,
        activates_at=lot.activates_at,
        expires_at=lot.expires_at,
    )


def _grant(case: Case, key: Key, outcome: RuleOutcome) -> None:
    rule, currency, member_id = key
    leading = leading_rule(case.evaluation, currency)
    what = grant_of(case.version, outcome, leading, case.times, case.kept.id)
    held = case.desk.account(member_id, currency)
    if held is None:
        raise LookupError(f"a member has no account in {currency}")
    drafted = grant(
        case.desk.wallets,
        held.at,
        currency,
        what,
        now=case.desk.now,
        origin_account_id=held.id,
        memo=case.memo | {"rule": rule},
    )
    case.draft(drafted)
    case.earned.append(
        Earning(
            id=new_id(),
            order=case.kept,
            rule=rule,
            currency=currency,
            member_id=member_id,
            lot_id=drafted[0].new_lots[0].id,
            points=outcome.granted,
            led_by=leading if is_of_tier(rule) else "",
            uses=_uses(outcome),
        )
    )
    case.effect(
        EffectKind.GRANTED if what.activates_at else EffectKind.HELD,
        rule=rule,
        currency=currency,
        points=outcome.granted,
        member_id=member_id,
        transaction_id=drafted[0].id,
        activates_at=what.activates_at,
        expires_at=what.expires_at,
    )


def _activate(case: Case) -> None:
    """Let what waited for an event become active, where that has happened by now."""
    for earning in case.earnings.values():
        lot = case.desk.wallets.lots[earning.lot_id]
        rule = rule_of(case.version, earning.led_by or earning.rule)
        active = active_from(case.version, rule, case.times)
        if lot.activates_at is not None or active is None or not lot.pending:
            continue
        policy = expiry_of(case.version, earning.currency, rule, case.times.tiers)
        good = expires_at(policy, active, case.version.zone)
        case.draft(activate_upon(case.desk.wallets, lot, activates_at=active, expires_at=good, now=case.desk.now))


def give_points_back(case: Case) -> None:
    """Give back the points that were spent on what came back, to the lots that they came from; it is posted at once.

    Where less has come back than was told before, points are spent again.
    """
    spent = sum(case.evaluation.spread.points.values())
    back = spent if case.cart.is_void else sum(case.evaluation.spread.points_back.values())
    if not spent:
        return
    for redemption in case.concern.redemptions:
        if redemption.kind != "pay_with_points" or redemption.state is not RedemptionState.CONFIRMED:
            continue
        due = sum(redemption.cost.values()) * back // spent - redemption.refunded_points
        if due > 0:
            refund_points_on(case.desk, redemption.id, due, reason=RETURNED, with_order=True)
            case.effect(EffectKind.REFUNDED, points=due, member_id=redemption.member_id, rule=redemption.reward)
        elif due < 0 and (again := spend_again_on(case.desk, redemption.id, -due)):
            case.effect(EffectKind.SPENT_AGAIN, points=again, member_id=redemption.member_id, rule=redemption.reward)


def _uses(outcome: RuleOutcome) -> list[list[str]]:
    return [[use.bound, str(use.used)] for use in outcome.uses]
