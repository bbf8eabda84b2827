"""Find members as a till and the staff do: by the code on the phone or card, a card's number, an address, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import find_by_identifier, get_survivor, list_customers, map_survivors
from regulars.loyalty.definitions.queries import get_program_id
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.members import find_by_code, find_member
from regulars.loyalty.ledger.queries import list_standings
from regulars.loyalty.membership.contracts import Found, FoundBy, MemberLine
from regulars.loyalty.tiers.queries import map_tiers

# A QR code may hold an address that ends in the member's code, as a part of its path or a value behind it.
_WITHIN_ADDRESS = re.compile(r"[/?#&=]")
_KINDS = (
    (FoundBy.CARD, IdentifierKind.CARD),
    (FoundBy.EMAIL, IdentifierKind.EMAIL),
    (FoundBy.PHONE, IdentifierKind.PHONE),
)


def find_member_by(*, program: str, what: str, now: datetime, also_customers: bool = False) -> list[Found]:
    """Return whom a text names in a programme: by QR code or member number, else by card, e-mail address or phone.

    The text of a QR code is the code, or an address that ends in it. Customers who are no members are found with
    `also_customers`, as they could become ones. What can be spent is as of now.

    Raises
    ------
    NoSuchProgram
        There is no such programme.
    """
    program_id = get_program_id(program)
    told = what.strip()
    if not told:
        return []
    member = find_by_code(program_id, code_in(told))
    if member is not None and member.state is not MemberState.ERASED:
        return _found([(FoundBy.CODE, member, member.customer_id)], now)
    named = {find_by_identifier(Identifier(kind, told)): by for by, kind in reversed(_KINDS)}
    people = [
        (by, find_member(program_id, customer_id), customer_id)
        for customer_id, by in reversed(named.items())
        if customer_id is not None
    ]
    return _found([each for each in people if also_customers or each[1] is not None], now)


def code_in(text: str) -> str:
    """Return the member's code that a QR code holds, which may be the end of an address."""
    return _WITHIN_ADDRESS.split(text.strip().rstrip("/"))[-1]


def lines_of(members: Sequence[Member], now: datetime) -> list[MemberLine]:
    """Return members as lists show them, in a handful of statements for all."""
    ids = [member.id for member in members]
    names = names_of(member.customer_id for member in members)
    standings = list_standings(ids, at=now)
    tiers = map_tiers(ids, now)
    return [
        MemberLine(
            member=member,
            name=names.get(member.customer_id, "") if member.customer_id else "",
            tiers=tiers.get(member.id, {}),
            available={key: each.balance.available for key, each in standings.get(member.id, {}).items()},
        )
        for member in members
    ]


def names_of(customer_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return what to call customers, by any of their ids."""
    survivors = map_survivors([each for each in customer_ids if each is not None])
    labels = {each.id: each.label for each in list_customers(sorted(set(survivors.values())))}
    return {each: labels.get(survivor, "") for each, survivor in survivors.items()}


def _found(people: Sequence[tuple[FoundBy, Member | None, UUID | None]], now: datetime) -> list[Found]:
    lines = {line.member.id: line for line in lines_of([member for _, member, _ in people if member], now)}
    names = names_of(customer_id for _, _, customer_id in people)
    return [
        Found(
            by=by,
            customer_id=get_survivor(customer_id),
            name=names[customer_id],
            line=lines[member.id] if member else None,
        )
        for by, member, customer_id in people
        if customer_id is not None
    ]
