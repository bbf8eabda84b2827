"""Writes to the ledger that others call: adjustments, and points that are spent, reserved, confirmed and given back.

What orders and events earn is granted by the adjudication, which drafts on a desk of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Book, Grant, TransactionKind
from regulars.loyalty.ledger.desk import Desk, Held, open_desk
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.requests import Answer, Request
from regulars.loyalty.ledger.returning import give_back
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.spending import NotEnoughPoints, confirm, release, spend
from regulars.loyalty.ledger.statements import rows_of
from regulars.loyalty.ledger.wallets import Posting, Taken
from regulars.staff.services import record
from regulars.stream.contracts import Actor


class WrongPoints(DomainError):
    """So many points cannot be meant."""

    code = "wrong_points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """So many points, of some currencies in the order in which they are spent."""

    points: int
    currencies: Sequence[str]


@transaction.atomic
def grant_points(
    *,
    member_id: UUID,
    currency: str,
    what: Grant,
    version: ProgramVersion,
    now: datetime,
    actor: Actor,
    memo: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Answer:
    """Grant points to a member; an occasion that has granted before grants nothing, and is answered with what it did.

    Raises
    ------
    NoSuchMember
        The member has no account in the currency.
    WrongPoints
        Less than one point is to be granted.
    """
    if what.points < 1:
        raise WrongPoints(gettext("At least one point is granted."))
    inputs = {"member": member_id, "currency": currency, "points": what.points, "source": what.source_id, "memo": memo}
    request = Request(actor, idempotency_key, {"grant": inputs})
    desk = open_desk([member_id], version=version, now=now, actor=actor, request=request)
    if desk.answer is not None:
        return replayed(desk.answer)
    held = held_by(desk, member_id, currency)
    before = rows_of("granted_upon", {"occasion": what.occasion}) if what.occasion else []
    if before:
        [(transaction_id, points)] = before
        return replayed({"transaction_id": str(transaction_id), "points": points})
    drafted = grant(desk.wallets, held.at, currency, what, now=now, origin_account_id=held.id, memo=memo)
    answer = _answer(drafted, points=what.points)
    desk.post(drafted, answer)
    return answer


@transaction.atomic
def adjust_points(
    *,
    member_id: UUID,
    currency: str,
    points: int,
    reason: str,
    expires_at: datetime | None,
    version: ProgramVersion,
    now: datetime,
    actor: Actor,
    idempotency_key: str | None = None,
) -> Answer:
    """Give a member points, or take some, by hand and with a reason; the trail of the staff says who did.

    Raises
    ------
    NoSuchMember
        The member has no account in the currency.
    WrongPoints
        No point is to be given or taken, or no reason is told.
    NotEnoughPoints
        More is to be taken than is available.
    """
    if not points or not reason.strip():
        raise WrongPoints(gettext("An adjustment has points to give or to take, and a reason."))
    inputs = {"member": member_id, "currency": currency, "points": points, "reason": reason}
    request = Request(actor, idempotency_key, {"adjust": inputs})
    desk = open_desk([member_id], version=version, now=now, actor=actor, request=request, is_whole=points < 0)
    if desk.answer is not None:
        return replayed(desk.answer)
    held = held_by(desk, member_id, currency)
    memo = {"reason": reason}
    if points > 0:
        what = Grant(
            points=points,
            granted_at=now,
            activates_at=now,
            expires_at=expires_at,
            source_kind="adjustment",
            funding="goodwill",
            book=Book.ADJUSTED,
            counts_for_tiers=False,
        )
        drafted = grant(desk.wallets, held.at, currency, what, now=now, origin_account_id=held.id, memo=memo)
    else:
        kind = TransactionKind.ADJUST
        cause = desk.version.program_id
        drafted = spend(desk.wallets, held.at, currency, -points, kind=kind, cause=cause, now=now, memo=memo)
    answer = _answer(drafted, points=points)
    desk.post(drafted, answer)
    record(actor, "points.adjusted", "member", member_id, now=now, details={"points": points, "currency": currency})
    return answer


def spend_points(
    desk: Desk,
    member_id: UUID,
    price: Price,
    *,
    cause: UUID,
    reserve: bool,
    memo: Answer,
    answer: Answer | None = None,
) -> list[Posting]:
    """Draft and post that points are spent or reserved on behalf of `cause`, of the price's currencies in their order.

    The `answer` to the request is kept with it, where it is known by then.

    Raises
    ------
    NoSuchMember
        The member has no account in one of the currencies.
    NotEnoughPoints
        Fewer are available in all of them.
    """
    kind = TransactionKind.RESERVE if reserve else TransactionKind.REDEEM
    left = price.points
    drafted: list[Posting] = []
    available = 0
    for number, currency in enumerate(price.currencies, start=1):
        held = held_by(desk, member_id, currency)
        drafted += settle(desk.wallets, held.at, desk.now)
        there = sum(lot.active for lot in desk.wallets.of(held.at))
        available += there
        asked = left if number == len(price.currencies) else min(left, there)
        if asked > there:
            raise NotEnoughPoints(price.points, available)
        if asked:
            drafted += spend(desk.wallets, held.at, currency, asked, kind=kind, cause=cause, now=desk.now, memo=memo)
        left -= asked
    desk.post(drafted, answer)
    return drafted


def confirm_points(desk: Desk, cause: UUID, *, memo: Answer) -> None:
    """Let what is reserved on behalf of `cause` be redeemed."""
    desk.post(confirm(desk.wallets, desk.taken[cause], cause=cause, now=desk.now, memo=memo))


def release_points(desk: Desk, cause: UUID, *, memo: Answer) -> None:
    """Let what is reserved on behalf of `cause` be active again."""
    desk.post(release(desk.wallets, desk.taken[cause], cause=cause, now=desk.now, memo=memo))


def give_points_back(desk: Desk, cause: UUID, points: int, *, memo: Answer) -> None:
    """Let so many of the points come back that were redeemed on behalf of `cause`, the last consumed first.

    Raises
    ------
    ValueError
        More is to come back than was redeemed.
    """
    taken = desk.taken[cause]
    by_currency: dict[str, list[Taken]] = {}
    for each in taken:
        by_currency.setdefault(desk.wallets.lots[each.lot_id].currency, []).append(each)
    left = points
    # Of several currencies, the one that was spent last comes back first.
    for lots in reversed(by_currency.values()):
        back = min(left, sum(each.points - each.reserved for each in lots))
        desk.post(give_back(desk.wallets, lots, back, cause=cause, now=desk.now, memo=memo))
        left -= back
    if left:
        raise ValueError(f"{points} are to come back, {left} more than were redeemed")


def held_by(desk: Desk, member_id: UUID, currency: str) -> Held:
    """Return a member's account on a desk.

    Raises
    ------
    NoSuchMember
        The member has none in the currency.
    """
    held = desk.account(member_id, currency)
    if held is None:
        raise NoSuchMember(gettext("There is no such member with an account in this currency."))
    return held


def replayed(answer: Answer) -> Answer:
    """Return the first answer to a request again, marked so."""
    return {**answer, "replayed": True}


def _answer(drafted: Sequence[Posting], *, points: int) -> Answer:
    first = next(each for each in drafted if each.kind in {TransactionKind.GRANT, TransactionKind.ADJUST})
    return {"transaction_id": str(first.id), "points": points}
