"""Adjudicate an order: compare what it comes to with what it has earned so far, and post the difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.bounding import Bounds, Use
from regulars.loyalty.adjudication.contracts import Adjudicated, Effect, EffectKind, Outcome, Refused
from regulars.loyalty.adjudication.desks import open_for
from regulars.loyalty.adjudication.judging import (
    Known,
    Times,
    active_from,
    bounds_of_cart,
    expiry_of,
    find_out,
    grant_of,
    is_of_tier,
    judge,
    known_again,
    leading_rule,
    rule_of,
    uses_of,
)
from regulars.loyalty.adjudication.models import Earning, Order
from regulars.loyalty.adjudication.progress import reach_tiers, record_order_progress, unlocked
from regulars.loyalty.adjudication.remembering import kept
from regulars.loyalty.adjudication.returns import comes_back, redeemed_for, undo_what_hung
from regulars.loyalty.adjudication.waiting import in_time
from regulars.loyalty.definitions.calendar import expires_at
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import CapScope
from regulars.loyalty.ledger.contracts import Member, MemberState, TransactionKind
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.earning import activate_upon, cancel_pending, grant
from regulars.loyalty.ledger.members import find_by_code, find_member, find_own_member
from regulars.loyalty.ledger.posting import find_expired
from regulars.loyalty.ledger.returning import TakenBack, claw_back, earn_again
from regulars.loyalty.ledger.wallets import Posting
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState
from regulars.loyalty.rewards.undoing import refund_points
from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.contracts import Cart, Evaluation, Reason, RuleOutcome
from regulars.loyalty.rules.worth import remains_of
from regulars.orders.contracts import OrderState
from regulars.stream.contracts import Actor

Key = tuple[str, str, UUID]
"""A rule, a currency, and the member who is granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An order as it is kept, with its id, version and buyer."""

    id: UUID
    version: int
    digest: bytes
    customer_id: UUID | None
    state: OrderState


@dataclass(slots=True)
class Case:
    """An order before one programme."""

    version: ProgramVersion
    told: Told
    cart: Cart
    buyer: Member | None
    desk: Desk
    row: Order | None
    earnings: Mapping[Key, Earning]
    redemptions: Sequence[Redemption]
    # By which it is judged whether what points wait for has come in time.
    clock: datetime
    effects: list[Effect] = field(default_factory=list)

    @property
    def times(self) -> Times:
        """When its points can become active."""
        state = self.told.state
        paid = [tender.paid_at for tender in state.tenders if tender.paid_at]
        is_paid = state.payment_state != "unpaid"
        return Times(
            granted_at=state.placed_at,
            delivered_at=state.delivered_at,
            paid_at=max(paid, default=state.placed_at) if is_paid else None,
            tiers=self.known["tiers"] if self.row else {},
        )

    @property
    def known(self) -> Mapping[str, Any]:
        """What was known at the first adjudication, as it is kept."""
        return self.row.known if self.row else {}

    def effect(self, kind: EffectKind, **more: Any) -> None:
        """Note what came of it."""
        self.effects.append(Effect(kind=kind, program=self.version.program_key, version=self.version.number, **more))


def adjudicate(
    told: Told, version: ProgramVersion, *, until: datetime | None = None, now: datetime, actor: Actor
) -> Adjudicated:
    """Adjudicate an order in a programme, by the version of its business time; post what differs from before.

    What is known already is adjudicated again only where a moment `until` is told, by which what it waits for is over.
    """
    buyer = find_buyer(version, told.customer_id, told.state.placed_at)
    rows = Order.objects.filter(program_id=version.program_id, order_id=told.id)
    standing = list(Earning.objects.filter(order__in=rows).values_list("lot_id", "member_id"))
    members = {member_id for _, member_id in standing} | ({buyer.id} if buyer else set())
    named = find_named(version, told.state)
    members |= {member.id for member in named.values()}
    lots = [lot_id for lot_id, _ in standing]
    cart = cart_of(told.state)
    redemptions = redeemed_for(told.id, told.state, version, buyer) if comes_back(cart) else []
    causes = [*lots, *(each.id for each in redemptions)]
    granted = [*([buyer] if buyer else []), *named.values()]
    desk = open_for(granted, also=members, lots=lots, causes=causes, version=version, now=now, actor=actor)
    row = rows.select_for_update().first()
    if row and row.order_version > told.version:
        return Adjudicated(outcome=Outcome.STALE)
    if until is None and row and (row.order_version, bytes(row.digest)) == (told.version, told.digest):
        return Adjudicated(outcome=Outcome.UNCHANGED)
    earnings = {(each.rule, each.currency, each.member_id): each for each in (row.earnings.all() if row else ())}
    case = Case(version, told, cart, buyer, desk, row, earnings, redemptions, until or now)
    bounds = Bounds(
        version.program_id, buyer.id if buyer else None, cart.placed_at, version.zone, bounds_of_cart(version, cart)
    )
    known = known_again(row.known, row.headroom) if row else find_out(version, cart, buyer, bounds, order_id=told.id)
    evaluation = _within_bounds(case, known, bounds)
    is_new = case.row is None
    case.row = _keep(case, known, evaluation, now)
    postings = _post_differences(case, _targets(case, evaluation.outcomes, named), evaluation)
    case.effects += undo_what_hung(case.desk, told.id, cart, redemptions, is_new=is_new)
    _give_points_back(case, evaluation)
    record_order_progress(version, case.row, cart, remains_of(cart, version.document.points_are), now=now)
    case.effects += unlocked(version, reach_tiers(version, postings, members, now=now, actor=actor))
    return Adjudicated(
        outcome=Outcome.ADJUDICATED, effects=case.effects, refused=refused_by(version, evaluation.outcomes)
    )


def find_buyer(version: ProgramVersion, customer_id: UUID | None, placed_at: datetime) -> Member | None:
    """Return the member that bought: who was one by then, under the name that was used, or whom that leads to."""
    if customer_id is None:
        return None
    member = find_own_member(version.program_id, customer_id) or find_member(version.program_id, customer_id)
    if member is None or member.state is MemberState.ERASED or member.enrolled_at > placed_at:
        return None
    return member if member.left_at is None or placed_at < member.left_at else None


def find_named(version: ProgramVersion, state: OrderState) -> dict[str, Member]:
    """Return the members whose numbers stand in the attributes by which rules name who is granted."""
    names = {rule.beneficiary.partition(":")[2] for rule in version.document.rules} - {""}
    numbers = {str(state.attributes[name]) for name in names if state.attributes.get(name)}
    found = {number: find_by_code(version.program_id, number) for number in numbers}
    return {number: member for number, member in found.items() if member}


def refused_by(version: ProgramVersion, outcomes: Iterable[RuleOutcome]) -> list[Refused]:
    """Return the rules that granted nothing, and why."""
    return [
        Refused(
            program=version.program_key,
            rule=outcome.rule,
            reason=outcome.refusal.reason.value,
            values=dict(outcome.refusal.values),
        )
        for outcome in outcomes
        if outcome.refusal
    ]


def _within_bounds(case: Case, known: Known, bounds: Bounds) -> Evaluation:
    """Return what the order comes to within what was left of bounds at first, and what can be had of them now."""
    before = _used_before(case.earnings.values())
    left = bounds.left()
    most = {key: min(known.headroom.get(key, room), before.get(key, Decimal(0)) + room) for key, room in left.items()}
    evaluation = _judged(case, known, most)
    used = uses_of(evaluation.outcomes)
    more = {key: used.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in left}
    drawn = bounds.draw({key: amount for key, amount in more.items() if amount > 0})
    if any(drawn[key] < more[key] for key in drawn):
        # Others drew meanwhile: it is judged again by what could be had.
        had = [bound.key for bound in bounds.bounds if bound.scope in {CapScope.RULE, None}]
        most |= {key: before.get(key, Decimal(0)) + drawn.get(key, Decimal(0)) for key in had}
        evaluation = _judged(case, known, most)
        used = uses_of(evaluation.outcomes)
    shared = {bound.key: bounds.period(bound) for bound in bounds.bounds if bound.scope in {CapScope.RULE, None}}
    bounds.give_back(
        Use(key, period, before.get(key, Decimal(0)) + drawn.get(key, Decimal(0)) - used.get(key, Decimal(0)))
        for key, period in shared.items()
    )
    own = {bound.key: bounds.period(bound) for bound in bounds.bounds if bound.scope is CapScope.MEMBER}
    bounds.note_member_uses({(key, period): more_of(used, before, key) for key, period in own.items()})
    return evaluation


def _judged(case: Case, known: Known, headroom: Mapping[str, Decimal]) -> Evaluation:
    evaluation = judge(case.version, case.cart, known, headroom)
    return in_time(case.version, evaluation, case.times, case.clock)


def more_of(used: Mapping[str, Decimal], before: Mapping[str, Decimal], key: str) -> Decimal:
    """Return by how much a bound is used more than before."""
    return used.get(key, Decimal(0)) - before.get(key, Decimal(0))


def _used_before(earnings: Iterable[Earning]) -> dict[str, Decimal]:
    used: dict[str, Decimal] = {}
    for earning in earnings:
        for bound, amount in earning.uses:
            used[bound] = used.get(bound, Decimal(0)) + Decimal(amount)
    return used


def _keep(case: Case, known: Known, evaluation: Evaluation, now: datetime) -> Order:
    """Write how the order was adjudicated; what was known at first stays."""
    spread = evaluation.spread
    parts = ("discounts", "points", "gift_cards", "points_back", "gift_cards_back")
    told = {
        "order_version": case.told.version,
        "digest": case.told.digest,
        "member_id": case.buyer and case.buyer.id,
        "spread": {name: {str(part): share for part, share in getattr(spread, name).items()} for name in parts},
        "refusals": [
            [outcome.rule, outcome.refusal.reason.value, dict(outcome.refusal.values)]
            for outcome in evaluation.outcomes
            if outcome.refusal
        ],
        "adjudicated_at": now,
    }
    if case.row:
        for name, value in told.items():
            setattr(case.row, name, value)
        case.row.save()
        return case.row
    return Order.objects.create(
        id=new_id(),
        program_id=case.version.program_id,
        order_id=case.told.id,
        placed_at=case.cart.placed_at,
        program_version=case.version.number,
        known=kept(known.given, known.is_first),
        headroom={bound: str(left) for bound, left in known.headroom.items()},
        **told,
    )


def _targets(case: Case, outcomes: Sequence[RuleOutcome], named: Mapping[str, Member]) -> dict[Key, RuleOutcome]:
    """Return what is to be earned, by whom."""
    found: dict[Key, RuleOutcome] = {}
    for outcome in outcomes:
        member = named.get(outcome.beneficiary) if outcome.beneficiary else case.buyer
        if outcome.granted and member:
            found[outcome.rule, outcome.currency, member.id] = outcome
    return found


def _post_differences(case: Case, targets: Mapping[Key, RuleOutcome], evaluation: Evaluation) -> list[Posting]:
    """Take back what is earned no longer, give what is earned again, grant what is new, activate what waited."""
    postings = [*_cancel(case, targets, evaluation), *_take_back(case, targets)]
    for key, earning in case.earnings.items():
        wanted = targets[key].granted if key in targets else 0
        if wanted > earning.points:
            postings += _earn_again(case, earning, wanted - earning.points)
        earning.points = wanted
        earning.uses = _uses(targets[key]) if key in targets else []
        earning.save(update_fields=["points", "uses"])
    for key, outcome in targets.items():
        if key not in case.earnings:
            postings += _grant(case, key, outcome, evaluation)
    return [*postings, *_activate(case)]


def _cancel(case: Case, targets: Mapping[Key, RuleOutcome], evaluation: Evaluation) -> list[Posting]:
    """Cancel what still waits of that for which it is too late."""
    ended = {
        (outcome.rule, outcome.currency): datetime.fromisoformat(outcome.refusal.values["until"])
        for outcome in evaluation.outcomes
        if outcome.refusal and outcome.refusal.reason is Reason.WAITED_IN_VAIN
    }
    postings: list[Posting] = []
    for key, earning in case.earnings.items():
        lot = case.desk.wallets.lots[earning.lot_id]
        ends = ended.get((earning.rule, earning.currency))
        if ends is None or key in targets or lot.activates_at is not None or not lot.pending:
            continue
        points = lot.pending
        drafted = cancel_pending(case.desk.wallets, lot, at=min(ends, case.desk.now), memo=_memo(case))
        case.desk.post(drafted)
        postings += drafted
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
    return postings


def _take_back(case: Case, targets: Mapping[Key, RuleOutcome]) -> list[Posting]:
    less = {
        earning.lot_id: (earning, earning.points - (targets[key].granted if key in targets else 0))
        for key, earning in case.earnings.items()
        if earning.points > (targets[key].granted if key in targets else 0)
    }
    if not less:
        return []
    lots = [earning.lot_id for earning in case.earnings.values()]
    memo = _memo(case)
    drafted = claw_back(
        case.desk.wallets,
        [TakenBack(lot_id=lot_id, points=points) for lot_id, (_, points) in less.items()],
        siblings=lots,
        expired=find_expired(lots),
        now=case.desk.now,
        memo=memo,
    )
    case.desk.post(drafted)
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
    return drafted


def _earn_again(case: Case, earning: Earning, points: int) -> list[Posting]:
    desk = case.desk
    lot = desk.wallets.lots[earning.lot_id]
    drafted = earn_again(desk.wallets, lot, points, desk.taken[earning.lot_id], now=desk.now, memo=_memo(case))
    desk.post(drafted)
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
    return drafted


def _grant(case: Case, key: Key, outcome: RuleOutcome, evaluation: Evaluation) -> list[Posting]:
    rule, currency, member_id = key
    if case.row is None:
        raise LookupError("an order is kept before it earns")
    leading = leading_rule(evaluation, currency)
    what = grant_of(case.version, outcome, leading, case.times, case.row.id)
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
        memo=_memo(case) | {"rule": rule},
    )
    case.desk.post(drafted)
    lot_id = drafted[0].new_lots[0].id
    Earning.objects.create(
        id=new_id(),
        order=case.row,
        rule=rule,
        currency=currency,
        member_id=member_id,
        lot_id=lot_id,
        points=outcome.granted,
        led_by=leading if is_of_tier(rule) else "",
        uses=_uses(outcome),
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
    return drafted


def _activate(case: Case) -> list[Posting]:
    """Let what waited for an event become active, where that has happened by now."""
    postings: list[Posting] = []
    for earning in case.earnings.values():
        lot = case.desk.wallets.lots[earning.lot_id]
        rule = rule_of(case.version, earning.led_by or earning.rule)
        active = active_from(case.version, rule, case.times)
        if lot.activates_at is not None or active is None or not lot.pending:
            continue
        policy = expiry_of(case.version, earning.currency, rule, case.times.tiers)
        good = expires_at(policy, active, case.version.zone)
        drafted = activate_upon(case.desk.wallets, lot, activates_at=active, expires_at=good, now=case.desk.now)
        case.desk.post(drafted)
        postings += drafted
    return postings


def _give_points_back(case: Case, evaluation: Evaluation) -> None:
    """Give back the points that were spent on what came back, to the lots that they came from."""
    spent = sum(evaluation.spread.points.values())
    back = spent if case.cart.is_void else sum(evaluation.spread.points_back.values())
    if not spent or not back:
        return
    for redemption in case.redemptions:
        if redemption.kind != "pay_with_points" or redemption.state is not RedemptionState.CONFIRMED:
            continue
        due = sum(redemption.cost.values()) * back // spent - redemption.refunded_points
        if due > 0:
            refund_points(
                redemption_id=redemption.id,
                points=due,
                reason="order_returned",
                now=case.desk.now,
                actor=case.desk.actor,
            )
            case.effect(EffectKind.REFUNDED, points=due, member_id=redemption.member_id, rule=redemption.reward)


def _uses(outcome: RuleOutcome) -> list[list[str]]:
    return [[use.bound, str(use.used)] for use in outcome.uses]


def _memo(case: Case) -> dict[str, Any]:
    head = case.told.state
    return {"source": head.source, "order": head.external_id, "order_version": case.told.version}
