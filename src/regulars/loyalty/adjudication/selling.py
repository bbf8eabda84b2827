"""What is sold at a counter: an amount, what vouchers take off it, what points pay of it, and what it earns.

A sale is an order of the source `till`, kept with all that hangs on it or not at all. Told twice under one reference it
is one sale. As long as it is fresh it can be undone: then the points that paid come back, and the vouchers are good
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import get_customer
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.adjudication.conditions import judge_rewards, judge_vouchers
from regulars.loyalty.adjudication.contracts import Effect
from regulars.loyalty.adjudication.models import Earning
from regulars.loyalty.adjudication.services import preview_order, put_order
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import PayWithPoints
from regulars.loyalty.definitions.queries import NoSuchVersion, get_version_at, list_programs
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.members import NoSuchMember, get_member
from regulars.loyalty.rewards.contracts import ForOrder, Purchase, Validation
from regulars.loyalty.rewards.kinds.pay_with_points import amount_minor, least_points, most_points
from regulars.loyalty.rewards.looking import Shown
from regulars.loyalty.rewards.redeeming import redeem_reward
from regulars.loyalty.rewards.redemptions import reward_of
from regulars.loyalty.rewards.using import redeem_vouchers, roll_back_vouchers, validate_vouchers
from regulars.loyalty.rewards.wishing import Wish
from regulars.orders.contracts import (
    Buyer,
    DiscountState,
    LineState,
    Order,
    OrderState,
    ProductState,
    TenderKind,
    TenderState,
)
from regulars.orders.in_full import state_of
from regulars.orders.queries import get_order, map_orders
from regulars.stream.contracts import Actor
from regulars.stream.database import rows_from

SOURCE = "till"
# So long a sale is fresh; a little longer than what the person at the till is told, for the way there.
UNDONE_WITHIN = timedelta(seconds=75)
rows_of = rows_from(Path(__file__).parent / "sql" / "selling.sql")


class WrongAmount(DomainError):
    """Nothing is sold for so much."""

    code = "wrong_amount"


class NobodyNamed(DomainError):
    """The buyer goes by no identifier, so that no order can name it."""

    code = "buyer_without_identifier"


class NotFresh(DomainError):
    """A sale is too old to be undone as if it had not been, or is none of a till."""

    code = "sale_not_fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What a member buys at a counter. `reference` is its own name: told twice it is one sale.

    `pays_with` is the key of a reward that pays with points, of which `points` are used; none where there are none.
    """

    program: str
    member_id: UUID
    reference: str
    amount_minor: int
    currency: str
    tender: TenderKind = TenderKind.CARD
    vouchers: Sequence[str] = ()
    pays_with: str = ""
    points: int = 0
    location: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How many points of a reward can pay for a sale, and what they pay at most."""

    reward: str
    name: str
    least: int
    most: int
    most_minor: int
    value_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a sale would come to: what vouchers take off, what is said of them, and what it would earn."""

    validation: Validation
    discount_minor: int
    points_minor: int
    due_minor: int
    effects: Sequence[Effect]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """So many points of a programme's currency that an order has earned, by a rule."""

    program_id: UUID
    version: int
    rule: str
    currency: str
    points: int
    member_id: UUID


@transaction.atomic
def sell(*, sale: Sale, now: datetime, actor: Actor) -> Order:
    """Keep a sale: redeem its vouchers, spend its points, and let it earn; all or nothing, and once.

    Raises
    ------
    WrongAmount
        Nothing is sold for so much.
    NoSuchMember
        Nobody is a member under this id.
    NobodyNamed
        The customer goes by no identifier.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme is not in force yet.
    VoucherRefused
        A code is not taken.
    RewardRefused
        So many points do not pay for it.
    OrderRefused
        It cannot be meant.
    """
    rows_of("lock_sale", {"reference": sale.reference})
    if kept := map_orders([(SOURCE, sale.reference)]):
        return kept[SOURCE, sale.reference]
    version, member = _parties(sale, now)
    discounts: list[DiscountState] = []
    if sale.vouchers:
        redeemed = redeem_vouchers(shown=_shown(sale, version, member, now), now=now, actor=actor)
        discounts = _discounts(redeemed)
    state = _state(sale, version, member, discounts, now)
    answer = put_order(order=state, now=now, actor=actor)
    if answer.put.order_id is None:
        raise WrongAmount(answer.put.message)
    if sale.points:
        wish = Wish(
            program=sale.program,
            reward=sale.pays_with,
            member_id=member.id,
            judged=judge_rewards(version, member.id, at=now),
            order=ForOrder(
                reference=sale.reference,
                currency=sale.currency,
                total_minor=state.total_minor,
                points=sale.points,
                order_id=answer.put.order_id,
            ),
        )
        redeem_reward(wish=wish, now=now, actor=actor)
    return get_order(answer.put.order_id)


def see_sale(*, sale: Sale, now: datetime, actor: Actor) -> Seen:
    """Return what a sale would come to; nothing is kept.

    Raises
    ------
    WrongAmount
        Nothing is sold for so much.
    NoSuchMember
        Nobody is a member under this id.
    NobodyNamed
        The customer goes by no identifier.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme is not in force yet.
    TooManyVouchers
        There are more codes than one order has.
    """
    version, member = _parties(sale, now)
    validation = validate_vouchers(shown=_shown(sale, version, member, now), now=now, actor=actor)
    discounts = _discounts(validation)
    state = _state(sale, version, member, discounts, now)
    paid = sum(each.amount_minor for each in state.tenders if each.kind is TenderKind.POINTS)
    adjudicated = preview_order(order=state, member_id=member.id)
    return Seen(
        validation=validation,
        discount_minor=sum(each.amount_minor for each in discounts),
        points_minor=paid,
        due_minor=state.total_minor - paid,
        effects=[effect for each in adjudicated for effect in each.effects],
    )


@transaction.atomic
def undo_sale(*, order_id: UUID, now: datetime, actor: Actor) -> Order:
    """Undo a sale that is fresh: what it earned goes, the points that paid come back, its vouchers are good again.

    One that is undone stays so.

    Raises
    ------
    NoSuchOrder
        There is none of this id.
    NotFresh
        It is too old, or none of a till.
    """
    order = get_order(order_id)
    rows_of("lock_sale", {"reference": order.head.external_id})
    order = get_order(order_id)
    if order.head.cancelled_at is not None:
        return order
    if order.head.source != SOURCE or now - order.received_at > UNDONE_WITHIN:
        raise NotFresh(gettext("This sale can no longer be undone here; take it back as a return."))
    state = replace(state_of(order), cancelled_at=now, version=order.head.version + 1)
    put_order(order=state, now=now, actor=actor)
    for program in list_programs():
        roll_back_vouchers(
            program_id=program.program_id,
            reference=order.head.external_id,
            reason="sale_undone",
            now=now,
            actor=actor,
        )
    return get_order(order_id)


def list_payments(version: ProgramVersion, *, available: int, currency: str, amount_minor: int) -> list[Payment]:
    """Return how points can pay for an amount, by each reward that does so and for which there are enough."""
    found = []
    for reward in version.document.rewards:
        gives = reward.gives
        if not isinstance(gives, PayWithPoints) or currency not in gives.value:
            continue
        least, most = least_points(gives, currency), min(most_points(gives, currency, amount_minor), available)
        if least <= most:
            value = _pays(gives, currency, most)
            found.append(
                Payment(
                    reward=reward.key,
                    name=reward.name,
                    least=least,
                    most=most,
                    most_minor=value,
                    value_minor=_pays(gives, currency, 1),
                )
            )
    return found


def list_earned(order_id: UUID) -> list[Earned]:
    """Return what an order has earned as it is kept now, by programme and rule."""
    rows = Earning.objects.filter(order__order_id=order_id, points__gt=0).select_related("order").order_by("id")
    return [
        Earned(
            program_id=row.order.program_id,
            version=row.order.program_version,
            rule=row.rule,
            currency=row.currency,
            points=row.points,
            member_id=row.member_id,
        )
        for row in rows
    ]


def _parties(sale: Sale, now: datetime) -> tuple[ProgramVersion, Member]:
    """Return the version in force and the active member."""
    if sale.amount_minor <= 0:
        raise WrongAmount(gettext("An amount is more than nothing."))
    version = get_version_at(sale.program, now)
    if version is None:
        raise NoSuchVersion(gettext("The programme {key} was not in force yet.").format(key=sale.program))
    member = get_member(sale.member_id)
    if member.state is not MemberState.ACTIVE or member.customer_id is None or member.program_id != version.program_id:
        raise NoSuchMember(gettext("There is no such member."))
    return version, member


def _shown(sale: Sale, version: ProgramVersion, member: Member, now: datetime) -> Shown:
    before = _state(sale, version, member, [], now)
    return Shown(
        program=sale.program,
        codes=sale.vouchers,
        purchase=Purchase(reference=sale.reference, currency=sale.currency, total_minor=sale.amount_minor, at=now),
        client=None,
        member_id=sale.member_id,
        may_know=True,
        judged=judge_vouchers(version, before, member.id),
    )


def _discounts(validation: Validation) -> list[DiscountState]:
    # The code itself is no part of an order: whoever reads orders could use it.
    return [
        DiscountState(name=verdict.name, amount_minor=verdict.discount_minor)
        for verdict in validation.verdicts
        if verdict.is_taken and verdict.discount_minor
    ]


def _state(
    sale: Sale, version: ProgramVersion, member: Member, discounts: Sequence[DiscountState], now: datetime
) -> OrderState:
    """Return the order that a sale is."""
    if member.customer_id is None:
        raise LookupError("an active member is a customer")
    customer = get_customer(member.customer_id)
    if not customer.identifiers:
        raise NobodyNamed(
            gettext("This customer goes by no identifier; add a phone number, e-mail address or card first.")
        )
    total = max(sale.amount_minor - sum(each.amount_minor for each in discounts), 0)
    paid = 0
    if sale.points:
        gives = reward_of(version, sale.pays_with).gives
        if isinstance(gives, PayWithPoints) and sale.currency in gives.value:
            paid = min(_pays(gives, sale.currency, sale.points), total)
    tenders = [TenderState(kind=TenderKind.POINTS, amount_minor=paid, paid_at=now)] if paid else []
    if total > paid:
        tenders.append(TenderState(kind=sale.tender, amount_minor=total - paid, paid_at=now))
    return OrderState(
        source=SOURCE,
        external_id=sale.reference,
        version=1,
        number=sale.reference[-8:].upper(),
        placed_at=now,
        buyer=Buyer(identifiers=customer.identifiers[:1]),
        currency=sale.currency,
        lines=[
            LineState(
                product=ProductState(external_id="sale", name=gettext("Sale at the till")),
                quantity=Decimal(1),
                unit_price_minor=sale.amount_minor,
                total_minor=sale.amount_minor,
            )
        ],
        discounts=discounts,
        total_minor=total,
        tenders=tenders,
        channel=SOURCE,
        location=sale.location,
        staff=sale.staff,
    )


def _pays(gives: PayWithPoints, currency: str, points: int) -> int:
    return amount_minor(gives, currency, points)
