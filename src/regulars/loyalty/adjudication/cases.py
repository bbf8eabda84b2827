"""Orders before a programme: whom each concerns, what is known of it from before, and what has come of it so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from regulars.loyalty.adjudication.contracts import Effect, EffectKind, Outcome
from regulars.loyalty.adjudication.judging import Known, Times
from regulars.loyalty.adjudication.models import Earning, Order
from regulars.loyalty.adjudication.returns import comes_back
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.desk import Desk
from regulars.loyalty.ledger.members import list_members_by_id, map_by_code, map_members
from regulars.loyalty.ledger.wallets import Posting
from regulars.loyalty.rewards.contracts import Bought, Redemption, order_reference
from regulars.loyalty.rewards.queries import list_redeemed_for
from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.contracts import Cart, Evaluation
from regulars.orders.contracts import Order as KeptOrder
from regulars.orders.contracts import OrderState
from regulars.orders.in_full import state_of

One = TypeVar("One")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Whom an order concerns in a programme, before anything is locked."""

    told: Told
    cart: Cart
    buyer: Member | None
    # The members whose numbers stand in it, by the number.
    named: Mapping[str, Member]
    # What it has earned so far: lots, and whose they were.
    standing: Mapping[UUID, Member]
    # The version and the hash by which it was adjudicated last; None before the first time.
    known_as: tuple[int, bytes] | None
    redemptions: Sequence[Redemption] = ()

    @property
    def is_known(self) -> bool:
        """Whether it was adjudicated before."""
        return self.known_as is not None

    @property
    def looks_back(self) -> bool:
        """Whether what was redeemed for it may have come back, or is kept after all."""
        return self.is_known or comes_back(self.cart)

    @property
    def bought(self) -> Bought:
        """It, as what was redeemed for it is looked for."""
        reference = order_reference(self.told.state.source, self.told.state.external_id)
        return Bought(order_id=self.told.id, reference=reference, buyer_id=self.buyer.id if self.buyer else None)

    @property
    def granted(self) -> list[Member]:
        """Who may be granted something."""
        return [*([self.buyer] if self.buyer else []), *self.named.values()]

    @property
    def members(self) -> set[UUID]:
        """Whom it concerns: who may be granted, and who was."""
        return {member.id for member in (*self.granted, *self.standing.values())}

    @property
    def counted_for(self) -> set[UUID]:
        """Those for whom they count, after merges."""
        return {member.merged_into or member.id for member in (*self.granted, *self.standing.values())}

    @property
    def causes(self) -> list[UUID]:
        """On behalf of which something may have been taken that now comes back."""
        return [*self.standing, *(each.id for each in self.redemptions)]

    @property
    def is_nobodys(self) -> bool:
        """Whether nothing can come of it: nobody is granted, nothing was earned, and nothing comes back."""
        return not (self.is_known or self.granted or comes_back(self.cart))


@dataclass(slots=True, kw_only=True)
class Case:
    """An order that is adjudicated: its accounts are open, its row is locked."""

    concern: Concern
    desk: Desk
    # What was kept of it before, and from then on what is.
    row: Order | None
    earnings: Mapping[Key, Earning]
    # By which it is judged whether what points wait for has come in time.
    clock: datetime
    is_new: bool = field(init=False)
    known: Known = field(init=False)
    evaluation: Evaluation = field(init=False)
    effects: list[Effect] = field(default_factory=list)
    # What is drafted and not posted yet, and the earnings that are written with it.
    postings: list[Posting] = field(default_factory=list)
    earned: list[Earning] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_new = self.row is None

    @property
    def version(self) -> ProgramVersion:
        """The version of the programme that judges it."""
        return self.desk.version

    @property
    def told(self) -> Told:
        """The order."""
        return self.concern.told

    @property
    def cart(self) -> Cart:
        """What was bought."""
        return self.concern.cart

    @property
    def buyer(self) -> Member | None:
        """Who bought, if a member."""
        return self.concern.buyer

    @property
    def kept(self) -> Order:
        """The row, by the time that there is one."""
        if self.row is None:
            raise LookupError("an order is kept before it earns")
        return self.row

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
            tiers=self.row.known["tiers"] if self.row else {},
        )

    @property
    def memo(self) -> dict[str, Any]:
        """What is written with its transactions."""
        head = self.told.state
        return {"source": head.source, "order": head.external_id, "order_version": self.told.version}

    def draft(self, drafted: Sequence[Posting]) -> None:
        """Note what is to be posted."""
        self.postings += drafted

    def effect(self, kind: EffectKind, **more: Any) -> None:
        """Note what came of it."""
        self.effects.append(Effect(kind=kind, program=self.version.program_key, version=self.version.number, **more))


def told_of(order: KeptOrder) -> Told:
    """Return an order as it was read, with a hash of just that.

    A source may count no versions, and an order may change while it is read: a hash that was kept beside it could be of
    another state than what is judged, which would then be taken for known.
    """
    head, state = order.head, state_of(order)
    digest = sha256(repr((head.customer_id, state)).encode()).digest()
    return Told(id=head.id, version=head.version, digest=digest, customer_id=head.customer_id, state=state)


def list_concerns(version: ProgramVersion, orders: Sequence[Told]) -> list[Concern]:
    """Return whom each of some orders concerns, with so many statements as of one."""
    buyers = map_members(version.program_id, {each.customer_id for each in orders if each.customer_id})
    attributes = {rule.beneficiary.partition(":")[2] for rule in version.document.rules} - {""}
    numbers = {each.id: _numbers(each, attributes) for each in orders}
    named = map_by_code(version.program_id, {number for told in numbers.values() for number in told})
    known = Order.objects.filter(program_id=version.program_id, order_id__in=[each.id for each in orders])
    rows, known_as = {}, {}
    for row_id, order_id, order_version, digest in known.values_list("id", "order_id", "order_version", "digest"):
        rows[row_id], known_as[order_id] = order_id, (order_version, bytes(digest))
    standing: dict[UUID, dict[UUID, UUID]] = defaultdict(dict)
    if rows:
        earned = Earning.objects.filter(order_id__in=list(rows)).values_list("order_id", "lot_id", "member_id")
        for row_id, lot_id, member_id in earned:
            standing[rows[row_id]][lot_id] = member_id
    of_lots = {member_id for lots in standing.values() for member_id in lots.values()}
    members = {member.id: member for member in list_members_by_id(of_lots)}
    found = []
    for told in orders:
        buyer = who_bought(buyers, told.customer_id, told.state.placed_at)
        found.append(
            Concern(
                told=told,
                cart=cart_of(told.state),
                buyer=buyer,
                named={number: named[number] for number in numbers[told.id] if number in named},
                standing={lot_id: members[member_id] for lot_id, member_id in standing[told.id].items()},
                known_as=known_as.get(told.id),
            )
        )
    redeemed = find_redeemed(version.program_id, found)
    return [replace(each, redemptions=redeemed.get(each.told.id, ())) for each in found]


def outcome_if_known(told: Told, known_as: tuple[int, bytes] | None, *, is_again: bool) -> Outcome | None:
    """Return what is to be said of an order of which this, or something newer, is known; None of one to be adjudicated.

    Where it is to be adjudicated `is_again`, what is known does not settle it.
    """
    if known_as and known_as[0] > told.version:
        return Outcome.STALE
    return Outcome.UNCHANGED if known_as == (told.version, told.digest) and not is_again else None


def find_redeemed(program_id: UUID, concerns: Sequence[Concern]) -> dict[UUID, list[Redemption]]:
    """Return what was redeemed for orders of which something may have come back, or is kept after all."""
    asked = [each for each in concerns if each.looks_back]
    if not asked:
        return {}
    found = list_redeemed_for(program_id, [each.bought for each in asked])
    return {each.told.id: redeemed for each, redeemed in zip(asked, found, strict=True)}


def find_buyer(version: ProgramVersion, customer_id: UUID | None, at: datetime) -> Member | None:
    """Return the member that somebody was at a moment: under the name that was used, or whom that leads to."""
    if customer_id is None:
        return None
    return who_bought(map_members(version.program_id, [customer_id]), customer_id, at)


def who_bought(members: Mapping[UUID, Member], customer_id: UUID | None, at: datetime) -> Member | None:
    """Return who of some members, by their customers, somebody was at a moment; None who was none then."""
    member = members.get(customer_id) if customer_id else None
    if member is None or member.state is MemberState.ERASED or member.enrolled_at > at:
        return None
    return member if member.left_at is None or at < member.left_at else None


def in_rounds(told: Iterable[One], of: Callable[[One], Collection[UUID]]) -> Iterator[list[One]]:
    """Yield what concerns people in its sequence, in rounds that can each be adjudicated at once.

    Nobody is concerned by two of a round. What many share of bounds is drawn in the sequence.
    """
    several: list[One] = []
    people: set[UUID] = set()
    for one in told:
        if not people.isdisjoint(of(one)):
            yield several
            several, people = [], set()
        several.append(one)
        people.update(of(one))
    if several:
        yield several


def _numbers(told: Told, attributes: Collection[str]) -> list[str]:
    """Return the numbers of members that stand in an order's attributes by which rules name who is granted."""
    values = told.state.attributes
    return list(dict.fromkeys(str(values[name]) for name in sorted(attributes) if values.get(name)))
