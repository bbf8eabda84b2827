"""What the clock has brought: points become active, debts are paid, points expire. Pure.

Whether points are available is judged by the clock, not by whether a nightly run has happened: whoever changes an
account settles it first, and what was due is posted at the moments at which it was due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from regulars.loyalty.definitions.calendar import expires_at as expiry_after
from regulars.loyalty.ledger.contracts import Book, State, TransactionKind
from regulars.loyalty.ledger.wallets import Draft, Lot, Posting, Wallets


def settle(wallets: Wallets, account_id: UUID, now: datetime, *, not_before: datetime | None = None) -> list[Posting]:
    """Post what is due on an account by `now`: at each moment first what becomes active, then what expires.

    Nothing is posted before `not_before`: points that come back to a lot which has expired expire when they come back.
    """
    postings: list[Posting] = []
    while due := min(_due(wallets, account_id, now), default=None, key=lambda each: each[:2]):
        at, _, lot = due
        at = max(at, not_before) if not_before else at
        postings.append(_activate(wallets, lot, at) if lot.pending else _expire(wallets, lot, at))
    return postings


def settle_lots(wallets: Wallets, lot_ids: Iterable[UUID], now: datetime) -> list[Posting]:
    """Post what is due on the accounts that lots are on."""
    accounts = dict.fromkeys(wallets.lots[lot_id].account_id for lot_id in lot_ids)
    return [posting for account_id in accounts for posting in settle(wallets, account_id, now)]


def pay_debts(draft: Draft, account_id: UUID) -> None:
    """Let active points pay what the account owes, the oldest debt first; the two never stand together."""
    lots = draft.wallets.at_hand(account_id)
    owing = sorted((lot for lot in lots if lot.debt), key=lambda lot: (lot.granted_at, lot.id))
    for debtor in owing:
        for lot in lots:
            paid = min(debtor.debt, lot.active)
            draft.part(lot, State.ACTIVE, -paid, cause=debtor.id)
            draft.part(debtor, State.DEBT, paid, cause=lot.id)


def note_activity(draft: Draft, account_id: UUID, at: datetime, now: datetime) -> None:
    """Let what expires by inactivity be good for as long again; nothing becomes good for shorter.

    What has expired by the clock stays so, whether or not that was posted.
    """
    zone = draft.wallets.terms[draft.currency].zone
    for lot in draft.wallets.at_hand(account_id):
        if lot.inactivity is None or not (lot.active or lot.pending):
            continue
        later = expiry_after(lot.inactivity, at, zone)
        if lot.expires_at and later and later > lot.expires_at > now:
            lot.expires_at = later
            draft.move(lot)


def _due(wallets: Wallets, account_id: UUID, now: datetime) -> Iterator[tuple[datetime, int, Lot]]:
    for lot in wallets.due(account_id, now):
        if lot.pending and lot.activates_at and lot.activates_at <= now:
            yield lot.activates_at, 0, lot
        elif lot.active and lot.expires_at and lot.expires_at <= now:
            yield lot.expires_at, 1, lot


def _activate(wallets: Wallets, lot: Lot, at: datetime) -> Posting:
    draft = Draft(wallets, TransactionKind.ACTIVATE, at, lot.currency)
    points = lot.pending
    draft.part(lot, State.PENDING, -points)
    draft.part(lot, State.ACTIVE, points)
    pay_debts(draft, lot.account_id)
    return draft.posting()


def _expire(wallets: Wallets, lot: Lot, at: datetime) -> Posting:
    draft = Draft(wallets, TransactionKind.EXPIRE, at, lot.currency)
    draft.book(Book.BREAKAGE, lot.active, lot)
    draft.part(lot, State.ACTIVE, -lot.active)
    return draft.posting()
