"""Read the ledger: what stands on accounts, judged by the clock; what was posted; what a programme issued."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.loyalty.definitions.calendar import first_instant_of
from regulars.loyalty.ledger.contracts import (
    Balance,
    Book,
    Entry,
    Expiring,
    Standing,
    State,
    Totals,
    Transaction,
    TransactionKind,
    Waiting,
)
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.posting import load_lots
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.wallets import Lot, Wallets
from regulars.stream.database import rows_from

reading_rows = rows_from(Path(__file__).parent / "sql" / "reading.sql")
# The first moment and the last that both Python and the database know of.
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
_END = datetime(9999, 12, 30, tzinfo=UTC)


def get_standing(member_id: UUID, *, at: datetime) -> Mapping[str, Standing]:
    """Return what stands on a member's accounts at a moment, by currency; where merged, on the survivor's.

    It is judged by the clock: what is due by then counts, whether it has been posted or not.

    Raises
    ------
    NoSuchMember
        There is none of this id.
    """
    return list_standings([member_id], at=at).get(member_id) or _none_of(member_id)


def list_standings(member_ids: Collection[UUID], *, at: datetime) -> dict[UUID, Mapping[str, Standing]]:
    """Return what stands on the accounts of members at a moment, by member and currency, in two statements."""
    held = reading_rows("holders", {"members": sorted(member_ids)})
    by_account: dict[UUID, list[Lot]] = defaultdict(list)
    for lot in load_lots({account_id for _, _, account_id in held}):
        by_account[lot.account_id].append(lot)
    found: dict[UUID, dict[str, Standing]] = defaultdict(dict)
    standings: dict[UUID, Standing] = {}
    for member_id, currency, account_id in held:
        if account_id not in standings:
            standings[account_id] = standing_of(account_id, currency, by_account[account_id], at)
        found[member_id][currency] = standings[account_id]
    return dict(found)


def standing_of(account_id: UUID, currency: str, lots: Iterable[Lot], at: datetime) -> Standing:
    """Return what stands of an account's lots at a moment; the lots are changed to what they are by then."""
    wallets = Wallets(lots, {})
    settle(wallets, account_id, at)
    standing = wallets.of(account_id)
    expiring: Counter[datetime | None] = Counter()
    waiting: Counter[datetime | None] = Counter()
    for lot in standing:
        expiring[lot.expires_at] += lot.active
        waiting[lot.activates_at] += lot.pending
    return Standing(
        account_id=account_id,
        balance=balance_of(currency, standing),
        expiring=[Expiring(expires_at=moment, points=points) for moment, points in _soonest_first(expiring)],
        pending=[Waiting(activates_at=moment, points=points) for moment, points in _soonest_first(waiting)],
    )


def balance_of(currency: str, lots: Collection[Lot]) -> Balance:
    """Return what lots come to."""
    return Balance(
        currency=currency,
        pending=sum(lot.pending for lot in lots),
        active=sum(lot.active for lot in lots),
        reserved=sum(lot.reserved for lot in lots),
        debt=sum(lot.debt for lot in lots),
    )


def list_transactions(
    member_id: UUID, *, limit: int, currency: str | None = None, before: UUID | None = None
) -> list[Transaction]:
    """Return what was posted of the lots that are on a member's accounts, the newest first, before a transaction.

    A lot that came by a merge brings its history along, and takes it with it when the merge is undone.
    """
    held = reading_rows("holders", {"members": [member_id]})
    accounts = [account_id for _, key, account_id in held if currency in {None, key}]
    return _with_entries(reading_rows("transactions", {"accounts": accounts, "before": before, "limit": limit}))


def find_transaction(transaction_id: UUID) -> Transaction | None:
    """Return what was posted under an id; None where nothing was."""
    return next(iter(_with_entries(reading_rows("transactions_by_id", {"ids": [transaction_id]}))), None)


def get_totals(
    program_id: UUID, currency: str, *, since: datetime | None = None, until: datetime | None = None
) -> Totals:
    """Return what a programme issued in a currency between two moments of business, and where it went.

    It reads the whole ledger.
    """
    [found] = _totals(program_id, currency, [since or _BEGINNING, until or _END])
    return replace(found, since=since, until=until)


def list_daily_totals(program_id: UUID, currency: str, *, first: date, last: date, zone: ZoneInfo) -> list[Totals]:
    """Return the totals of each day from the first to the last; it reads the whole ledger once."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 2)]
    return _totals(program_id, currency, [first_instant_of(day, zone) for day in days])


def _totals(program_id: UUID, currency: str, moments: Sequence[datetime]) -> list[Totals]:
    told = {"program_id": program_id, "currency": currency, "moments": list(moments)}
    stretches: dict[int, Counter[str]] = defaultdict(Counter)
    for stretch, book, points in reading_rows("totals", told):
        stretches[stretch][book] += int(points)
    outstanding = stretches[0][Book.MEMBER]
    found = []
    for number, (since, until) in enumerate(pairwise(moments), start=1):
        books = stretches[number]
        outstanding += books[Book.MEMBER]
        found.append(
            Totals(
                currency=currency,
                since=since,
                until=until,
                issued=-books[Book.ISSUED],
                redeemed=books[Book.REDEEMED],
                breakage=books[Book.BREAKAGE],
                adjusted=-books[Book.ADJUSTED],
                partner=-books[Book.PARTNER],
                transferred=books[Book.TRANSFER],
                written_off=books[Book.WRITTEN_OFF],
                outstanding=outstanding,
            )
        )
    return found


def _none_of(member_id: UUID) -> Mapping[str, Standing]:
    """Return that a member has no account; raise where there is no such member."""
    get_member(member_id)
    return {}


def _soonest_first(moments: Counter[datetime | None]) -> list[tuple[datetime | None, int]]:
    """Return the moments of which there are points, the soonest first and none at all last."""
    told = [(moment, points) for moment, points in moments.items() if points]
    return sorted(told, key=lambda each: each[0] or datetime.max.replace(tzinfo=UTC))


def _with_entries(headers: Sequence[tuple[Any, ...]]) -> list[Transaction]:
    entries: dict[UUID, list[Entry]] = defaultdict(list)
    if headers:
        ids = [row[0] for row in headers]
        for transaction_id, book, currency, points, account_id, lot_id, state, cause in reading_rows(
            "entries", {"ids": ids}
        ):
            entries[transaction_id].append(
                Entry(
                    book=Book(book),
                    currency=currency,
                    points=points,
                    account_id=account_id,
                    lot_id=lot_id,
                    state=State(state) if state else None,
                    cause=cause,
                )
            )
    return [
        Transaction(
            id=identity,
            kind=TransactionKind(kind),
            occurred_at=occurred_at,
            posted_at=posted_at,
            actor=actor,
            reverses=reverses,
            memo=json.loads(memo),
            entries=tuple(entries[identity]),
        )
        for identity, kind, occurred_at, posted_at, actor, reverses, memo in headers
    ]
