"""Orders are adjudicated: with the call that tells of them, as the stream tells, or for a look that posts nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import find_by_identifier
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.cases import Told, find_buyer, told_of
from regulars.loyalty.adjudication.contracts import Adjudicated, Effect, EffectKind, Outcome
from regulars.loyalty.adjudication.judging import Asked, Times, bounds_of_cart, find_out, grant_of, judge, leading_rule
from regulars.loyalty.adjudication.models import Order as OrderRow
from regulars.loyalty.adjudication.occasions import enrolled
from regulars.loyalty.adjudication.orders import adjudicate, refused_by
from regulars.loyalty.adjudication.programs import by_version, concern_strangers, list_versions_at, read_once
from regulars.loyalty.adjudication.statements import rows_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_of, is_any_published, map_versions_at
from regulars.loyalty.ledger.contracts import Grant, Member, MemberState
from regulars.loyalty.ledger.members import enrol_members, find_members_among, get_member, map_members
from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.contracts import Cart, RuleOutcome
from regulars.orders.contracts import OrderState, PutResult
from regulars.orders.queries import get_order, list_orders_by_id
from regulars.orders.services import put_order as keep_order
from regulars.stream.contracts import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of an order that was put, and what came of it in each programme."""

    put: PutResult
    adjudicated: Sequence[Adjudicated]


@transaction.atomic
def put_order(*, order: OrderState, now: datetime, actor: Actor) -> Answer:
    """Keep an order's full state and adjudicate it, all or nothing; as often as its source likes.

    Raises
    ------
    OrderRefused
        It cannot be meant.
    """
    put = keep_order(order=order, now=now, actor=actor)
    if put.order_id is None or not is_any_published():
        return Answer(put=put, adjudicated=())
    told = told_of(get_order(put.order_id))
    with read_once():
        return Answer(put=put, adjudicated=_adjudicate([told], now=now, actor=actor))


@transaction.atomic
def adjudicate_orders(*, order_ids: Collection[UUID], now: datetime, actor: Actor) -> list[Adjudicated]:
    """Adjudicate orders as they are kept now; those whose version is known change nothing.

    Of several they are taken in the order in which they were placed.
    """
    if not is_any_published():
        return []
    orders = sorted(list_orders_by_id(order_ids), key=lambda order: (order.head.placed_at, order.head.id))
    with read_once():
        return _adjudicate([told_of(order) for order in orders], now=now, actor=actor)


def may_concern(told: Collection[tuple[UUID, UUID | None]]) -> set[UUID]:
    """Return which of some orders may concern a member, by who is told to have bought them; no order is read."""
    orders = {order_id for order_id, _ in told}
    if concern_strangers():
        return orders
    members = find_members_among({buyer for _, buyer in told if buyer})
    known = {order_id for (order_id,) in rows_of("adjudicated", {"ids": list(orders)})}
    return {order_id for order_id, buyer in told if buyer in members} | known


def preview_order(*, order: OrderState, member_id: UUID | None = None) -> list[Adjudicated]:
    """Return what would come of an order, or of a cart, if it were put now; nothing is kept or posted.

    `member_id` tells who buys, where that is known; otherwise the first name of the buyer does that is known.

    Raises
    ------
    NoSuchMember
        There is no such member.
    """
    cart = cart_of(order)
    customer_id = get_member(member_id).customer_id if member_id else _known_buyer(order)
    with read_once():
        return [_previewed(version, order, cart, customer_id) for version in list_versions_at(order.placed_at)]


def _previewed(version: ProgramVersion, order: OrderState, cart: Cart, customer_id: UUID | None) -> Adjudicated:
    """Return what would come of a cart in one programme."""
    buyer = find_buyer(version, customer_id, order.placed_at)
    bounds = Bounds(
        version.program_id, buyer.id if buyer else None, cart.placed_at, version.zone, bounds_of_cart(version, cart)
    )
    [known] = find_out(version, [Asked(cart=cart, member=buyer, bounds=bounds)])
    evaluation = judge(version, cart, known, known.headroom)
    times = Times(
        granted_at=cart.placed_at,
        delivered_at=order.delivered_at,
        paid_at=cart.placed_at if order.payment_state != "unpaid" else None,
        tiers=known.given.tiers,
    )
    effects = [
        _would_be(
            version, buyer, outcome, grant_of(version, outcome, leading_rule(evaluation, outcome.currency), times)
        )
        for outcome in evaluation.granted
        if buyer
    ]
    refused = refused_by(version, evaluation.outcomes)
    return Adjudicated(
        outcome=Outcome.ADJUDICATED,
        program=version.program_key,
        version=version.number,
        effects=effects,
        refused=refused,
    )


def _adjudicate(orders: Sequence[Told], *, now: datetime, actor: Actor) -> list[Adjudicated]:
    """Adjudicate orders in the sequence in which they were placed; return what came of each, in each programme."""
    versions = _versions_of(orders)
    found: dict[UUID, list[Adjudicated]] = {order.id: [] for order in orders}
    for version, several in by_version((order, versions[order.id]) for order in orders):
        welcome = _enrol(several, version, now=now, actor=actor)
        for order, done in zip(several, adjudicate(several, version, now=now, actor=actor), strict=True):
            effects = [*welcome.get(order.id, ()), *done.effects]
            told = replace(done, program=version.program_key, version=version.number, effects=effects)
            found[order.id].append(told)
    return [each for order in orders for each in found[order.id]]


def _enrol(
    orders: Sequence[Told], version: ProgramVersion, *, now: datetime, actor: Actor
) -> dict[UUID, Sequence[Effect]]:
    """Make who orders a member, where ordering is enough; return what that sets off, by the order that did."""
    if version.document.enrolment.by != "ordering":
        return {}
    members = map_members(version.program_id, {order.customer_id for order in orders if order.customer_id})
    there = {customer_id for customer_id, member in members.items() if member.state is MemberState.ACTIVE}
    first: dict[UUID, Told] = {}
    for order in orders:
        if order.customer_id and order.customer_id not in there:
            first.setdefault(order.customer_id, order)
    moments = {customer_id: min(now, order.state.placed_at) for customer_id, order in first.items()}
    if not moments:
        return {}
    new: dict[UUID, tuple[UUID, Member]] = {}
    for customer_id, member in enrol_members(moments=moments, version=version, now=now, actor=actor).items():
        if member.enrolled_at == moments[customer_id]:
            new.setdefault(member.id, (first[customer_id].id, member))
    answers = enrolled([member for _, member in new.values()], version, now=now, actor=actor)
    return {order_id: answer.effects for (order_id, _), answer in zip(new.values(), answers, strict=True)}


def _versions_of(orders: Sequence[Told]) -> dict[UUID, list[ProgramVersion]]:
    """Return the versions by which orders are judged: those of their business time, as each was told at first."""
    rows = OrderRow.objects.filter(order_id__in=[order.id for order in orders])
    known: dict[UUID, dict[UUID, int]] = {order.id: {} for order in orders}
    for order_id, program_id, number in rows.values_list("order_id", "program_id", "program_version"):
        known[order_id][program_id] = number
    pairs = {pair for mine in known.values() for pair in mine.items()}
    at_first = {pair: get_version_of(*pair) for pair in sorted(pairs)}
    in_force = map_versions_at({order.state.placed_at for order in orders})
    return {
        order.id: [
            *(each for each in in_force[order.state.placed_at] if each.program_id not in known[order.id]),
            *(at_first[pair] for pair in known[order.id].items()),
        ]
        for order in orders
    }


def _would_be(version: ProgramVersion, buyer: Member, outcome: RuleOutcome, what: Grant) -> Effect:
    """Return the effect that a grant would have."""
    return Effect(
        kind=EffectKind.GRANTED if what.activates_at else EffectKind.HELD,
        program=version.program_key,
        rule=outcome.rule,
        version=version.number,
        currency=outcome.currency,
        points=outcome.granted,
        member_id=None if outcome.beneficiary else buyer.id,
        activates_at=what.activates_at,
        expires_at=what.expires_at,
    )


def _known_buyer(order: OrderState) -> UUID | None:
    """Return who buys, by the first name that is known; a look at a cart makes no customer."""
    names = order.buyer.identifiers if order.buyer else ()
    return next((found for name in names if (found := find_by_identifier(name))), None)
