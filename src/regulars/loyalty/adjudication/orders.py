"""Adjudicate orders: compare what each comes to with what it has earned so far, and post the difference.

Orders that concern different people are adjudicated together, as one is: found, locked, judged, posted and counted with
so many statements as of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.bounding import Bounds, Use
from regulars.loyalty.adjudication.cases import (
    Case,
    Concern,
    Key,
    Told,
    find_redeemed,
    in_rounds,
    list_concerns,
    outcome_if_known,
)
from regulars.loyalty.adjudication.contracts import Adjudicated, Outcome, Refused
from regulars.loyalty.adjudication.desks import open_for
from regulars.loyalty.adjudication.differences import draft_differences, give_points_back
from regulars.loyalty.adjudication.judging import (
    Asked,
    Known,
    bounds_of_cart,
    find_out,
    judge,
    known_again,
    uses_of,
)
from regulars.loyalty.adjudication.models import Earning, Order
from regulars.loyalty.adjudication.progress import count_order, order_progress, reach_tiers, unlocked
from regulars.loyalty.adjudication.remembering import kept
from regulars.loyalty.adjudication.returns import undo_what_hung
from regulars.loyalty.adjudication.waiting import in_time
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import CapScope
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.posting import find_expired
from regulars.loyalty.rules.contracts import Evaluation, RuleOutcome
from regulars.loyalty.rules.judging import Given
from regulars.loyalty.rules.worth import remains_of
from regulars.loyalty.tiers.contracts import MemberChange, NewProgress
from regulars.stream.contracts import Actor

NOTHING = Decimal(0)
# Nothing is known of who is no member, and nothing is left for them.
_NOBODY = Known(given=Given(), is_first=None, headroom={})
_TOLD = ("order_version", "digest", "member", "spread", "refusals", "adjudicated_at")


def adjudicate(
    orders: Sequence[Told], version: ProgramVersion, *, until: datetime | None = None, now: datetime, actor: Actor
) -> list[Adjudicated]:
    """Adjudicate orders in a programme, by the version of their business time; post what differs from before.

    Return what came of each. Of several that concern one member each is judged by what the one before came to. Nothing
    is kept of an order that concerns nobody: who buys it may yet be known, and then it is judged as if told first.

    What is known already is adjudicated again only where a moment `until` is told, by which what it waits for is over.
    """
    concerns, found = [], {}
    for each in list_concerns(version, orders):
        if outcome := outcome_if_known(each.told, each.known_as, is_again=until is not None):
            # So it is of most events of orders: the call that told of one had it adjudicated. No accounts are opened.
            found[each.told.id] = Adjudicated(outcome=outcome)
        elif each.is_nobodys:
            found[each.told.id] = _nobodys(version, each)
        else:
            concerns.append(each)
    rounds = list(in_rounds(concerns, lambda each: each.counted_for))
    if len(rounds) > 1:
        # All are locked before the first is written, or two who go the same round about could wait for each other.
        _open([each for several in rounds for each in several], version, now=now, actor=actor)
    for several in rounds:
        desk = _open(several, version, now=now, actor=actor)
        found |= _adjudicate(several, desk, until)
    return [found[each.id] for each in orders]


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


def _nobodys(version: ProgramVersion, concern: Concern) -> Adjudicated:
    evaluation = judge(version, concern.cart, _NOBODY, {})
    return Adjudicated(outcome=Outcome.ADJUDICATED, refused=refused_by(version, evaluation.outcomes))


def _open(concerns: Sequence[Concern], version: ProgramVersion, *, now: datetime, actor: Actor) -> Desk:
    granted = {member.id: member for concern in concerns for member in concern.granted}
    return open_for(
        list(granted.values()),
        also={each for concern in concerns for each in concern.members},
        lots={each for concern in concerns for each in concern.standing},
        causes={each for concern in concerns for each in concern.causes},
        version=version,
        now=now,
        actor=actor,
    )


def _adjudicate(concerns: Sequence[Concern], desk: Desk, until: datetime | None) -> dict[UUID, Adjudicated]:
    """Adjudicate the orders of a round, by their ids."""
    cases, found = _lock(concerns, desk, until)
    if _is_more(cases, desk.version):
        # While the accounts were waited for, somebody else has adjudicated an order, or redeemed something for it.
        concerns = list_concerns(desk.version, [each.told for each in concerns])
        desk = _open(concerns, desk.version, now=desk.now, actor=desk.actor)
        cases, found = _lock(concerns, desk, until)
    _judge(cases)
    progress = _keep(cases)
    expired = find_expired([each.lot_id for case in cases for each in case.earnings.values()])
    for case in cases:
        draft_differences(case, expired)
    desk.post([posting for case in cases for posting in case.postings])
    Earning.objects.bulk_create([each for case in cases for each in case.earned])
    Earning.objects.bulk_update([each for case in cases for each in case.earnings.values()], ["points", "uses"])
    for case in cases:
        order_id, redemptions = case.told.id, case.concern.redemptions
        case.effects += undo_what_hung(desk, order_id, case.cart, redemptions, is_new=case.is_new)
        give_points_back(case)
    reached = reach_tiers(
        desk.version,
        [posting for case in cases for posting in case.postings],
        {each for case in cases for each in case.concern.members},
        orders=progress,
        now=desk.now,
        actor=desk.actor,
    )
    lifted: defaultdict[UUID, list[MemberChange]] = defaultdict(list)
    for change in reached:
        lifted[change.member_id].append(change)
    for case in cases:
        mine = [change for member_id in sorted(case.concern.counted_for) for change in lifted[member_id]]
        found[case.told.id] = Adjudicated(
            outcome=Outcome.ADJUDICATED,
            effects=[*case.effects, *unlocked(case.version, mine)],
            refused=refused_by(case.version, case.evaluation.outcomes),
        )
    return found


def _is_more(cases: Sequence[Case], version: ProgramVersion) -> bool:
    """Tell whether orders have earned, or were paid for with, more than what is open."""
    if any(case.row and not case.concern.is_known for case in cases):
        return True
    if any(each.lot_id not in case.concern.standing for case in cases for each in case.earnings.values()):
        return True
    redeemed = find_redeemed(version.program_id, [case.concern for case in cases])
    return any(list(case.concern.redemptions) != redeemed.get(case.told.id, []) for case in cases)


def _lock(
    concerns: Sequence[Concern], desk: Desk, until: datetime | None
) -> tuple[list[Case], dict[UUID, Adjudicated]]:
    """Lock what is kept of orders; return those that are to be adjudicated, and what is to be said of the others."""
    told = Order.objects.filter(program_id=desk.version.program_id, order_id__in=[each.told.id for each in concerns])
    rows = {row.order_id: row for row in told.select_for_update(no_key=True).order_by("id")}
    earnings: dict[UUID, dict[Key, Earning]] = {row.id: {} for row in rows.values()}
    for each in Earning.objects.filter(order_id__in=list(earnings)).order_by("id") if earnings else ():
        earnings[each.order_id][each.rule, each.currency, each.member_id] = each
    cases, others = [], {}
    for concern in concerns:
        row, order = rows.get(concern.told.id), concern.told
        known_as = (row.order_version, bytes(row.digest)) if row else None
        if outcome := outcome_if_known(order, known_as, is_again=until is not None):
            others[order.id] = Adjudicated(outcome=outcome)
        else:
            mine = earnings[row.id] if row else {}
            cases.append(Case(concern=concern, desk=desk, row=row, earnings=mine, clock=until or desk.now))
    return cases, others


def _judge(cases: Sequence[Case]) -> None:
    """Find what orders come to, by what was known of each at first."""
    if not cases:
        return
    version = cases[0].version
    bounds = {case.told.id: _bounds_of(case) for case in cases}
    new = [
        Asked(cart=case.cart, member=case.buyer, bounds=bounds[case.told.id], order_id=case.told.id)
        for case in cases
        if case.row is None
    ]
    told = iter(find_out(version, new))
    for case in cases:
        case.known = known_again(case.row.known, case.row.headroom) if case.row else next(told)
        case.evaluation = _within_bounds(case, bounds[case.told.id])


def _bounds_of(case: Case) -> Bounds:
    version, buyer = case.version, case.buyer
    rules = bounds_of_cart(version, case.cart)
    return Bounds(version.program_id, buyer.id if buyer else None, case.cart.placed_at, version.zone, rules)


def _within_bounds(case: Case, bounds: Bounds) -> Evaluation:
    """Return what the order comes to within what was left of bounds at first, and what can be had of them now."""
    before = _used_before(case.earnings.values())
    left = bounds.left()
    headroom = case.known.headroom
    most = {key: min(headroom.get(key, room), before.get(key, NOTHING) + room) for key, room in left.items()}
    evaluation = _judged(case, most)
    used = uses_of(evaluation.outcomes)
    more = {key: used.get(key, NOTHING) - before.get(key, NOTHING) for key in left}
    drawn = bounds.draw({key: amount for key, amount in more.items() if amount > 0})
    if any(drawn[key] < more[key] for key in drawn):
        # Others drew meanwhile: it is judged again by what could be had.
        had = [bound.key for bound in bounds.bounds if bound.scope in {CapScope.RULE, None}]
        most |= {key: before.get(key, NOTHING) + drawn.get(key, NOTHING) for key in had}
        evaluation = _judged(case, most)
        used = uses_of(evaluation.outcomes)
    shared = {bound.key: bounds.period(bound) for bound in bounds.bounds if bound.scope in {CapScope.RULE, None}}
    bounds.give_back(
        Use(key, period, before.get(key, NOTHING) + drawn.get(key, NOTHING) - used.get(key, NOTHING))
        for key, period in shared.items()
    )
    own = {bound.key: bounds.period(bound) for bound in bounds.bounds if bound.scope is CapScope.MEMBER}
    bounds.note_member_uses(
        {(key, period): used.get(key, NOTHING) - before.get(key, NOTHING) for key, period in own.items()}
    )
    return evaluation


def _judged(case: Case, headroom: Mapping[str, Decimal]) -> Evaluation:
    evaluation = judge(case.version, case.cart, case.known, headroom)
    return in_time(case.version, evaluation, case.times, case.clock)


def _used_before(earnings: Iterable[Earning]) -> dict[str, Decimal]:
    used: dict[str, Decimal] = {}
    for earning in earnings:
        for bound, amount in earning.uses:
            used[bound] = used.get(bound, NOTHING) + Decimal(amount)
    return used


def _keep(cases: Sequence[Case]) -> list[NewProgress]:
    """Write how orders were adjudicated, what was known at first staying; return what they count for in tiers."""
    new, again, progress = [], [], []
    for case in cases:
        told = _told(case)
        if case.row is None:
            case.row = Order(
                id=new_id(),
                program_id=case.version.program_id,
                order_id=case.told.id,
                placed_at=case.cart.placed_at,
                program_version=case.version.number,
                known=kept(case.known.given, case.known.is_first),
                headroom={bound: str(left) for bound, left in case.known.headroom.items()},
                **told,
            )
            new.append(case.row)
        else:
            for name, value in told.items():
                setattr(case.row, name, value)
            again.append(case.row)
        remains = remains_of(case.cart, case.version.document.points_are)
        progress += count_order(case.row, order_progress(case.version, case.cart, remains))
    Order.objects.bulk_create(new)
    Order.objects.bulk_update(again, [*_TOLD, "counted"])
    return progress


def _told(case: Case) -> dict[str, Any]:
    """Return what is kept of an adjudication, and changes with each."""
    spread = case.evaluation.spread
    parts = ("discounts", "points", "gift_cards", "points_back", "gift_cards_back")
    return {
        "order_version": case.told.version,
        "digest": case.told.digest,
        "member_id": case.buyer and case.buyer.id,
        "spread": {name: {str(part): share for part, share in getattr(spread, name).items()} for name in parts},
        "refusals": [
            [outcome.rule, outcome.refusal.reason.value, dict(outcome.refusal.values)]
            for outcome in case.evaluation.outcomes
            if outcome.refusal
        ],
        "adjudicated_at": case.desk.now,
    }
