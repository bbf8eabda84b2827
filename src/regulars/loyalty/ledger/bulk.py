"""Writes to the accounts of very many members: what the clock has brought, and the same grant for all of them.

They go in batches, each a transaction of the database that locks its accounts in the order in which everybody does and
posts by a few statements for all; so they are called outside of any. What is done is no longer due, or has an occasion
that has granted: a repeat changes nothing, and one that was killed goes on where it was. Accounts for which points that
become active have more to do, as to pay a debt, go through the desk as in any other write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.kit.progress import Progress, part_of, silent
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Book, Grant, TransactionKind
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.earning import grant
from regulars.loyalty.ledger.events import EVENT_TYPES, SOURCE
from regulars.loyalty.ledger.requests import Busy
from regulars.loyalty.ledger.services import WrongPoints, held_by
from regulars.loyalty.ledger.settling import settle
from regulars.stream.contracts import Actor
from regulars.stream.database import Row, rows_from
from regulars.stream.services import make_room

rows_of = rows_from(Path(__file__).parent / "sql" / "bulk.sql")
# So many lots or members are one transaction: what others wait for, where they write to one of them.
AT_ONCE = 20_000
# So many are listed beforehand.
_LISTED = 50 * AT_ONCE
_AT_ONE_DESK = 200
_PATIENCE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """For which programme, as of when, and by whom."""

    version: ProgramVersion
    now: datetime
    actor: Actor

    def told(self, kind: TransactionKind) -> dict[str, Any]:
        """Return what each statement that posts is told; `base` begins the ids that it makes."""
        return {
            "program_id": self.version.program_id,
            "program": self.version.program_key,
            "now": self.now,
            "actor": str(self.actor),
            "source": SOURCE,
            "event_type": EVENT_TYPES[kind],
            "base": str(new_id()),
        }

    def at_desks(self, member_ids: Iterable[UUID], work: Callable[[Desk, Sequence[UUID]], int]) -> int:
        """Let `work` post on desks of some members each, and return how much it did."""
        members = sorted(set(member_ids))
        firsts = range(0, len(members), _AT_ONE_DESK)
        return sum(self._at_desk(members[first : first + _AT_ONE_DESK], work) for first in firsts)

    def _at_desk(self, member_ids: Sequence[UUID], work: Callable[[Desk, Sequence[UUID]], int]) -> int:
        for left in reversed(range(_PATIENCE)):
            try:
                with transaction.atomic():
                    desk = open_desk(member_ids, version=self.version, now=self.now, actor=self.actor)
                    return work(desk, member_ids)
            except Busy:
                if not left:
                    raise
        raise AssertionError("it is done, or was refused")


def settle_due(
    *, version: ProgramVersion, until: datetime, now: datetime, actor: Actor, progress: Progress = silent
) -> int:
    """Post what is due on all accounts of a programme by `until`; return how many lots became active or expired."""
    told: dict[str, Any] = {"version": version, "until": until, "now": now, "actor": actor}
    active = activate_due(**told, progress=part_of(progress, 0, 0.5))
    return active + expire_due(**told, progress=part_of(progress, 0.5, 1))


def activate_due(
    *, version: ProgramVersion, until: datetime, now: datetime, actor: Actor, progress: Progress = silent
) -> int:
    """Let points of a programme's members be active whose time has come by `until`; return of how many lots.

    Where they pay a debt, all is posted that is due on the account.
    """
    run = _Run(version=version, now=now, actor=actor)

    def settle_owing(desk: Desk, _: Sequence[UUID]) -> int:
        ats = sorted({each.at for each in desk.held.values()})
        drafted = [posting for at in ats for posting in settle(desk.wallets, at, until)]
        desk.post(drafted)
        return len(drafted)

    def activate(batch: _Batch) -> int:
        with transaction.atomic():
            batch.lock()
            owing = [member_id for (member_id,) in rows_of("owing_members", {"accounts": batch.accounts})]
            done = batch.post("activate", run.told(TransactionKind.ACTIVATE))
        return done + run.at_desks(owing, settle_owing)

    doing = gettext("Points become active")
    return _until_nothing_is_due("due_activations", activate, run, until, lambda done: progress(doing, done))


def expire_due(
    *, version: ProgramVersion, until: datetime, now: datetime, actor: Actor, progress: Progress = silent
) -> int:
    """Let points of a programme's members expire that are good no longer by `until`; return of how many lots."""
    run = _Run(version=version, now=now, actor=actor)

    def expire(batch: _Batch) -> int:
        with transaction.atomic():
            batch.lock()
            return batch.post("expire", run.told(TransactionKind.EXPIRE))

    doing = gettext("Points expire")
    return _until_nothing_is_due("due_expiries", expire, run, until, lambda done: progress(doing, done))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Lots with their accounts, as arrays in PostgreSQL's text form, and the moments at which they are due."""

    lots: str
    accounts: str
    moments: list[datetime]

    def lock(self) -> None:
        """Lock the accounts; what has changed until then is no longer due, or due on another account."""
        _lock(self.accounts)

    def post(self, statement: str, told: Mapping[str, Any]) -> int:
        """Post what is still due, and return of how many lots."""
        transactions = [new_id() for _ in self.moments]
        lots: dict[str, Any] = {
            "lots": self.lots,
            "accounts": self.accounts,
            "moments": self.moments,
            "transactions": transactions,
        }
        [(done,)] = rows_of(statement, {**told, **lots})
        return int(done)


def _lock(accounts: str) -> None:
    """Lock accounts, an array in PostgreSQL's text form, and have what follows in the transaction planned for many."""
    rows_of("go_by_index")
    rows_of("lock_accounts", {"accounts": accounts})


def _until_nothing_is_due(
    listed: str, work: Callable[[_Batch], int], run: _Run, until: datetime, progress: Callable[[float], None]
) -> int:
    """Do what is listed as due, and what has become due on other accounts meanwhile; return how much was done."""
    total = 0
    told: dict[str, Any] = {"until": until, "program_id": run.version.program_id, "at_once": AT_ONCE, "most": _LISTED}
    while True:
        done = 0
        for share, (lots, accounts, moments) in _in_batches(rows_of(listed, told)):
            make_room(moments)
            done += work(_Batch(lots, accounts, moments))
            progress(share)
        total += done
        if not done:
            return total


def _in_batches(rows: Sequence[Row]) -> Iterator[tuple[float, Row]]:
    """Yield batches with the share of all that is done after each; the last column counts what is in it and before."""
    for *batch, counted in rows:
        yield float(counted / rows[-1][-1]), tuple(batch)


def occasion_of(member_id: UUID, rule: str, occurrence: str) -> UUID:
    """Return what names an occurrence of a rule for a member, so that it grants once: a birthday of a year, a bonus."""
    return UUID(bytes=hashlib.sha256(f"{member_id} {rule} {occurrence}".encode()).digest()[:16])


def grant_to_many(
    *,
    what: Grant,
    currency: str,
    occurrence: str,
    version: ProgramVersion,
    now: datetime,
    actor: Actor,
    member_ids: Collection[UUID] | None = None,
    memo: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> int:
    """Grant the same to all members of a programme, or to some; return to how many.

    An occurrence of the grant's rule grants once to each member, however often this is called. What else is due on the
    accounts is left to the clock.

    Raises
    ------
    WrongPoints
        Less than one point is to be granted.
    """
    if what.points < 1:
        raise WrongPoints(gettext("At least one point is granted."))
    run = _Run(version=version, now=now, actor=actor)
    bonus = _Bonus(run=run, what=what, currency=currency, occurrence=occurrence, memo=memo or {})
    make_room([what.granted_at])
    named = sorted(member_ids) if member_ids is not None else None
    told: dict[str, Any] = {
        "program_id": version.program_id,
        "currency": currency,
        "members": named,
        "at_once": AT_ONCE,
    }
    granted = 0
    while True:
        moved = 0
        for share, batch in _in_batches(rows_of("recipients", told)):
            done = bonus.grant_to(*batch)
            granted, moved = granted + done.granted, moved + done.moved
            progress(gettext("Points are granted"), share)
        if not moved:
            return granted


@dataclass(frozen=True, slots=True)
class _Done:
    """To how many something was granted, and to how many not, since their members were merged or no longer are."""

    granted: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bonus:
    """What is granted to many."""

    run: _Run
    what: Grant
    currency: str
    occurrence: str
    memo: Mapping[str, Any]

    def grant_to(self, accounts: str, ats: str, members: str) -> _Done:
        """Grant it to members with accounts whose lots are on the accounts `ats`: arrays in PostgreSQL's text form."""
        with transaction.atomic():
            # Where the lots of a member are does not change either, while the account is locked that they are on.
            _lock(ats)
            others = [member for (member,) in rows_of("owing_or_moving", {"members": members, "ats": ats})]
            told: dict[str, Any] = {"accounts": accounts, "ats": ats, "members": members, "others": others}
            [(granted, moved)] = rows_of("grant", {**self._told(), **told})
        return _Done(int(granted) + self.run.at_desks(others, self._grant_at_desk), int(moved))

    def _told(self) -> dict[str, Any]:
        what = self.what
        kind = TransactionKind.ADJUST if what.book is Book.ADJUSTED else TransactionKind.GRANT
        return self.run.told(kind) | {
            "transaction": new_id(),
            "kind": kind.value,
            "memo": json.dumps(self.memo),
            "occurrence": f"{what.rule} {self.occurrence}",
            "currency": self.currency,
            "points": what.points,
            "is_active": what.activates_at is not None and what.activates_at <= what.granted_at,
            "book": what.book.value,
            "granted_at": what.granted_at,
            "activates_at": what.activates_at,
            "expires_at": what.expires_at,
            "inactivity": what.inactivity and what.inactivity.model_dump_json(),
            "source_kind": what.source_kind,
            "source_id": what.source_id,
            "rule": what.rule,
            "version": what.version,
            "funding": what.funding,
            "counts_for_tiers": what.counts_for_tiers,
        }

    def _grant_at_desk(self, desk: Desk, member_ids: Sequence[UUID]) -> int:
        occasions = {member: occasion_of(member, self.what.rule, self.occurrence) for member in member_ids}
        granted = {occasion for (occasion,) in rows_of("granted_occasions", {"occasions": list(occasions.values())})}
        drafted = []
        new = [(member, occasion) for member, occasion in occasions.items() if occasion not in granted]
        for member_id, occasion in new:
            held = held_by(desk, member_id, self.currency)
            what = replace(self.what, occasion=occasion)
            told: dict[str, Any] = {"now": self.run.now, "origin_account_id": held.id, "memo": self.memo}
            drafted += grant(desk.wallets, held.at, self.currency, what, **told)
        desk.post(drafted)
        return len(new)
