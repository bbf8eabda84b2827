"""What stands of lots, in memory, and the one way to change it: drafts of balanced postings. Pure.

Services load wallets, let the operations of `earning`, `spending`, `returning` and `moving_house` draft what is to be
posted, and write the drafts; a simulation keeps the wallets and writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.document.currencies import Inactivity, OnShortfall
from regulars.loyalty.ledger.contracts import Book, Entry, Grant, State, TransactionKind

_NEVER = datetime.max.replace(tzinfo=UTC)


class BrokenLedger(RuntimeError):
    """A mistake of ours: what was drafted does not add up. The database would refuse it too."""


@dataclass(slots=True, kw_only=True)
class Lot:
    """A lot as it stands; `pending`, `active`, `reserved` and `debt` are its parts."""

    id: UUID
    account_id: UUID
    origin_account_id: UUID
    currency: str
    granted_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    inactivity: Inactivity | None = None
    restored_at: datetime | None = None
    source_id: UUID | None = None
    pending: int = 0
    active: int = 0
    reserved: int = 0
    debt: int = 0

    def spent_before(self) -> tuple[datetime, datetime, UUID]:
        """Return what lots are spent in the order of: soonest expiring first, never-expiring last."""
        return self.expires_at or _NEVER, self.granted_at, self.id

    def change(self, state: State, points: int) -> None:
        """Add points to a part, as an entry says it: those of debt are negative.

        Raises
        ------
        BrokenLedger
            Less than nothing would stand of it.
        """
        signed = -points if state is State.DEBT else points
        value = getattr(self, state.value) + signed
        if value < 0:
            raise BrokenLedger(f"{state} of lot {self.id} would be {value}")
        setattr(self, state.value, value)


@dataclass(slots=True)
class Taken:
    """What is taken from a lot on somebody's behalf, a redemption's or another lot's.

    `points` have left the account, or are `reserved` on it; `from_breakage` they had expired, and were reclaimed.
    """

    lot_id: UUID
    points: int
    reserved: int = 0
    from_breakage: bool = False


def taken_by(moves: Iterable[tuple[UUID, str, int]]) -> list[Taken]:
    """Return what is still taken after moves of a cause, the first taken first: (lot, state or book, points) each.

    What comes back to a lot is what was taken from it last.
    """
    stack: list[Taken] = []
    for lot_id, where, points in moves:
        if where == State.RESERVED:
            _reserve(stack, lot_id, points)
        elif points < 0:
            stack.append(Taken(lot_id, -points, from_breakage=where == Book.BREAKAGE))
        else:
            _come_back(stack, lot_id, points, from_breakage=where == Book.BREAKAGE)
    return [each for each in stack if each.points]


def _reserve(stack: list[Taken], lot_id: UUID, points: int) -> None:
    """Let so many more, or fewer, of what is taken of a lot be reserved; the last taken first."""
    for each in reversed(stack):
        if each.lot_id == lot_id and not each.from_breakage:
            change = min(points, each.points - each.reserved) if points > 0 else max(points, -each.reserved)
            each.reserved += change
            points -= change


def _come_back(stack: list[Taken], lot_id: UUID, points: int, *, from_breakage: bool) -> None:
    for each in reversed(stack):
        if each.lot_id == lot_id and each.from_breakage == from_breakage:
            back = min(points, each.points)
            each.points -= back
            points -= back


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """A lot to be added, with nothing in it yet: entries fill it."""

    id: UUID
    account_id: UUID
    origin_account_id: UUID
    currency: str
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A lot's new holder or new times."""

    lot_id: UUID
    account_id: UUID
    activates_at: datetime | None
    expires_at: datetime | None
    restored_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A transaction to be posted, with the lots that it adds or moves."""

    id: UUID
    kind: TransactionKind
    occurred_at: datetime
    entries: Sequence[Entry]
    new_lots: Sequence[NewLot] = ()
    moves: Sequence[Move] = ()
    reverses: UUID | None = None
    occasion: UUID | None = None
    memo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a programme says of a point currency."""

    zone: ZoneInfo
    grace_days: int = 14
    on_shortfall: OnShortfall = OnShortfall.DEBT


class Wallets:
    """Lots by id, of one or several accounts, and the terms of their currencies.

    An account may have very many lots, of which a grant needs few: those that are owed, those on which something is due
    `due_by` a moment, and those that activity keeps alive. Where there is a `rest`, only these are at hand, and with it
    the others of an account are read, where somebody asks for them. The account is locked by then.
    """

    def __init__(
        self,
        lots: Iterable[Lot],
        terms: Mapping[str, Terms],
        *,
        due_by: datetime = _NEVER,
        rest: Callable[[UUID], Iterable[Lot]] | None = None,
    ) -> None:
        self.lots: dict[UUID, Lot] = {}
        self.terms = terms
        self._due_by, self._rest = due_by, rest
        self._whole: set[UUID] = set()
        # Many members may stand at one desk: each account finds its own.
        self._on: defaultdict[UUID, list[Lot]] = defaultdict(list)
        for lot in {lot.id: lot for lot in lots}.values():
            self.put(lot)

    def put(self, lot: Lot) -> None:
        """Put a lot on its account."""
        self.lots[lot.id] = lot
        self._on[lot.account_id].append(lot)

    def carry(self, lot: Lot, account_id: UUID) -> None:
        """Carry a lot to another account."""
        self._on[lot.account_id] = [each for each in self._on[lot.account_id] if each is not lot]
        lot.account_id = account_id
        self._on[account_id].append(lot)

    def of(self, account_id: UUID) -> list[Lot]:
        """Return all lots on an account, in spending order."""
        if self._rest is not None and account_id not in self._whole:
            self._whole.add(account_id)
            for lot in self._rest(account_id):
                # What is at hand may have changed since it was read.
                if lot.id not in self.lots:
                    self.put(lot)
        return self.at_hand(account_id)

    def due(self, account_id: UUID, now: datetime) -> list[Lot]:
        """Return the lots on an account on which something may be due by a moment, in spending order."""
        return self.at_hand(account_id) if now <= self._due_by else self.of(account_id)

    def at_hand(self, account_id: UUID) -> list[Lot]:
        """Return the lots on an account that are at hand, in spending order: all that a grant needs."""
        return sorted(self._on.get(account_id, ()), key=Lot.spent_before)

    def debt(self, account_id: UUID) -> int:
        """Return what an account owes."""
        return sum(lot.debt for lot in self.at_hand(account_id))


class Draft:
    """A posting on its way: each movement changes the wallets at once, and is written down as an entry."""

    def __init__(self, wallets: Wallets, kind: TransactionKind, occurred_at: datetime, currency: str) -> None:
        self.wallets, self.kind, self.occurred_at, self.currency = wallets, kind, occurred_at, currency
        self.entries: list[Entry] = []
        self.new_lots: list[NewLot] = []
        self.moved: dict[UUID, Lot] = {}

    def part(self, lot: Lot, state: State, points: int, cause: UUID | None = None) -> None:
        """Add points to a part of a lot, or take them from it."""
        if not points:
            return
        lot.change(state, points)
        self.entries.append(
            Entry(
                book=Book.MEMBER,
                currency=self.currency,
                points=points,
                account_id=lot.account_id,
                lot_id=lot.id,
                state=state,
                cause=cause,
            )
        )

    def book(self, book: Book, points: int, lot: Lot | None = None, cause: UUID | None = None) -> None:
        """Add points to one of the programme's books, or take them from it."""
        if points:
            lot_id = lot.id if lot else None
            self.entries.append(Entry(book=book, currency=self.currency, points=points, lot_id=lot_id, cause=cause))

    def add(self, account_id: UUID, grant: Grant, origin_account_id: UUID | None = None) -> Lot:
        """Add an empty lot; one that came under the name of a merged member keeps that member's account as origin."""
        lot = Lot(
            id=new_id(),
            account_id=account_id,
            origin_account_id=origin_account_id or account_id,
            currency=self.currency,
            granted_at=grant.granted_at,
            activates_at=grant.activates_at,
            expires_at=grant.expires_at,
            inactivity=grant.inactivity,
            source_id=grant.source_id,
        )
        self.wallets.put(lot)
        self.new_lots.append(
            NewLot(
                id=lot.id,
                account_id=account_id,
                origin_account_id=lot.origin_account_id,
                currency=self.currency,
                grant=grant,
            )
        )
        return lot

    def move(self, lot: Lot) -> None:
        """Note that a lot has another holder, or other times, by now."""
        self.moved[lot.id] = lot

    def posting(
        self, *, memo: Mapping[str, Any] | None = None, occasion: UUID | None = None, reverses: UUID | None = None
    ) -> Posting:
        """Return what is to be posted.

        Raises
        ------
        BrokenLedger
            The entries do not sum to zero.
        """
        if sum(entry.points for entry in self.entries):
            raise BrokenLedger(f"a transaction of kind {self.kind} does not sum to zero")
        return Posting(
            id=new_id(),
            kind=self.kind,
            occurred_at=self.occurred_at,
            entries=tuple(self.entries),
            new_lots=tuple(self.new_lots),
            moves=tuple(
                Move(
                    lot_id=lot.id,
                    account_id=lot.account_id,
                    activates_at=lot.activates_at,
                    expires_at=lot.expires_at,
                    restored_at=lot.restored_at,
                )
                for lot in self.moved.values()
            ),
            reverses=reverses,
            occasion=occasion,
            memo=memo or {},
        )
