"""Active points are spent: at once, or reserved first and then confirmed or released. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.formats import number
from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.contracts import Book, State, TransactionKind
from regulars.loyalty.ledger.settling import note_activity, pay_debts, settle, settle_lots
from regulars.loyalty.ledger.wallets import Draft, Posting, Taken, Wallets


class NotEnoughPoints(DomainError):
    """More is asked for than is available."""

    code = "not_enough_points"

    def __init__(self, asked: int, available: int) -> None:
        text = gettext("{asked} points are asked for, and {available} are available.")
        super().__init__(text.format(asked=number(asked), available=number(available)))
        self.asked, self.available = asked, available


def spend(
    wallets: Wallets,
    account_id: UUID,
    currency: str,
    points: int,
    *,
    kind: TransactionKind,
    cause: UUID,
    now: datetime,
    at: datetime | None = None,
    memo: Mapping[str, Any] | None = None,
) -> list[Posting]:
    """Take active points, the soonest expiring first, by `kind`: RESERVE, REDEEM or ADJUST; return all postings.

    Raises
    ------
    NotEnoughPoints
        Fewer are available, by the clock.
    """
    settled = settle(wallets, account_id, now)
    lots = wallets.of(account_id)
    available = sum(lot.active for lot in lots)
    if available < points:
        raise NotEnoughPoints(points, available)
    draft = Draft(wallets, kind, at or now, currency)
    left = points
    for lot in lots:
        taken = min(left, lot.active)
        draft.part(lot, State.ACTIVE, -taken, cause)
        if kind is TransactionKind.RESERVE:
            draft.part(lot, State.RESERVED, taken, cause)
        left -= taken
    if kind is not TransactionKind.RESERVE:
        draft.book(Book.ADJUSTED if kind is TransactionKind.ADJUST else Book.REDEEMED, points, cause=cause)
    note_activity(draft, account_id, at or now, now)
    return [*settled, draft.posting(memo=memo)]


def confirm(
    wallets: Wallets, taken: Iterable[Taken], *, cause: UUID, now: datetime, memo: Mapping[str, Any] | None = None
) -> list[Posting]:
    """Let reserved points be redeemed; a reservation outlives the expiry of its lots."""
    drafts: dict[str, Draft] = {}
    for each in taken:
        lot = wallets.lots[each.lot_id]
        draft = drafts.setdefault(lot.currency, Draft(wallets, TransactionKind.CONFIRM, now, lot.currency))
        draft.part(lot, State.RESERVED, -each.reserved, cause)
        draft.book(Book.REDEEMED, each.reserved, cause=cause)
    return [draft.posting(memo=memo) for draft in drafts.values() if draft.entries]


def release(
    wallets: Wallets, taken: Iterable[Taken], *, cause: UUID, now: datetime, memo: Mapping[str, Any] | None = None
) -> list[Posting]:
    """Let reserved points be active again; those of a lot that has expired meanwhile expire at once."""
    drafts: dict[str, Draft] = {}
    accounts: dict[UUID, None] = {}
    taken = list(taken)
    settled = settle_lots(wallets, (each.lot_id for each in taken), now)
    for each in taken:
        lot = wallets.lots[each.lot_id]
        draft = drafts.setdefault(lot.currency, Draft(wallets, TransactionKind.RELEASE, now, lot.currency))
        draft.part(lot, State.RESERVED, -each.reserved, cause)
        draft.part(lot, State.ACTIVE, each.reserved, cause)
        pay_debts(draft, lot.account_id)
        accounts[lot.account_id] = None
    released = [draft.posting(memo=memo) for draft in drafts.values() if draft.entries]
    return [
        *settled,
        *released,
        *(each for account in accounts for each in settle(wallets, account, now, not_before=now)),
    ]
