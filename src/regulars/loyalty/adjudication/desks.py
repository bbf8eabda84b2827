"""Open the accounts of members for an adjudication."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.desk import Desk, open_desk
from regulars.loyalty.ledger.members import open_missing_accounts
from regulars.stream.contracts import Actor


def open_for(
    members: Sequence[Member],
    *,
    also: Collection[UUID] = (),
    lots: Collection[UUID] = (),
    causes: Collection[UUID] = (),
    version: ProgramVersion,
    now: datetime,
    actor: Actor,
) -> Desk:
    """Open the accounts of members who may be granted, of others `also`, and of `lots` and `causes`.

    A currency may have come to the programme after they had enrolled: then they get an account in it.
    """
    ids = {member.id for member in members} | set(also)
    desk = open_desk(ids, version=version, now=now, actor=actor, lots=lots, causes=causes)
    currencies = [currency.key for currency in version.document.currencies]
    there = {(held.member_id, held.currency) for held in desk.held.values()}
    lacking = [
        member.id
        for member in members
        if member.state is not MemberState.MERGED and any((member.id, each) not in there for each in currencies)
    ]
    if not lacking:
        return desk
    open_missing_accounts(sorted(lacking), currencies)
    return open_desk(ids, version=version, now=now, actor=actor, lots=lots, causes=causes)
