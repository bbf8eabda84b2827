"""Who is a member: enrolment, and finding members by what stands on their card or under which name they go."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import get_survivor, list_ids_of, map_ids_of, map_survivors
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.events import SOURCE
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.requests import patiently
from regulars.loyalty.ledger.statements import rows_of
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append

# Without letters that are taken for others; 20 of 32 are a hundred random bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 20


class NoSuchMember(DomainError):
    """Nobody is a member under this id, code or customer."""

    code = "no_such_member"


def new_code() -> str:
    """Return a code for a new member's card: a hundred random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))


@transaction.atomic
def enrol_member(*, customer_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> Member:
    """Make a customer a member, with an account in each currency; who is one already, or was, is one (again).

    Raises
    ------
    NoSuchMember
        The membership was erased; it does not come again.
    """
    patiently("stay")
    found = find_member(version.program_id, customer_id)
    if found is None:
        row, is_new = MemberRow.objects.get_or_create(
            program_id=version.program_id,
            customer_id=customer_id,
            defaults={"id": new_id(), "code": new_code(), "enrolled_at": now, "enrolled_by": str(actor)},
        )
    else:
        row, is_new = MemberRow.objects.select_for_update().get(id=found.id), False
    if row.state == MemberState.ERASED:
        raise NoSuchMember(gettext("This membership was erased."))
    came_back = row.state == MemberState.LEFT
    if came_back:
        row.state, row.left_at = MemberState.ACTIVE, None
        row.save(update_fields=["state", "left_at"])
    open_missing_accounts([row.id], [currency.key for currency in version.document.currencies])
    if is_new or came_back:
        record(actor, "member.enrolled", "member", row.id, now=now)
        _tell("member.enrolled", row, version.program_key, now=now, actor=actor)
    return member_of(row)


def open_missing_accounts(member_ids: Sequence[UUID], currencies: Iterable[str]) -> None:
    """Give members an account in each of some currencies in which they have none."""
    wanted = [(member_id, currency) for currency in sorted(set(currencies)) for member_id in member_ids]
    rows_of(
        "add_accounts",
        {
            "ids": [new_id() for _ in wanted],
            "members": [member_id for member_id, _ in wanted],
            "currencies": [currency for _, currency in wanted],
        },
    )


@transaction.atomic
def end_membership(*, member_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> Member:
    """Let a member leave. The points stay as they are, and expire as they would have: who comes back finds them.

    Raises
    ------
    NoSuchMember
        Nobody is a member under this id.
    """
    patiently("stay")
    row = MemberRow.objects.select_for_update().filter(id=member_id, program_id=version.program_id).first()
    if row is None or row.state in {MemberState.ERASED, MemberState.MERGED}:
        raise NoSuchMember(gettext("There is no such member."))
    if row.state == MemberState.ACTIVE:
        row.state, row.left_at = MemberState.LEFT, now
        row.save(update_fields=["state", "left_at"])
        record(actor, "member.left", "member", row.id, now=now)
        _tell("member.left", row, version.program_key, now=now, actor=actor)
    return member_of(row)


def find_member(program_id: UUID, customer_id: UUID) -> Member | None:
    """Return the member that a customer is, under whichever of its ids it enrolled; None where it is none.

    The id may be one that was merged into another: an order comes under the id that its identifier belongs to.
    """
    ids = list_ids_of(get_survivor(customer_id))
    rows = MemberRow.objects.filter(program_id=program_id, customer_id__in=ids)
    row = rows.exclude(state=MemberState.MERGED).order_by("enrolled_at").first()
    return member_of(row) if row else None


def map_members(program_id: UUID, customer_ids: Collection[UUID]) -> dict[UUID, Member]:
    """Return who is a member of some customers, by the id asked for.

    It is the member that enrolled as this very customer, though merged into another by now, or else as `find_member`.
    """
    rows = MemberRow.objects.filter(program_id=program_id)
    found = {row.customer_id: member_of(row) for row in rows.filter(customer_id__in=customer_ids)}
    leads = map_survivors([each for each in customer_ids if each not in found])
    ids = map_ids_of(set(leads.values()))
    others = rows.filter(customer_id__in={each for known in ids.values() for each in known})
    by_customer = {row.customer_id: row for row in others.exclude(state=MemberState.MERGED)} if leads else {}
    for customer_id, survivor_id in leads.items():
        known = [by_customer[each] for each in ids[survivor_id] if each in by_customer]
        if known:
            found[customer_id] = member_of(min(known, key=lambda row: row.enrolled_at))
    return {customer_id: member for customer_id, member in found.items() if customer_id is not None}


def find_members_among(customer_ids: Collection[UUID]) -> set[UUID]:
    """Return which of some customers are, or were, members of any programme, under whichever of their ids."""
    leads = map_survivors(customer_ids)
    ids = map_ids_of(set(leads.values()))
    known = {each for several in ids.values() for each in several} | set(leads)
    rows = MemberRow.objects.filter(customer_id__in=known)
    enrolled = set(rows.values_list("customer_id", flat=True))
    return {each for each, survivor in leads.items() if not enrolled.isdisjoint([each, *ids[survivor]])}


def list_members_by_id(member_ids: Collection[UUID]) -> list[Member]:
    """Return members, merged ones too; those that are not there are left out."""
    return [member_of(row) for row in MemberRow.objects.filter(id__in=member_ids)] if member_ids else []


def count_active_members(program_id: UUID) -> int:
    """Return how many are members of a programme now."""
    return MemberRow.objects.filter(program_id=program_id, state=MemberState.ACTIVE).count()


def find_by_code(program_id: UUID, code: str) -> Member | None:
    """Return the member whose card has a code, however it is spaced and cased; a merged one's leads to the survivor."""
    return map_by_code(program_id, [code]).get(code)


def map_by_code(program_id: UUID, codes: Collection[str]) -> dict[str, Member]:
    """Return the members whose cards have some codes, by the code as it was told; see `find_by_code`."""
    folded = {code: "".join(letter for letter in code.upper() if letter in ALPHABET) for code in codes}
    if not folded:
        return {}
    rows = MemberRow.objects.filter(program_id=program_id, code__in=set(folded.values())).select_related("merged_into")
    found = {row.code: member_of(row.merged_into or row) for row in rows}
    return {code: found[card] for code, card in folded.items() if card in found}


def get_member(member_id: UUID) -> Member:
    """Return a member.

    Raises
    ------
    NoSuchMember
        There is none of this id.
    """
    row = MemberRow.objects.filter(id=member_id).first()
    if row is None:
        raise NoSuchMember(gettext("There is no such member."))
    return member_of(row)


def member_of(row: MemberRow) -> Member:
    """Return what others see of a row."""
    return Member(
        id=row.id,
        program_id=row.program_id,
        customer_id=row.customer_id,
        code=row.code,
        state=MemberState(row.state),
        merged_into=row.merged_into_id,
        enrolled_at=row.enrolled_at,
        left_at=row.left_at,
    )


def _tell(kind: str, row: MemberRow, program: str, *, now: datetime, actor: Actor) -> None:
    event = NewEvent(
        type=kind,
        actor=actor,
        source=SOURCE,
        occurred_at=now,
        customer_id=row.customer_id,
        payload={"member_id": str(row.id), "program": program},
    )
    append([event], now=now)
