"""Rewards are reserved, confirmed, or redeemed at once.

A member's accounts are opened first, so that what one member does comes one after the other; then the redemption's row
is locked, then vouchers, and the shelves of stock last, for which many members may wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import Reward
from regulars.loyalty.definitions.queries import NoSuchVersion, get_version_at, get_version_of
from regulars.loyalty.ledger.contracts import State, TransactionKind
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.requests import Request
from regulars.loyalty.ledger.services import Price, confirm_points, spend_points
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.wallets import Posting
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState, Refusal, RewardReason
from regulars.loyalty.rewards.issuing import MemberSeen, see_member
from regulars.loyalty.rewards.kinds import KINDS
from regulars.loyalty.rewards.kinds.protocol import Giving
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.reasons import out_of
from regulars.loyalty.rewards.redemptions import find_row, order_of, redemption_of, reward_of, tell
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.stock import OutOfPieces, PoolSight, take_pieces
from regulars.loyalty.rewards.undoing import expire_of_member
from regulars.loyalty.rewards.wishing import Wish, Wisher, see_rewards
from regulars.stream.contracts import Actor


class RewardRefused(DomainError):
    """A reward cannot be had; `code` is the first reason, `refusals` are all of them."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(sentence_of(refusals[0]))
        self.code = refusals[0].reason.value
        self.refusals = tuple(refusals)


class ReservationExpired(DomainError):
    """A reservation's time is over."""

    code = "reservation_expired"


class NotReserved(DomainError):
    """A redemption was cancelled or refunded, or has expired."""

    code = "not_reserved"


def reserve_reward(*, wish: Wish, now: datetime, actor: Actor, idempotency_key: str | None = None) -> Redemption:
    """Keep a reward and its points for a member, until it is confirmed or cancelled, or its time is over.

    Raises
    ------
    RewardRefused
        It cannot be had.
    NoSuchReward
        The programme in force has none of this key.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme is not in force yet.
    NoSuchMember
        There is no such member.
    KeyUsed
        Something else was asked for under the key.
    Busy
        Others write to the member's accounts for too long.
    """
    expire_of_member(see_member(wish.member_id), now=now)
    return _take(wish, now=now, actor=actor, key=idempotency_key, reserve=True)


def redeem_reward(*, wish: Wish, now: datetime, actor: Actor, idempotency_key: str | None = None) -> Redemption:
    """Give a member a reward at once.

    Raises
    ------
    RewardRefused
        It cannot be had.
    NoSuchReward
        The programme in force has none of this key.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme is not in force yet.
    NoSuchMember
        There is no such member.
    KeyUsed
        Something else was asked for under the key.
    Busy
        Others write to the member's accounts for too long.
    """
    expire_of_member(see_member(wish.member_id), now=now)
    return _take(wish, now=now, actor=actor, key=idempotency_key, reserve=False)


@transaction.atomic
def confirm_redemption(*, redemption_id: UUID, now: datetime, actor: Actor) -> Redemption:
    """Give what was reserved, by the version of the programme that it was reserved by; again, it stays given.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    ReservationExpired
        Its time is over.
    NotReserved
        It was cancelled or refunded.
    """
    found = find_row(redemption_id)
    version = get_version_of(found.program_id, found.version)
    desk = open_desk([found.member_id], version=version, now=now, actor=actor, causes=[redemption_id])
    row = find_row(redemption_id, is_locked=True)
    if row.state == RedemptionState.CONFIRMED:
        return redemption_of(row)
    if row.state == RedemptionState.EXPIRED or row.lost_at or row.reserved_until <= now:
        raise ReservationExpired(gettext("The time of this reservation is over."))
    if row.state != RedemptionState.RESERVED:
        raise NotReserved(gettext("This redemption was undone."))
    if row.cost:
        confirm_points(desk, row.id, memo=_memo(row.id, row.reward))
    give(row, version, now=now, actor=actor)
    row.save()
    tell("reward.redeemed", [row], now=now, actor=actor)
    return redemption_of(row)


@transaction.atomic
def fulfil_redemption(
    *, redemption_id: UUID, details: Mapping[str, Any] | None = None, now: datetime, actor: Actor
) -> Redemption:
    """Keep that a reward is in the member's hands: shipped, lived through, or given by another system; once.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    NotReserved
        It is not confirmed.
    """
    row = find_row(redemption_id, is_locked=True)
    if row.state != RedemptionState.CONFIRMED:
        raise NotReserved(gettext("This redemption is not confirmed, or was undone."))
    if row.fulfilled_at is None:
        row.fulfilled_at, row.given = now, {**row.given, **(details or {})}
        row.save(update_fields=["fulfilled_at", "given"])
        tell("reward.fulfilled", [row], now=now, actor=actor)
    return redemption_of(row)


@transaction.atomic
def _take(wish: Wish, *, now: datetime, actor: Actor, key: str | None, reserve: bool) -> Redemption:
    version = get_version_at(wish.program, now)
    if version is None:
        raise NoSuchVersion(gettext("The programme {key} was not in force yet.").format(key=wish.program))
    reward = reward_of(version, wish.reward)
    member = see_member(wish.member_id)
    request = Request(actor, key, {"reserve" if reserve else "redeem": _inputs(wish)})
    desk = open_desk([member.id], version=version, now=now, actor=actor, request=request, is_whole=True)
    if desk.answer is not None:
        return redemption_of(find_row(UUID(desk.answer["redemption_id"])))
    cost = _checked_cost(desk, wish, reward, member)
    row = _row(wish, reward, version, member, now=now, actor=actor)
    currencies = [each for each in reward.currencies if desk.account(member.id, each)]
    answer = {"redemption_id": str(row.id)}
    if cost:
        price = Price(points=cost, currencies=currencies)
        memo = _memo(row.id, reward.key)
        row.cost = spent_by(
            spend_points(desk, member.id, price, cause=row.id, reserve=reserve, memo=memo, answer=answer)
        )
    else:
        desk.keep(answer)
    if not reserve:
        give(row, version, now=now, actor=actor)
    try:
        row.pieces = take_pieces(reward, version, now=now)
    except OutOfPieces as error:
        raise RewardRefused([out_of(PoolSight(pool=error.pool, left=0))]) from None
    row.save(force_insert=True)
    tell("reward.reserved" if reserve else "reward.redeemed", [row], now=now, actor=actor)
    return redemption_of(row)


def _checked_cost(desk: Desk, wish: Wish, reward: Reward, member: MemberSeen) -> int:
    """Return how many points it costs, where it can be had."""
    available = {}
    for currency in reward.currencies:
        held = desk.account(member.id, currency)
        if held is not None:
            desk.post(settle(desk.wallets, held.at, desk.now))
            available[currency] = sum(lot.active for lot in desk.wallets.of(held.at))
    wisher = Wisher(
        member=member,
        available=available,
        judged=wish.judged,
        order=wish.order,
        without_points=wish.without_points,
    )
    [sight] = see_rewards([reward], wisher, desk.version, now=desk.now)
    refusals = list(sight.why_not)
    if wish.order is None and reward.cost is None:
        # Who only looks is not told so.
        refusals.append(Refusal(RewardReason.ORDER_NEEDED))
    if refusals:
        raise RewardRefused(refusals)
    return sight.cost or 0


def _row(
    wish: Wish, reward: Reward, version: ProgramVersion, member: MemberSeen, *, now: datetime, actor: Actor
) -> RedemptionRow:
    order = wish.order
    return RedemptionRow(
        id=new_id(),
        program_id=version.program_id,
        member_id=member.id,
        reward=reward.key,
        kind=reward.gives.kind,
        version=version.number,
        state=RedemptionState.RESERVED,
        cost={},
        asked=_asked(wish) if order else {},
        reference=order.reference if order else "",
        order_id=order.order_id if order else None,
        reserved_at=now,
        reserved_until=now + timedelta(minutes=reward.reserve_minutes),
        actor=str(actor),
    )


def give(row: RedemptionRow, version: ProgramVersion, *, now: datetime, actor: Actor) -> None:
    """Let a kind of reward give what it gives."""
    giving = Giving(
        redemption_id=row.id, member_id=row.member_id, version=version, order=order_of(row), now=now, actor=actor
    )
    given = KINDS[row.kind].fulfil(reward_of(version, row.reward).gives, giving)
    row.state, row.confirmed_at, row.given = RedemptionState.CONFIRMED, now, dict(given.details)
    row.fulfilled_at = now if given.is_done else None


def spent_by(postings: Sequence[Posting]) -> dict[str, int]:
    """Return how many points of which currencies were taken."""
    spent: dict[str, int] = {}
    for posting in postings:
        if posting.kind in {TransactionKind.RESERVE, TransactionKind.REDEEM}:
            for entry in posting.entries:
                if entry.state is State.ACTIVE:
                    spent[entry.currency] = spent.get(entry.currency, 0) - entry.points
    return spent


def _asked(wish: Wish) -> dict[str, Any]:
    order = wish.order
    if order is None:
        return {}
    return {
        "reference": order.reference,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "points": order.points,
    }


def _inputs(wish: Wish) -> dict[str, Any]:
    """Return what is asked for, as a repetition asks for it: what is known of the member may have changed since."""
    return {
        "program": wish.program,
        "reward": wish.reward,
        "member": wish.member_id,
        "order": _asked(wish),
        "without_points": wish.without_points,
    }


def _memo(redemption_id: UUID, reward: str) -> dict[str, str]:
    return {"redemption_id": str(redemption_id), "reward": reward}
