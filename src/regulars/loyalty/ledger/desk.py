"""A write on members' accounts: they are found, locked in one order, loaded, and what was drafted is posted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.carrying import forfeit
from regulars.loyalty.ledger.events import events_of
from regulars.loyalty.ledger.posting import Posted, Told, find_taken, load_lots, lot_of, post
from regulars.loyalty.ledger.requests import Answer, Request, first_answer, keep_answer, patiently
from regulars.loyalty.ledger.wallets import Lot, Posting, Taken, Terms, Wallets
from regulars.stream.contracts import Actor


@dataclass(frozen=True, slots=True)
class Held:
    """An account and whose it is, nobody's where the member was erased.

    Its lots are on `at`, which is another one while its member is merged.
    """

    id: UUID
    currency: str
    at: UUID
    member_id: UUID
    customer_id: UUID | None


@dataclass(slots=True, kw_only=True)
class Desk:
    """Accounts that are open for a write; or, where the same was asked for before, the `answer` of that time."""

    version: ProgramVersion
    now: datetime
    actor: Actor
    request: Request | None
    answer: Answer | None
    held: Mapping[UUID, Held] = field(default_factory=dict)
    _owned: Mapping[tuple[UUID, str], Held] = field(init=False)
    wallets: Wallets = field(default_factory=lambda: Wallets((), {}))
    taken: Mapping[UUID, Sequence[Taken]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._owned = {(each.member_id, each.currency): each for each in self.held.values()}

    def account(self, member_id: UUID, currency: str) -> Held | None:
        """Return a member's account in a currency, None where the member has none."""
        return self._owned.get((member_id, currency))

    def post(self, postings: Sequence[Posting], answer: Answer | None = None) -> None:
        """Write what was drafted, tell the stream of it, and keep the answer to the request if it is known by now.

        What comes to the account of somebody who was erased is forfeited with it.
        """
        postings = [*postings, *self._forfeited(postings)]
        if not postings:
            if answer is not None:
                self.keep(answer)
            return
        customers = {each.id: each.customer_id for each in self.held.values()}
        events = events_of(postings, customers, self.version.program_key, actor=self.actor)
        by = Posted(program_id=self.version.program_id, now=self.now, actor=self.actor)
        post(postings, by, Told(events=events, request=self.request, answer=answer))

    def _forfeited(self, postings: Sequence[Posting]) -> list[Posting]:
        ended = [each.id for each in self.held.values() if each.customer_id is None]
        changed = {entry.account_id for posting in postings for entry in posting.entries} if ended else set()
        several = [forfeit(self.wallets, account_id, now=self.now) for account_id in ended if account_id in changed]
        return [posting for each in several for posting in each]

    def keep(self, answer: Answer) -> Answer:
        """Keep the answer to the request, and return it."""
        keep_answer(self.request, answer, now=self.now)
        return answer


def terms_of(version: ProgramVersion) -> dict[str, Terms]:
    """Return what a programme's version says of its currencies."""
    return {
        currency.key: Terms(zone=version.zone, grace_days=currency.grace_days, on_shortfall=currency.on_shortfall)
        for currency in version.document.currencies
    }


def open_desk(
    member_ids: Collection[UUID],
    *,
    version: ProgramVersion,
    now: datetime,
    actor: Actor,
    request: Request | None = None,
    causes: Collection[UUID] = (),
    lots: Collection[UUID] = (),
    is_whole: bool = False,
) -> Desk:
    """Open the accounts of members, and those of lots from which something was taken on behalf of `causes`.

    At hand are the lots that a grant needs, with those that are named; `is_whole` lets all be read at once, as who
    spends needs them.

    Raises
    ------
    KeyUsed
        Something else was asked for under the request's key.
    Busy
        Others took too long.
    """
    key = request.key if request else None
    asked = {"members": sorted(member_ids), "lots": sorted(lots), "causes": sorted(causes)}
    # From here on nobody is merged or parted, and what is found of accounts holds.
    due_by = None if is_whole else now
    rows = patiently("open", {"client": request and str(request.actor), "key": key, "due_by": due_by, **asked})
    told: dict[str, Any] = {"version": version, "now": now, "actor": actor, "request": request}
    if rows and rows[0][0] is not None:
        return Desk(**told, answer=first_answer(request, *rows[0][:2]))
    held = {
        held_id: Held(held_id, currency, leads_to or held_id, member_id, customer_id)
        for _, _, held_id, currency, leads_to, member_id, customer_id, *_ in rows
        if held_id is not None
    }
    wallets = _wallets([lot_of(row[7:]) for row in rows if row[7] is not None], version, due_by)
    taken = find_taken(causes)
    if any(each.lot_id not in wallets.lots for several in taken.values() for each in several):
        # While the accounts were waited for, more was taken on behalf of a cause, as where a debt was paid.
        return open_desk(member_ids, **told, causes=causes, lots=lots, is_whole=is_whole)
    return Desk(**told, answer=None, held=held, wallets=wallets, taken=taken)


def _wallets(lots: Sequence[Lot], version: ProgramVersion, due_by: datetime | None) -> Wallets:
    terms = terms_of(version)
    if due_by is None:
        return Wallets(lots, terms)
    return Wallets(lots, terms, due_by=due_by, rest=lambda account_id: load_lots([account_id]))
