"""Redemptions are cancelled, expire, and are refunded: points come back to their lots, pieces to their shelves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.formats import number
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.queries import get_version_of
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.requests import Request
from regulars.loyalty.ledger.services import give_points_back, release_points
from regulars.loyalty.rewards.contracts import Redemption, RedemptionState, Reversal, Undoing, Undone
from regulars.loyalty.rewards.issuing import MemberSeen
from regulars.loyalty.rewards.kinds import KINDS
from regulars.loyalty.rewards.kinds.protocol import Returning
from regulars.loyalty.rewards.models import Redemption as RedemptionRow
from regulars.loyalty.rewards.redemptions import find_row, memo_of, redemption_of, reward_of, tell
from regulars.loyalty.rewards.statements import stock_rows
from regulars.loyalty.rewards.stock import return_pieces
from regulars.staff.services import record
from regulars.stream.contracts import Actor, system

TIMED_OUT = "timed_out"
_AT_ONCE = 200
_CLOCK = system("rewards")


class WhenKept(StrEnum):
    """What is done about a refund of something that cannot be undone."""

    REFUSE = "refuse"
    # Nothing changes, and the answer says why.
    LEAVE = "leave"
    # The points come back all the same.
    REFUND = "refund"


class CannotBeUndone(DomainError):
    """What was given stays given; `reason` says why."""

    code = "cannot_be_undone"

    def __init__(self, reason: str) -> None:
        super().__init__(gettext("This reward cannot be undone any more."))
        self.reason = reason


class NotConfirmed(DomainError):
    """A redemption that is not confirmed is not refunded."""

    code = "not_confirmed"


class AlreadyConfirmed(DomainError):
    """A redemption that is confirmed is refunded, not cancelled."""

    code = "already_confirmed"


class TooManyPoints(DomainError):
    """More is to come back than was paid."""

    code = "too_many_points"


@transaction.atomic
def cancel_redemption(*, redemption_id: UUID, reason: str, now: datetime, actor: Actor) -> Redemption:
    """Let go of what was reserved; what was cancelled or has expired stays so.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    AlreadyConfirmed
        It was confirmed.
    """
    desk, row = _opened(redemption_id, now, actor)
    if row.state in {RedemptionState.CONFIRMED, RedemptionState.REFUNDED}:
        raise AlreadyConfirmed(gettext("This redemption was confirmed; it can be refunded."))
    if row.state == RedemptionState.RESERVED:
        is_over = row.reserved_until <= now or row.lost_at is not None
        _let_go(desk, row, RedemptionState.EXPIRED if is_over else RedemptionState.CANCELLED, reason, actor)
    return redemption_of(row)


def refund_redemption(
    *, redemption_id: UUID, reason: str, when_kept: WhenKept = WhenKept.REFUSE, now: datetime, actor: Actor
) -> Undone:
    """Take back what was given, and give back the points to the lots that they came from; what was refunded stays so.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    NotConfirmed
        It is only reserved, or was cancelled.
    CannotBeUndone
        What was given stays given, and that is to be refused.
    """
    with transaction.atomic():
        desk, _ = _opened(redemption_id, now, actor)
        return refund_on(desk, redemption_id, reason=reason, when_kept=when_kept)


def refund_on(desk: Desk, redemption_id: UUID, *, reason: str, when_kept: WhenKept, with_order: bool = False) -> Undone:
    """Refund a redemption on a desk that is open for it as a cause, as a return does; see `refund_redemption`.

    What comes back `with_order` is redeemed again where the order is kept after all.

    Raises
    ------
    NotConfirmed
        It is only reserved, or was cancelled.
    CannotBeUndone
        What was given stays given, and that is to be refused.
    """
    row = find_row(redemption_id, is_locked=True)
    if row.state == RedemptionState.REFUNDED:
        return Undone(redemption=redemption_of(row), reversal=Reversal(undoing=Undoing.UNDONE))
    if row.state != RedemptionState.CONFIRMED:
        raise NotConfirmed(gettext("This redemption is not confirmed."))
    reversal = _reverse(row, desk)
    if reversal.undoing is Undoing.KEPT and when_kept is WhenKept.REFUSE:
        raise CannotBeUndone(reversal.reason)
    if reversal.undoing is Undoing.KEPT and when_kept is WhenKept.LEAVE:
        return Undone(redemption=redemption_of(row), reversal=reversal)
    left = sum(row.cost.values()) - row.refunded_points
    if left:
        give_points_back(desk, row.id, left, memo=memo_of(row, reason))
    row.refunded_points += left
    row.returned_points += left if with_order else 0
    row.ended_with_order = with_order
    if reversal.undoing is not Undoing.KEPT:
        return_pieces(row.pieces)
    row.state, row.ended_at, row.ended_by, row.ended_for = RedemptionState.REFUNDED, desk.now, str(desk.actor), reason
    row.save()
    told = {"undoing": reversal.undoing.value, "points": left, "reason": reason}
    tell("reward.refunded", [row], now=desk.now, actor=desk.actor, **told)
    record(desk.actor, "reward.refunded", "redemption", row.id, now=desk.now, details=told)
    return Undone(redemption=redemption_of(row), reversal=reversal)


@transaction.atomic
def refund_points(
    *, redemption_id: UUID, points: int, reason: str, now: datetime, actor: Actor, idempotency_key: str | None = None
) -> Redemption:
    """Give back some of the points that paid for an order, as for a line that came back.

    Raises
    ------
    NoSuchRedemption
        There is none of this id.
    NotConfirmed
        It is only reserved, or was undone.
    TooManyPoints
        So many were not paid, or came back already.
    KeyUsed
        Something else was asked for under the key.
    """
    request = Request(actor, idempotency_key, {"refund": {"redemption": redemption_id, "points": points}})
    found = find_row(redemption_id)
    version = get_version_of(found.program_id, found.version)
    causes = [redemption_id]
    desk = open_desk([found.member_id], version=version, now=now, actor=actor, causes=causes, request=request)
    if desk.answer is not None:
        return redemption_of(find_row(redemption_id, is_locked=True))
    refunded = refund_points_on(desk, redemption_id, points, reason=reason)
    desk.keep({"redemption_id": str(redemption_id)})
    return refunded


def refund_points_on(
    desk: Desk, redemption_id: UUID, points: int, *, reason: str, with_order: bool = False
) -> Redemption:
    """Give back some of the points on a desk that is open for the redemption as a cause; see `refund_points`.

    What comes back `with_order` is spent again where the order is kept after all.

    Raises
    ------
    NotConfirmed
        It is only reserved, or was undone.
    TooManyPoints
        So many were not paid, or came back already.
    """
    row = find_row(redemption_id, is_locked=True)
    if row.state != RedemptionState.CONFIRMED:
        raise NotConfirmed(gettext("This redemption is not confirmed, or was undone."))
    left = sum(row.cost.values()) - row.refunded_points
    if not 1 <= points <= left:
        raise TooManyPoints(gettext("At most {left} points can come back.").format(left=number(left)))
    give_points_back(desk, row.id, points, memo=memo_of(row, reason))
    row.refunded_points += points
    row.returned_points += points if with_order else 0
    row.save(update_fields=["refunded_points", "returned_points"])
    tell("reward.points_refunded", [row], now=desk.now, actor=desk.actor, points=points, reason=reason)
    return redemption_of(row)


def expire_reservations(*, now: datetime) -> int:
    """Let reservations go whose time is over, each in a transaction of its own; return how many.

    Nothing waits for it: a reservation whose time is over cannot be confirmed, and its piece goes to whoever asks. Only
    its points are held until then, or until the member reserves again.

    Raises
    ------
    ExceptionGroup
        Why some could not be let go; the others have been.
    """
    done, failed = 0, dict[UUID, Exception]()
    while ids := _timed_out(now, but=failed):
        for identity in ids:
            try:
                done += _expire(identity, now)
            except Exception as error:  # What is wrong with one holds up no other.
                failed[identity] = error
    if failed:
        raise ExceptionGroup("reservations that cannot be let go", [*failed.values()])
    return done


def expire_of_member(member: MemberSeen, *, now: datetime) -> None:
    """Let a member's own reservations go whose time is over, so that their points can be spent.

    Raises
    ------
    Busy
        Others write to the member's accounts for too long.
    """
    for identity in _timed_out(now, member_ids=member.ids):
        _expire(identity, now)


def _timed_out(now: datetime, *, but: Collection[UUID] = (), member_ids: Collection[UUID] | None = None) -> list[UUID]:
    whose = None if member_ids is None else [*member_ids]
    asked = {"now": now, "member_ids": whose, "but": [*but], "limit": _AT_ONCE}
    return [identity for (identity,) in stock_rows("timed_out", asked)]


@transaction.atomic
def _expire(redemption_id: UUID, now: datetime) -> bool:
    desk, row = _opened(redemption_id, now, _CLOCK)
    if row.state != RedemptionState.RESERVED or row.reserved_until > now:
        return False
    _let_go(desk, row, RedemptionState.EXPIRED, TIMED_OUT, _CLOCK)
    return True


def _opened(redemption_id: UUID, now: datetime, actor: Actor) -> tuple[Desk, RedemptionRow]:
    """Open the accounts of a redemption, then lock its row."""
    found = find_row(redemption_id)
    version: ProgramVersion = get_version_of(found.program_id, found.version)
    desk = open_desk([found.member_id], version=version, now=now, actor=actor, causes=[redemption_id])
    return desk, find_row(redemption_id, is_locked=True)


def _let_go(desk: Desk, row: RedemptionRow, state: RedemptionState, reason: str, actor: Actor) -> None:
    if row.cost:
        release_points(desk, row.id, memo=memo_of(row, reason))
    return_pieces(row.pieces)
    row.state, row.ended_at, row.ended_by, row.ended_for = state, desk.now, str(actor), reason
    row.save()
    kind = "reward.expired" if state is RedemptionState.EXPIRED else "reward.cancelled"
    tell(kind, [row], now=desk.now, actor=actor, reason=reason)


def _reverse(row: RedemptionRow, desk: Desk) -> Reversal:
    """Let the kind of reward take back what it gave, by the version that gave it."""
    version = get_version_of(row.program_id, row.version)
    returning = Returning(
        redemption_id=row.id, given=row.given, is_done=row.fulfilled_at is not None, now=desk.now, actor=desk.actor
    )
    return KINDS[row.kind].reverse(reward_of(version, row.reward).gives, returning)
