"""Open accounts for a write, and post what was drafted: the one way into the ledger.

Whoever writes opens all accounts that it will touch, at once and before anything else, within a transaction of the
database: that locks them in one order for everybody, so that opposite operations wait for each other and never fail.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.document.currencies import Inactivity
from regulars.loyalty.ledger.contracts import Entry
from regulars.loyalty.ledger.requests import Answer, Request, answered
from regulars.loyalty.ledger.statements import rows_of
from regulars.loyalty.ledger.wallets import Lot, Move, NewLot, Posting, Taken, taken_by
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import columns_of, make_room


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """By whom, when, and in which programme something is posted."""

    program_id: UUID
    now: datetime
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is written with postings: what the stream is told of them, and the answer to the request for them."""

    events: Sequence[NewEvent] = ()
    request: Request | None = None
    answer: Answer | None = None


def load_lots(account_ids: Collection[UUID]) -> list[Lot]:
    """Return the lots on accounts of which anything stands."""
    return [lot_of(row) for row in rows_of("open_lots", {"accounts": sorted(account_ids)})]


def lot_of(row: Sequence[Any]) -> Lot:
    """Return a lot from the columns of `open_lots`."""
    identity, account, origin, currency, granted, activates, expires, inactivity, restored, source, *parts = row
    pending, active, reserved, debt = parts
    return Lot(
        id=identity,
        account_id=account,
        origin_account_id=origin,
        currency=currency,
        granted_at=granted,
        activates_at=activates,
        expires_at=expires,
        inactivity=inactivity and Inactivity.model_validate_json(inactivity),
        restored_at=restored,
        source_id=source,
        pending=pending,
        active=active,
        reserved=reserved,
        debt=debt,
    )


def find_taken(causes: Collection[UUID]) -> dict[UUID, list[Taken]]:
    """Return what is taken on behalf of causes, by cause, the first that was taken first."""
    moved: dict[UUID, list[tuple[UUID, str, int]]] = {cause: [] for cause in causes}
    if causes:
        for cause, lot_id, where, points in rows_of("taken", {"causes": sorted(causes)}):
            moved[cause].append((lot_id, where, points))
    return {cause: taken_by(moves) for cause, moves in moved.items()}


def find_expired(lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how much of lots has expired unspent and was not reclaimed."""
    if not lot_ids:
        return {}
    return {lot_id: int(points) for lot_id, points in rows_of("expired", {"lots": sorted(lot_ids)})}


def post(postings: Sequence[Posting], by: Posted, told: Told = Told()) -> None:
    """Write transactions with their lots and entries, and what is told with them, all in one statement."""
    if not postings:
        return
    make_room(event.occurred_at for event in told.events)
    rows_of(
        "post",
        {
            "program_id": by.program_id,
            "now": by.now,
            "actor": str(by.actor),
            "ids": [each.id for each in postings],
            "kinds": [each.kind for each in postings],
            "occurred_ats": [each.occurred_at for each in postings],
            "reverses": [each.reverses for each in postings],
            "occasions": [each.occasion for each in postings],
            "memos": [json.dumps(each.memo) for each in postings],
            "counts": [len(each.entries) for each in postings],
            **_columns_of_lots([lot for posting in postings for lot in posting.new_lots]),
            **_columns_of_entries([entry for posting in postings for entry in posting.entries]),
            "event_ids": [new_id() for _ in told.events],
            **{f"event_{name}": values for name, values in columns_of(told.events).items()},
            **answered(told.request, told.answer),
        },
    )
    _move([(posting.id, move) for posting in postings for move in posting.moves])


def _columns_of_lots(lots: Sequence[NewLot]) -> dict[str, list[Any]]:
    grants = [lot.grant for lot in lots]
    return {
        "lot_ids": [lot.id for lot in lots],
        "lot_origins": [lot.origin_account_id for lot in lots],
        "granted_ats": [grant.granted_at for grant in grants],
        "activates_ats": [grant.activates_at for grant in grants],
        "expires_ats": [grant.expires_at for grant in grants],
        "inactivities": [grant.inactivity and grant.inactivity.model_dump_json() for grant in grants],
        "source_kinds": [grant.source_kind for grant in grants],
        "source_ids": [grant.source_id for grant in grants],
        "rules": [grant.rule for grant in grants],
        "versions": [grant.version for grant in grants],
        "fundings": [grant.funding for grant in grants],
        "counting": [grant.counts_for_tiers for grant in grants],
        "lot_occasions": [grant.occasion for grant in grants],
    }


def _columns_of_entries(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    return {
        "books": [entry.book for entry in entries],
        "accounts": [entry.account_id for entry in entries],
        "entry_lots": [entry.lot_id for entry in entries],
        "states": [entry.state for entry in entries],
        "currencies": [entry.currency for entry in entries],
        "points": [entry.points for entry in entries],
        "causes": [entry.cause for entry in entries],
    }


def _move(moves: Iterable[tuple[UUID, Move]]) -> None:
    """Write where lots are by now, and until when they are good; of several moves of one the last holds."""
    told = list(moves)
    if not told:
        return
    last = {move.lot_id: move for _, move in told}
    rows_of(
        "move_lots",
        {
            "lot_ids": list(last),
            "accounts": [move.account_id for move in last.values()],
            "activates_ats": [move.activates_at for move in last.values()],
            "expires_ats": [move.expires_at for move in last.values()],
            "restored_ats": [move.restored_at for move in last.values()],
        },
    )
    rows_of(
        "note_moves",
        {
            "ids": [new_id() for _ in told],
            "lot_ids": [move.lot_id for _, move in told],
            "transactions": [transaction for transaction, _ in told],
            "accounts": [move.account_id for _, move in told],
            "activates_ats": [move.activates_at for _, move in told],
            "expires_ats": [move.expires_at for _, move in told],
        },
    )
