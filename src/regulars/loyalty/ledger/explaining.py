"""A member's balance as it was valid at one moment and known at another, and for each point whence and whither.

What had been posted by the one moment, of what had happened by the other, is added up; what was due by the clock and
not posted yet is drafted as the next write would have posted it. Whose lots count is as of the earlier of the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.contracts import (
    Book,
    ExplainedLot,
    Explanation,
    Movement,
    Purpose,
    State,
    TransactionKind,
)
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.queries import balance_of, reading_rows
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.wallets import Lot, Posting, Wallets


@dataclass(slots=True, kw_only=True)
class _Line:
    """An entry to a lot, with what is to be told of its transaction, which is None where it is not posted."""

    transaction_id: UUID | None
    kind: TransactionKind
    occurred_at: datetime
    posted_at: datetime | None
    lot_id: UUID
    account_id: UUID
    state: State
    points: int
    cause: UUID | None
    # Tells lines of one transaction, posted or drafted, from those of others.
    within: UUID
    # Whether the points of this lot paid the debt of another in it, or come back from having paid.
    is_payment: bool


def explain(*, member_id: UUID, currency: str, valid_at: datetime, known_at: datetime) -> Explanation:
    """Return a member's balance as it was valid and known, and what it is made of.

    Raises
    ------
    NoSuchMember
        The member has no account in the currency.
    """
    told = {"member_id": member_id, "currency": currency, "at": min(valid_at, known_at)}
    accounts = [account_id for (account_id,) in reading_rows("origins_at", told)]
    if not accounts:
        raise NoSuchMember(gettext("There is no such member with an account in this currency."))
    rows = {row[0]: row for row in reading_rows("lots_of_origins", {"accounts": accounts})}
    lines, lots = _load(rows, accounts[0], valid_at, known_at)
    _take_back_early_payments(lines, lots)
    whole = [lot for lot in lots.values() if min(lot.pending, lot.active, lot.reserved, lot.debt) >= 0]
    lines += _lines_of(settle(Wallets(whole, {}), accounts[0], valid_at))
    by_lot: dict[UUID, list[Movement]] = defaultdict(list)
    for lot_id, movement in _movements(lines):
        by_lot[lot_id].append(movement)
    return Explanation(
        member_id=member_id,
        currency=currency,
        valid_at=valid_at,
        known_at=known_at,
        balance=balance_of(currency, lots.values()),
        lots=tuple(_explained(rows[lot.id], lot, by_lot[lot.id]) for lot in lots.values()),
    )


def _load(
    rows: Mapping[UUID, tuple[Any, ...]], holder: UUID, valid_at: datetime, known_at: datetime
) -> tuple[list[_Line], dict[UUID, Lot]]:
    """Return the entries to lots that were valid and known, and the lots as these leave them, on one account."""
    scope = {"lots": list(rows), "valid_at": valid_at, "known_at": known_at}
    lines = [_line(row) for row in reading_rows("entries_known", scope)] if rows else []
    times = {row[0]: row[1:] for row in reading_rows("times_known", scope)} if rows else {}
    lots: dict[UUID, Lot] = {}
    for lot_id in dict.fromkeys(line.lot_id for line in lines):
        _, _, origin, currency, granted_at, *_, activates_at, expires_at = rows[lot_id]
        activates_at, expires_at = times.get(lot_id, (activates_at, expires_at))
        lots[lot_id] = Lot(
            id=lot_id,
            account_id=holder,
            origin_account_id=origin,
            currency=currency,
            granted_at=granted_at,
            activates_at=activates_at,
            expires_at=expires_at,
        )
    for line in lines:
        _add(lots[line.lot_id], line.state, line.points)
    return lines, lots


def _line(row: tuple[Any, ...]) -> _Line:
    transaction_id, kind, occurred_at, posted_at, lot_id, account_id, state, points, cause, is_payment = row
    return _Line(
        transaction_id=transaction_id,
        kind=TransactionKind(kind),
        occurred_at=occurred_at,
        posted_at=posted_at,
        lot_id=lot_id,
        account_id=account_id,
        state=State(state),
        points=points,
        cause=cause,
        within=transaction_id,
        is_payment=is_payment,
    )


def _lines_of(postings: Iterable[Posting]) -> list[_Line]:
    return [
        _Line(
            transaction_id=None,
            kind=posting.kind,
            occurred_at=posting.occurred_at,
            posted_at=None,
            lot_id=entry.lot_id,
            account_id=entry.account_id,
            state=entry.state,
            points=entry.points,
            cause=entry.cause,
            within=posting.id,
            # The clock takes points of a lot on behalf of nothing but a debt.
            is_payment=entry.cause is not None and entry.state is not State.DEBT,
        )
        for posting in postings
        for entry in posting.entries
        if entry.book is Book.MEMBER and entry.lot_id and entry.account_id and entry.state
    ]


def _add(lot: Lot, state: State, points: int) -> None:
    """Add points to a part, below zero too: what is valid need not have been posted in its order."""
    setattr(lot, state.value, getattr(lot, state.value) + (-points if state is State.DEBT else points))


def _take_back_early_payments(lines: Sequence[_Line], lots: Mapping[UUID, Lot]) -> None:
    """Leave with their payers what paid debts that are not valid yet.

    Points that are granted late, for an earlier moment, pay at that moment what was owed only later.
    """
    for debtor in [lot for lot in lots.values() if lot.debt < 0]:
        for paid in reversed([each for each in lines if each.lot_id == debtor.id and each.state is State.DEBT]):
            for payer in [each for each in lines if _is_payment(each, paid)]:
                points = min(-debtor.debt, paid.points, -payer.points)
                if points > 0:
                    paid.points -= points
                    payer.points += points
                    debtor.debt += points
                    lots[payer.lot_id].active += points


def _is_payment(line: _Line, paid: _Line) -> bool:
    """Tell whether a line is what another one's debt was paid with."""
    return (line.within, line.lot_id, line.cause) == (paid.within, paid.cause, paid.lot_id) and line.points < 0


def _movements(lines: Iterable[_Line]) -> list[tuple[UUID, Movement]]:
    """Return by how much each transaction changed each lot, and why; what moves between a lot's states is nothing."""
    groups: dict[tuple[UUID, UUID, UUID, UUID | None, bool], list[_Line]] = defaultdict(list)
    for line in lines:
        groups[line.within, line.lot_id, line.account_id, line.cause, line.state is State.DEBT].append(line)
    return [
        (
            group[0].lot_id,
            Movement(
                purpose=_purpose(group[0], points),
                points=points,
                occurred_at=group[0].occurred_at,
                posted_at=group[0].posted_at,
                transaction_id=group[0].transaction_id,
                account_id=group[0].account_id,
                cause=group[0].cause,
            ),
        )
        for group in groups.values()
        if (points := sum(line.points for line in group))
    ]


# What a transaction of a kind does where it pays no debt. Reserving, releasing and activating change no sum of a lot.
_PURPOSES: Mapping[TransactionKind, Purpose] = {
    TransactionKind.GRANT: Purpose.GRANTED,
    TransactionKind.ACTIVATE: Purpose.GRANTED,
    TransactionKind.CANCEL: Purpose.CANCELLED,
    TransactionKind.EXPIRE: Purpose.EXPIRED,
    TransactionKind.RESERVE: Purpose.REDEEMED,
    TransactionKind.CONFIRM: Purpose.REDEEMED,
    TransactionKind.RELEASE: Purpose.REFUNDED,
    TransactionKind.REDEEM: Purpose.REDEEMED,
    TransactionKind.REFUND: Purpose.REFUNDED,
    TransactionKind.CLAW_BACK: Purpose.CLAWED_BACK,
    TransactionKind.GIVE_BACK: Purpose.GIVEN_BACK,
    TransactionKind.ADJUST: Purpose.ADJUSTED,
    TransactionKind.PAY_DEBT: Purpose.PAID_DEBT,
    TransactionKind.MERGE: Purpose.CARRIED,
    TransactionKind.UNMERGE: Purpose.CARRIED,
    TransactionKind.FORFEIT: Purpose.FORFEITED,
}


def _purpose(line: _Line, points: int) -> Purpose:
    """Return why a lot changed by so many points."""
    if line.state is State.DEBT:
        return _purpose_of_debt(line, points)
    if line.is_payment:
        return Purpose.PAID_DEBT if points < 0 else Purpose.GIVEN_BACK
    return _PURPOSES[line.kind]


def _purpose_of_debt(line: _Line, points: int) -> Purpose:
    if line.cause:
        return Purpose.DEBT_PAID if points > 0 else Purpose.OWED
    if line.kind in {TransactionKind.MERGE, TransactionKind.UNMERGE}:
        return Purpose.CARRIED
    if points < 0:
        return Purpose.OWED
    return Purpose.WRITTEN_OFF if line.kind is TransactionKind.FORFEIT else Purpose.FORGIVEN


def _explained(row: tuple[Any, ...], lot: Lot, movements: Sequence[Movement]) -> ExplainedLot:
    _, transaction_id, _, _, _, source_kind, source_id, rule, version, funding, *_ = row
    return ExplainedLot(
        id=lot.id,
        origin_account_id=lot.origin_account_id,
        source_kind=source_kind,
        source_id=source_id,
        rule=rule,
        version=version,
        funding=funding,
        transaction_id=transaction_id,
        granted_at=lot.granted_at,
        activates_at=lot.activates_at,
        expires_at=lot.expires_at,
        balance=balance_of(lot.currency, [lot]),
        movements=tuple(movements),
    )
