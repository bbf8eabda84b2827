"""What the stream is told of postings: one event for each transaction and account that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from regulars.loyalty.ledger.contracts import Book, State, TransactionKind
from regulars.loyalty.ledger.wallets import Posting
from regulars.stream.contracts import Actor, NewEvent

SOURCE = "loyalty"
EVENT_TYPES: Mapping[TransactionKind, str] = {
    TransactionKind.GRANT: "points.granted",
    TransactionKind.ACTIVATE: "points.activated",
    TransactionKind.CANCEL: "points.cancelled",
    TransactionKind.EXPIRE: "points.expired",
    TransactionKind.RESERVE: "points.reserved",
    TransactionKind.CONFIRM: "points.redeemed",
    TransactionKind.RELEASE: "points.released",
    TransactionKind.REDEEM: "points.redeemed",
    TransactionKind.REFUND: "points.refunded",
    TransactionKind.CLAW_BACK: "points.clawed_back",
    TransactionKind.GIVE_BACK: "points.given_back",
    TransactionKind.ADJUST: "points.adjusted",
    TransactionKind.PAY_DEBT: "points.debt_paid",
    TransactionKind.MERGE: "points.merged",
    TransactionKind.UNMERGE: "points.unmerged",
    TransactionKind.FORFEIT: "points.forfeited",
}
# What moves within an account is told by how much came into its new state.
_STATE_TOLD: Mapping[TransactionKind, State] = {
    TransactionKind.ACTIVATE: State.ACTIVE,
    TransactionKind.RESERVE: State.RESERVED,
    TransactionKind.RELEASE: State.ACTIVE,
    TransactionKind.PAY_DEBT: State.DEBT,
}


def events_of(
    postings: Sequence[Posting], customers: Mapping[UUID, UUID | None], program: str, *, actor: Actor
) -> list[NewEvent]:
    """Return the events of postings; `customers` tells whose each account is."""
    return [
        NewEvent(
            type=EVENT_TYPES[posting.kind],
            actor=actor,
            source=SOURCE,
            occurred_at=posting.occurred_at,
            customer_id=customers.get(account_id),
            payload={
                "transaction_id": str(posting.id),
                "program": program,
                "currency": currency,
                "points": points,
            },
        )
        for posting in postings
        for account_id, currency, points in _changes(posting)
    ]


def _changes(posting: Posting) -> Iterator[tuple[UUID, str, int]]:
    """Yield by how many points a transaction changed each account."""
    told = _STATE_TOLD.get(posting.kind)
    sums: dict[tuple[UUID, str], int] = {}
    for entry in posting.entries:
        if entry.book is not Book.MEMBER or entry.account_id is None:
            continue
        key = (entry.account_id, entry.currency)
        counts = told is None or (entry.state is told and entry.points > 0)
        sums[key] = sums.get(key, 0) + (entry.points if counts else 0)
    for (account_id, currency), points in sums.items():
        yield account_id, currency, points
