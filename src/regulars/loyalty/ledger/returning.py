"""What a return undoes: spent points come back to their lots, earned ones are taken back. Pure.

Each undoing has its own undoing, so that an order that is told as returned, and then as kept after all, ends as if it
had never been told as returned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from regulars.loyalty.definitions.calendar import first_instant_after, local_day
from regulars.loyalty.definitions.document.currencies import OnShortfall
from regulars.loyalty.ledger.contracts import Book, State, TransactionKind
from regulars.loyalty.ledger.settling import pay_debts, settle, settle_lots
from regulars.loyalty.ledger.wallets import Draft, Lot, Posting, Taken, Wallets

Memo = Mapping[str, Any]


def give_back(
    wallets: Wallets,
    taken: Sequence[Taken],
    points: int,
    *,
    cause: UUID,
    now: datetime,
    memo: Memo | None = None,
) -> list[Posting]:
    """Let redeemed points come back to the lots that they were taken from, the last consumed lot first.

    Points of several currencies come back in separate calls.

    Raises
    ------
    ValueError
        More is to come back than was redeemed.
    """
    left = points
    draft: Draft | None = None
    accounts: dict[UUID, None] = {}
    # What has expired is gone before the grace moves the expiry of what comes back.
    settled = settle_lots(wallets, (each.lot_id for each in taken), now)
    for each in reversed(taken):
        lot = wallets.lots[each.lot_id]
        back = min(left, each.points - each.reserved)
        if not back:
            continue
        draft = draft or Draft(wallets, TransactionKind.REFUND, now, lot.currency)
        draft.book(Book.REDEEMED, -back, cause=cause)
        refill(draft, lot, back, cause, now)
        accounts[lot.account_id] = None
        left -= back
    if left:
        raise ValueError(f"{points} are to come back, {left} more than were redeemed")
    if draft is None:
        return settled
    return [*settled, draft.posting(memo=memo), *_settled(wallets, accounts, now)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """So many points of a lot that are no longer earned."""

    lot_id: UUID
    points: int


def claw_back(
    wallets: Wallets,
    taken_back: Sequence[TakenBack],
    *,
    siblings: Iterable[UUID],
    expired: Mapping[UUID, int],
    now: datetime,
    memo: Memo | None = None,
) -> list[Posting]:
    """Take back what an order's lots no longer earn.

    First from each lot itself, pending or active; then from the order's other lots, `siblings`; then what of these
    `expired` unspent, against breakage; then from other active lots in spending order, never reserved ones or another
    order's pending; what is left is owed, or written off as the currency's terms say.
    """
    lots = [wallets.lots[each.lot_id] for each in taken_back]
    accounts = dict.fromkeys(lot.account_id for lot in lots)
    settled = [each for account in accounts for each in settle(wallets, account, now)]
    drafts = {lot.currency: Draft(wallets, TransactionKind.CLAW_BACK, now, lot.currency) for lot in lots}
    claims = [
        _Claim(lot, each.points, drafts[lot.currency])
        for lot, each in zip(lots, taken_back, strict=True)
        if each.points
    ]
    own = [wallets.lots[lot_id] for lot_id in dict.fromkeys([*(lot.id for lot in lots), *siblings])]
    unspent: Counter[UUID | None] = Counter(expired)
    for posting in settled:
        if posting.kind is TransactionKind.EXPIRE:
            unspent.update({entry.lot_id: entry.points for entry in posting.entries if entry.book is Book.BREAKAGE})
    for claim in claims:
        claim.take(claim.lot, State.PENDING, State.ACTIVE)
    for claim in claims:
        family = [lot for lot in own if (lot.account_id, lot.currency) == (claim.lot.account_id, claim.lot.currency)]
        for lot in family:
            claim.take(lot, State.PENDING, State.ACTIVE)
        for lot in family:
            claim.reclaim(lot, unspent)
        # The others of the account are asked for only where something is left to be taken.
        for lot in wallets.of(claim.lot.account_id) if claim.left else ():
            claim.take(lot, State.ACTIVE)
        claim.owe()
    return [*settled, *(draft.posting(memo=memo) for draft in drafts.values() if draft.entries)]


class _Claim:
    """What is still to be taken back of one lot."""

    def __init__(self, lot: Lot, points: int, draft: Draft) -> None:
        self.lot, self.left, self.draft = lot, points, draft
        draft.book(Book.ISSUED, points, lot)

    def take(self, lot: Lot, *states: State) -> None:
        """Take from parts of a lot; from another one on this one's behalf, so that it can come back."""
        for state in states:
            taken = min(self.left, lot.pending if state is State.PENDING else lot.active)
            self.draft.part(lot, state, -taken, None if lot is self.lot else self.lot.id)
            self.left -= taken

    def reclaim(self, lot: Lot, unspent: Counter[UUID | None]) -> None:
        """Take what of a lot expired unspent."""
        taken = min(self.left, unspent[lot.id])
        self.draft.book(Book.BREAKAGE, -taken, lot, self.lot.id)
        unspent[lot.id] -= taken
        self.left -= taken

    def owe(self) -> None:
        """Let the rest be owed, or written off."""
        if self.draft.wallets.terms[self.lot.currency].on_shortfall is OnShortfall.DEBT:
            self.draft.part(self.lot, State.DEBT, -self.left)
        else:
            self.draft.book(Book.WRITTEN_OFF, -self.left, self.lot)
        self.left = 0


def earn_again(
    wallets: Wallets, lot: Lot, points: int, taken: Sequence[Taken], *, now: datetime, memo: Memo | None = None
) -> list[Posting]:
    """Let a lot earn more than its order was left with: what was taken back of it is undone, the rest is granted.

    Undone in turn: what it owes, what was `taken` on its behalf, the last first, and what was reclaimed of breakage.
    """
    settled = settle(wallets, lot.account_id, now)
    draft = Draft(wallets, TransactionKind.GIVE_BACK, now, lot.currency)
    draft.book(Book.ISSUED, -points, lot)
    left = points
    accounts = {lot.account_id: None}
    forgiven = min(left, lot.debt)
    draft.part(lot, State.DEBT, forgiven)
    left -= forgiven
    for each in reversed(taken):
        payer = wallets.lots[each.lot_id]
        back = min(left, each.points)
        if each.from_breakage:
            draft.book(Book.BREAKAGE, back, payer, lot.id)
        elif back:
            _bring(draft, payer, back, lot.id, now)
            accounts[payer.account_id] = None
        left -= back
    if left:
        _bring(draft, lot, left, None, now)
    return [*settled, draft.posting(memo=memo), *_settled(wallets, accounts, now)]


def refill(draft: Draft, lot: Lot, points: int, cause: UUID | None, now: datetime) -> None:
    """Let points come back to a lot; where it has expired, or soon does, they are good until the end of the grace.

    The grace is counted from the first time that points came back to it, and not extended by another time.
    """
    terms = draft.wallets.terms[lot.currency]
    if lot.restored_at is None:
        lot.restored_at = now
        draft.move(lot)
    last_day = local_day(lot.restored_at, terms.zone) + timedelta(days=terms.grace_days)
    ends = first_instant_after(last_day, terms.zone)
    if lot.expires_at and lot.expires_at < ends:
        lot.expires_at = ends
        draft.move(lot)
    _bring(draft, lot, points, cause, now)


def _bring(draft: Draft, lot: Lot, points: int, cause: UUID | None, now: datetime) -> None:
    """Add points to a lot that waits or is active, with the expiry that it has."""
    if lot.activates_at and lot.activates_at <= now:
        draft.part(lot, State.ACTIVE, points, cause)
        pay_debts(draft, lot.account_id)
    else:
        draft.part(lot, State.PENDING, points, cause)


def _settled(wallets: Wallets, accounts: Iterable[UUID], now: datetime) -> list[Posting]:
    """Settle accounts to which points came back; those of a lot that has expired expire now."""
    return [each for account in accounts for each in settle(wallets, account, now, not_before=now)]
