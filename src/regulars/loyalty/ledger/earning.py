"""Points are granted, wait, and become active or are cancelled. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.loyalty.ledger.contracts import Book, Grant, State, TransactionKind
from regulars.loyalty.ledger.settling import note_activity, pay_debts, settle
from regulars.loyalty.ledger.wallets import Draft, Lot, Posting, Wallets


def grant(
    wallets: Wallets,
    account_id: UUID,
    currency: str,
    what: Grant,
    *,
    now: datetime,
    origin_account_id: UUID | None = None,
    memo: Mapping[str, Any] | None = None,
    occasion: UUID | None = None,
) -> list[Posting]:
    """Grant points at their business time, which may lie back: what is due since then follows at once.

    They are active at once where `activates_at` is the moment of the grant, and pending else.
    """
    is_correction = what.book is Book.ADJUSTED
    kind = TransactionKind.ADJUST if is_correction else TransactionKind.GRANT
    draft = Draft(wallets, kind, what.granted_at, currency)
    lot = draft.add(account_id, what, origin_account_id)
    fill(draft, lot, what.points, what.book, at=what.granted_at)
    note_activity(draft, account_id, what.granted_at, now)
    return [draft.posting(memo=memo, occasion=occasion), *settle(wallets, account_id, now)]


def fill(draft: Draft, lot: Lot, points: int, book: Book, *, at: datetime) -> None:
    """Bring points into a lot from a book: active if it is by then, and pending else; what is active pays debts."""
    draft.book(book, -points, lot)
    if lot.activates_at and lot.activates_at <= at:
        draft.part(lot, State.ACTIVE, points)
        pay_debts(draft, lot.account_id)
    else:
        draft.part(lot, State.PENDING, points)


def activate_upon(
    wallets: Wallets, lot: Lot, *, activates_at: datetime, expires_at: datetime | None, now: datetime
) -> list[Posting]:
    """Let a lot that waited for an event be active from a moment on, and good until another."""
    draft = Draft(wallets, TransactionKind.ACTIVATE, max(activates_at, lot.granted_at), lot.currency)
    lot.activates_at, lot.expires_at = activates_at, expires_at
    draft.move(lot)
    if activates_at <= now:
        points = lot.pending
        draft.part(lot, State.PENDING, -points)
        draft.part(lot, State.ACTIVE, points)
        pay_debts(draft, lot.account_id)
    return [draft.posting(), *settle(wallets, lot.account_id, now)]


def cancel_pending(wallets: Wallets, lot: Lot, *, at: datetime, memo: Mapping[str, Any] | None = None) -> list[Posting]:
    """Take back what of a lot is pending, since what it waited for does not come."""
    draft = Draft(wallets, TransactionKind.CANCEL, at, lot.currency)
    draft.book(Book.ISSUED, lot.pending, lot)
    draft.part(lot, State.PENDING, -lot.pending)
    return [draft.posting(memo=memo)]
