"""A write on members' accounts: they are found, locked in one order, loaded, and what was drafted is posted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.events import events_of
from regulars.loyalty.ledger.posting import Posted, find_taken, load_wallets, post
from regulars.loyalty.ledger.requests import Answer, Request, keep_answer, open_accounts, patiently
from regulars.loyalty.ledger.statements import rows_of
from regulars.loyalty.ledger.wallets import Posting, Taken, Terms, Wallets
from regulars.stream.contracts import Actor
from regulars.stream.services import append


@dataclass(frozen=True, slots=True)
class Held:
    """An account and whose it is; its lots are on `at`, which is another one while its member is merged."""

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
    wallets: Wallets = field(default_factory=lambda: Wallets((), {}))
    taken: Mapping[UUID, Sequence[Taken]] = field(default_factory=dict)

    def account(self, member_id: UUID, currency: str) -> Held | None:
        """Return a member's account in a currency, None where the member has none."""
        own = (each for each in self.held.values() if (each.member_id, each.currency) == (member_id, currency))
        return next(own, None)

    def post(self, postings: Sequence[Posting]) -> None:
        """Write what was drafted, and tell the stream of it."""
        post(postings, Posted(program_id=self.version.program_id, now=self.now, actor=self.actor))
        customers = {each.id: each.customer_id for each in self.held.values()}
        append(events_of(postings, customers, self.version.program_key, actor=self.actor), now=self.now)

    def keep(self, answer: Answer) -> Answer:
        """Keep the answer to the request, and return it."""
        if self.request:
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
) -> Desk:
    """Open the accounts of members, and those of lots from which something was taken on behalf of `causes`.

    Raises
    ------
    KeyUsed
        Something else was asked for under the request's key.
    Busy
        Others took too long.
    """
    desk = Desk(version=version, now=now, actor=actor, request=request, answer=None)
    # From here on nobody is merged or parted, and what is found of accounts holds.
    held = _held(patiently("accounts_of_members", {"members": sorted(member_ids)}))
    locked = {each.at for each in held.values()} | _accounts_of(causes, lots)
    desk.answer = open_accounts(locked, request)
    if desk.answer is not None:
        return desk
    others = locked - held.keys()
    if others:
        held |= _held(rows_of("accounts_by_id", {"accounts": sorted(others)}))
    desk.held = held
    desk.wallets = load_wallets(locked, terms_of(version), lots)
    if causes:
        desk.taken = find_taken(causes)
        missing = {each.lot_id for taken in desk.taken.values() for each in taken} - desk.wallets.lots.keys()
        if missing:
            desk.wallets = load_wallets(locked, terms_of(version), [*lots, *missing])
    return desk


def _accounts_of(causes: Collection[UUID], lots: Collection[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    if causes:
        found |= {account_id for (account_id,) in rows_of("accounts_of_causes", {"causes": sorted(causes)})}
    if lots:
        found |= {account_id for (account_id,) in rows_of("accounts_of_lots", {"lots": sorted(lots)})}
    return found


def _held(rows: Sequence[tuple[UUID, str, UUID | None, UUID, UUID | None, UUID]]) -> dict[UUID, Held]:
    return {
        account_id: Held(account_id, currency, leads_to or account_id, member_id, customer_id)
        for account_id, currency, leads_to, member_id, customer_id, _ in rows
    }
