"""Orders are adjudicated: with the call that tells of them, as the stream tells, or for a look that posts nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import find_by_identifier
from regulars.loyalty.adjudication.bounding import Bounds
from regulars.loyalty.adjudication.contracts import Adjudicated, Effect, EffectKind, Outcome
from regulars.loyalty.adjudication.judging import Times, bounds_of_cart, find_out, grant_of, judge, leading_rule
from regulars.loyalty.adjudication.models import Order as OrderRow
from regulars.loyalty.adjudication.occasions import enrolled
from regulars.loyalty.adjudication.orders import Told, adjudicate, find_buyer, refused_by
from regulars.loyalty.adjudication.programs import list_versions_at, read_once
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_of, is_any_published
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.ledger.members import enrol_member, get_member
from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.contracts import Cart, RuleOutcome
from regulars.orders.contracts import Order, OrderState, PutResult
from regulars.orders.in_full import state_of
from regulars.orders.queries import get_order, list_orders_by_id, map_digests
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
    digest = map_digests([put.order_id])[put.order_id]
    with read_once():
        adjudicated = _adjudicate(get_order(put.order_id), digest, now=now, actor=actor)
    return Answer(put=put, adjudicated=adjudicated)


@transaction.atomic
def adjudicate_orders(*, order_ids: Collection[UUID], now: datetime, actor: Actor) -> list[Adjudicated]:
    """Adjudicate orders as they are kept now; those whose version is known change nothing.

    Of several they are taken in the order in which they were placed.
    """
    if not is_any_published():
        return []
    orders = sorted(list_orders_by_id(order_ids), key=lambda order: (order.head.placed_at, order.head.id))
    digests = map_digests([order.head.id for order in orders])
    with read_once():
        return [found for order in orders for found in _adjudicate(order, digests[order.head.id], now=now, actor=actor)]


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
    known = find_out(version, cart, buyer, bounds)
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


def _adjudicate(order: Order, digest: bytes, *, now: datetime, actor: Actor) -> list[Adjudicated]:
    told = Told(
        id=order.head.id,
        version=order.head.version,
        digest=digest,
        customer_id=order.head.customer_id,
        state=state_of(order),
    )
    found = []
    for version in _versions_of(told):
        welcome: Sequence[Effect] = ()
        if told.customer_id and version.document.enrolment.by == "ordering":
            welcome = _enrol(told.customer_id, version, min(now, told.state.placed_at), now=now, actor=actor)
        done = adjudicate(told, version, now=now, actor=actor)
        effects = [*welcome, *done.effects]
        found.append(replace(done, program=version.program_key, version=version.number, effects=effects))
    return found


def _enrol(
    customer_id: UUID, version: ProgramVersion, at: datetime, *, now: datetime, actor: Actor
) -> Sequence[Effect]:
    """Make who orders a member, and return what that sets off, where it was this order that did."""
    member = enrol_member(customer_id=customer_id, version=version, now=at, actor=actor)
    if member.enrolled_at != at:
        return ()
    return enrolled(member, version, now=now, actor=actor).effects


def _versions_of(told: Told) -> list[ProgramVersion]:
    """Return the versions by which an order is judged: those of its business time, as it was told at first."""
    rows = dict(OrderRow.objects.filter(order_id=told.id).values_list("program_id", "program_version"))
    found = [version for version in list_versions_at(told.state.placed_at) if version.program_id not in rows]
    return found + [get_version_of(program_id, number) for program_id, number in rows.items()]


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
