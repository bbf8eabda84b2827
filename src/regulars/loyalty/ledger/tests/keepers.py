"""Our ledger as a test drives it: in the database by its services, or in memory by what these draft with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Sum

from regulars.kit.ids import new_id
from regulars.loyalty.ledger import merging, services
from regulars.loyalty.ledger.carrying import Netted, carry, forfeit, reinstate
from regulars.loyalty.ledger.contracts import Book, Entry, Grant, State, TransactionKind
from regulars.loyalty.ledger.desk import Desk, open_desk, terms_of
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.models import Account
from regulars.loyalty.ledger.models import Entry as EntryRow
from regulars.loyalty.ledger.models import Lot as LotRow
from regulars.loyalty.ledger.posting import find_expired
from regulars.loyalty.ledger.returning import TakenBack, claw_back, earn_again, give_back
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.ledger.spending import NotEnoughPoints, confirm, release, spend
from regulars.loyalty.ledger.tests.ledger_shop import ACTOR, member, shop, version_of
from regulars.loyalty.ledger.wallets import Posting, Taken, Wallets, taken_by

# What is pending, active, reserved and owed of a lot; on whose account it is, from whose it came, how long it is good.
Seen = tuple[int, int, int, int, str, str, datetime | None]
CURRENCY = "points"


class Keeper(Protocol):
    """What a test can do to a ledger of some members."""

    def earn(self, who: str, what: Grant, now: datetime, *, twice: bool) -> UUID: ...
    def spend(self, who: str, count: int, cause: UUID, now: datetime, *, reserve: bool) -> bool: ...
    def confirm(self, who: str, cause: UUID, now: datetime) -> None: ...
    def release(self, who: str, cause: UUID, now: datetime) -> None: ...
    def refund(self, who: str, cause: UUID, count: int, now: datetime) -> None: ...
    def claw(self, wanted: Mapping[UUID, int], family: Sequence[UUID], now: datetime) -> None: ...
    def again(self, lot_id: UUID, count: int, now: datetime) -> None: ...
    def merge(self, survivor: str, merged: str, now: datetime) -> None: ...
    def unmerge(self, merged: str, now: datetime, below: Collection[str]) -> None: ...
    def erase(self, who: str, now: datetime) -> None: ...
    def settle(self, roots: Collection[str], now: datetime) -> None: ...
    def seen(self) -> dict[UUID, Seen]: ...
    def total(self) -> int: ...


class InMemory:
    """What is drafted changes the wallets, and its entries are kept in a list."""

    def __init__(self, names: Sequence[str]) -> None:
        self.accounts = {name: new_id() for name in names}
        self.names = {account: name for name, account in self.accounts.items()}
        self.leads: dict[str, str] = {}
        self.merges: dict[str, list[Posting]] = {}
        self.wallets = Wallets((), terms_of(version_of()))
        self.entries: list[tuple[TransactionKind, Entry]] = []
        self.ended: set[UUID] = set()

    def _post(self, postings: Sequence[Posting]) -> None:
        self.entries += [(posting.kind, entry) for posting in postings for entry in posting.entries]

    def _at(self, who: str) -> UUID:
        return self.accounts[self.leads.get(who, who)]

    def _taken(self, cause: UUID) -> list[Taken]:
        return taken_by(
            (entry.lot_id, entry.state or entry.book, entry.points)
            for _, entry in self.entries
            if entry.cause == cause and entry.lot_id and entry.state is not State.DEBT
        )

    def _expired(self, lot_ids: Collection[UUID]) -> dict[UUID, int]:
        found = dict.fromkeys(lot_ids, 0)
        for kind, entry in self.entries:
            if entry.book is Book.BREAKAGE and entry.lot_id in found and kind is not TransactionKind.FORFEIT:
                found[entry.lot_id] += entry.points
        return found

    def earn(self, who: str, what: Grant, now: datetime, *, twice: bool) -> UUID:
        origin = self.accounts[who]
        drafted = grant(self.wallets, self._at(who), CURRENCY, what, now=now, origin_account_id=origin)
        self._post(drafted)
        return drafted[0].new_lots[0].id

    def spend(self, who: str, count: int, cause: UUID, now: datetime, *, reserve: bool) -> bool:
        kind = TransactionKind.RESERVE if reserve else TransactionKind.REDEEM
        self._post(settle(self.wallets, self._at(who), now))
        try:
            self._post(spend(self.wallets, self._at(who), CURRENCY, count, kind=kind, cause=cause, now=now))
        except NotEnoughPoints:
            return False
        return True

    def confirm(self, who: str, cause: UUID, now: datetime) -> None:
        self._post(confirm(self.wallets, self._taken(cause), cause=cause, now=now))

    def release(self, who: str, cause: UUID, now: datetime) -> None:
        self._post(release(self.wallets, self._taken(cause), cause=cause, now=now))

    def refund(self, who: str, cause: UUID, count: int, now: datetime) -> None:
        self._post(give_back(self.wallets, self._taken(cause), count, cause=cause, now=now))

    def claw(self, wanted: Mapping[UUID, int], family: Sequence[UUID], now: datetime) -> None:
        back = [TakenBack(lot_id=lot_id, points=count) for lot_id, count in wanted.items()]
        expired = self._expired(family)
        self._post(claw_back(self.wallets, back, siblings=family, expired=expired, now=now))

    def again(self, lot_id: UUID, count: int, now: datetime) -> None:
        self._post(earn_again(self.wallets, self.wallets.lots[lot_id], count, self._taken(lot_id), now=now))

    def merge(self, survivor: str, merged: str, now: datetime) -> None:
        here, there = self.accounts[merged], self.accounts[survivor]
        self.settle([survivor, merged], now)
        lots = self.wallets.of(here)
        carried = carry(self.wallets, lots, {CURRENCY: there}, kind=TransactionKind.MERGE, now=now, memo={})
        self._post([*carried.leaving, *carried.arriving])
        self.merges[merged] = [each for each in carried.arriving if each.kind is TransactionKind.PAY_DEBT]
        self.leads |= {name: survivor for name, to in self.leads.items() if to == merged} | {merged: survivor}

    def unmerge(self, merged: str, now: datetime, below: Collection[str]) -> None:
        there, here = self.accounts[self.leads.pop(merged)], self.accounts[merged]
        own = {self.accounts[name] for name in below}
        self.leads |= {name: merged for name in below if name != merged}
        self._post(settle(self.wallets, there, now))
        lots = [lot for lot in self.wallets.of(there) if lot.origin_account_id in own]
        carried = carry(self.wallets, lots, {CURRENCY: here}, kind=TransactionKind.UNMERGE, now=now, memo={})
        self._post([*carried.leaving, *carried.arriving])
        paid = [
            Netted(payer_id=entry.lot_id, debtor_id=entry.cause, points=-entry.points)
            for posting in self.merges.pop(merged)
            for entry in posting.entries
            if entry.state is State.ACTIVE and entry.lot_id and entry.cause
        ]
        self._post(reinstate(self.wallets, merging.still_netted(paid, self._taken), now=now, memo={}))

    def erase(self, who: str, now: datetime) -> None:
        self.ended.add(self.accounts[who])
        self.settle([], now)

    def settle(self, roots: Collection[str], now: datetime) -> None:
        for root in roots:
            self._post(settle(self.wallets, self.accounts[root], now))
        for account in self.ended:
            self._post(forfeit(self.wallets, account, now=now))

    def seen(self) -> dict[UUID, Seen]:
        return {
            lot.id: (
                *(lot.pending, lot.active, lot.reserved, lot.debt),
                *(self.names[lot.account_id], self.names[lot.origin_account_id], lot.expires_at),
            )
            for lot in self.wallets.lots.values()
        }

    def total(self) -> int:
        return sum(lot.pending + lot.active + lot.reserved - lot.debt for lot in self.wallets.lots.values())


class InDatabase:
    """The services, on a programme of its own."""

    def __init__(self, names: Sequence[str]) -> None:
        self.version = shop()
        self.ids = {name: member(self.version).id for name in names}
        rows = Account.objects.filter(member_id__in=self.ids.values(), currency=CURRENCY)
        members = {identity: name for name, identity in self.ids.items()}
        self.names = {row.id: members[row.member_id] for row in rows}

    def _desk(self, who: str, now: datetime, **more: Any) -> Desk:
        return open_desk([self.ids[who]], version=self.version, now=now, actor=ACTOR, **more)

    def _told(self, now: datetime) -> dict[str, Any]:
        return {"version": self.version, "now": now, "actor": ACTOR}

    def earn(self, who: str, what: Grant, now: datetime, *, twice: bool) -> UUID:
        told: dict[str, Any] = {"member_id": self.ids[who], "currency": CURRENCY, "what": what}
        told["idempotency_key"] = str(new_id())
        answer = services.grant_points(**told, **self._told(now))
        if twice:
            assert services.grant_points(**told, **self._told(now)) == {**answer, "replayed": True}
        found = EntryRow.objects.filter(transaction_id=answer["transaction_id"], book=Book.MEMBER).order_by("number")
        return found.values_list("lot_id", flat=True)[0]

    def spend(self, who: str, count: int, cause: UUID, now: datetime, *, reserve: bool) -> bool:
        price = services.Price(points=count, currencies=[CURRENCY])
        # Who spends may have all lots at hand, or reads them where it needs them.
        desk = self._desk(who, now, is_whole=reserve)
        try:
            services.spend_points(desk, self.ids[who], price, cause=cause, reserve=reserve, memo={})
        except NotEnoughPoints:
            return False
        return True

    def confirm(self, who: str, cause: UUID, now: datetime) -> None:
        services.confirm_points(self._desk(who, now, causes=[cause]), cause, memo={})

    def release(self, who: str, cause: UUID, now: datetime) -> None:
        services.release_points(self._desk(who, now, causes=[cause]), cause, memo={})

    def refund(self, who: str, cause: UUID, count: int, now: datetime) -> None:
        services.give_points_back(self._desk(who, now, causes=[cause]), cause, count, memo={})

    def claw(self, wanted: Mapping[UUID, int], family: Sequence[UUID], now: datetime) -> None:
        desk = open_desk([], lots=family, **self._told(now))
        back = [TakenBack(lot_id=lot_id, points=count) for lot_id, count in wanted.items()]
        expired = find_expired(family)
        desk.post(claw_back(desk.wallets, back, siblings=family, expired=expired, now=now))

    def again(self, lot_id: UUID, count: int, now: datetime) -> None:
        desk = open_desk([], lots=[lot_id], causes=[lot_id], **self._told(now))
        desk.post(earn_again(desk.wallets, desk.wallets.lots[lot_id], count, desk.taken[lot_id], now=now))

    def merge(self, survivor: str, merged: str, now: datetime) -> None:
        merging.merge_members(survivor_id=self.ids[survivor], merged_id=self.ids[merged], **self._told(now))

    def unmerge(self, merged: str, now: datetime, below: Collection[str]) -> None:
        merging.unmerge_members(merged_id=self.ids[merged], **self._told(now))

    def erase(self, who: str, now: datetime) -> None:
        merging.erase_member(member_id=self.ids[who], **self._told(now))

    def settle(self, roots: Collection[str], now: datetime) -> None:
        desk = open_desk([self.ids[root] for root in roots], **self._told(now))
        accounts = {each.id for each in desk.held.values() if each.currency == CURRENCY}
        desk.post([posting for account in sorted(accounts) for posting in settle(desk.wallets, account, now)])

    def seen(self) -> dict[UUID, Seen]:
        return {
            lot.id: (
                *(lot.pending, lot.active, lot.reserved, lot.debt),
                *(self.names[lot.account_id], self.names[lot.origin_account_id], lot.expires_at),
            )
            for lot in LotRow.objects.filter(origin_account_id__in=self.names)
        }

    def total(self) -> int:
        sums = EntryRow.objects.filter(account_id__in=self.names).aggregate(total=Sum("points"))
        return int(sums["total"] or 0)
