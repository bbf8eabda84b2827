"""Lots change their holder: a merge of two members and its undo, and the end of a membership. Pure.

A lot keeps where it came from, so that the undo finds what remains of each member's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.loyalty.ledger.contracts import Book, State, TransactionKind
from regulars.loyalty.ledger.returning import refill
from regulars.loyalty.ledger.settling import pay_debts, settle
from regulars.loyalty.ledger.wallets import Draft, Lot, Posting, Wallets

Memo = Mapping[str, Any]
_STATES = (State.PENDING, State.ACTIVE, State.RESERVED, State.DEBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What is posted when lots change their holder: first all that leaves, then all that arrives."""

    leaving: Sequence[Posting]
    arriving: Sequence[Posting]


def carry(
    wallets: Wallets,
    lots: Sequence[Lot],
    to: Mapping[str, UUID],
    *,
    kind: TransactionKind,
    now: datetime,
    memo: Memo,
) -> Carried:
    """Bring lots, whatever stands of them, to other accounts by currency; what arrives pays what is owed there."""
    leaving = {lot.currency: Draft(wallets, kind, now, lot.currency) for lot in lots}
    arriving = {lot.currency: Draft(wallets, kind, now, lot.currency) for lot in lots}
    for lot in lots:
        parts = [(state, _part(lot, state)) for state in _STATES]
        out, back_in = leaving[lot.currency], arriving[lot.currency]
        for state, points in parts:
            out.part(lot, state, -points)
            out.book(Book.TRANSFER, points)
        wallets.carry(lot, to[lot.currency])
        out.move(lot)
        for state, points in parts:
            back_in.part(lot, state, points)
            back_in.book(Book.TRANSFER, -points)
    arrived = [draft.posting(memo=memo) for draft in arriving.values() if draft.entries]
    left = [draft.posting(memo=memo) for draft in leaving.values() if draft.entries or draft.moved]
    return Carried(leaving=left, arriving=[*arrived, *pay(wallets, to, now=now, memo=memo)])


def pay(wallets: Wallets, accounts: Mapping[str, UUID], *, now: datetime, memo: Memo) -> list[Posting]:
    """Let active points pay what their accounts owe."""
    drafts = []
    for currency, account_id in accounts.items():
        draft = Draft(wallets, TransactionKind.PAY_DEBT, now, currency)
        pay_debts(draft, account_id)
        drafts.append(draft)
    return [draft.posting(memo=memo) for draft in drafts if draft.entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class Netted:
    """That a merge let one lot pay the debt of another."""

    payer_id: UUID
    debtor_id: UUID
    points: int


def reinstate(wallets: Wallets, netted: Iterable[Netted], *, now: datetime, memo: Memo) -> list[Posting]:
    """Let debts that a merge had netted be owed again, and come back what had paid them."""
    postings: list[Posting] = []
    for each in netted:
        payer, debtor = wallets.lots[each.payer_id], wallets.lots[each.debtor_id]
        draft = Draft(wallets, TransactionKind.UNMERGE, now, payer.currency)
        draft.part(debtor, State.DEBT, -each.points, payer.id)
        refill(draft, payer, each.points, debtor.id, now)
        pay_debts(draft, debtor.account_id)
        postings += [draft.posting(memo=memo), *settle(wallets, payer.account_id, now, not_before=now)]
    return postings


def forfeit(wallets: Wallets, account_id: UUID, *, now: datetime, memo: Memo | None = None) -> list[Posting]:
    """End an account: what is open goes to breakage, what is owed is written off.

    What is reserved stays until it is redeemed or released, as whoever reserved it was told.
    """
    settled = settle(wallets, account_id, now)
    drafts: dict[str, Draft] = {}
    for lot in wallets.of(account_id):
        draft = drafts.setdefault(lot.currency, Draft(wallets, TransactionKind.FORFEIT, now, lot.currency))
        for state in (State.PENDING, State.ACTIVE):
            points = _part(lot, state)
            draft.part(lot, state, -points)
            draft.book(Book.BREAKAGE, points, lot)
        draft.book(Book.WRITTEN_OFF, -lot.debt, lot)
        draft.part(lot, State.DEBT, lot.debt)
    return [*settled, *(draft.posting(memo=memo) for draft in drafts.values() if draft.entries)]


def _part(lot: Lot, state: State) -> int:
    """Return what stands of a part, as entries say it: debt is negative."""
    return -lot.debt if state is State.DEBT else int(getattr(lot, state.value))
