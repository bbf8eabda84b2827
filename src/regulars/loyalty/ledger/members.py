"""Who is a member: enrolment, and finding members by what stands on their card or under which name they go."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import map_ids_of, map_survivors
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.loyalty.ledger.events import SOURCE
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.requests import patiently
from regulars.loyalty.ledger.statements import rows_of
from regulars.staff.services import record, record_of_many
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


def enrol_member(*, customer_id: UUID, version: ProgramVersion, now: datetime, actor: Actor) -> Member:
    """Make a customer a member, with an account in each currency; who is one already, or was, is one (again).

    Raises
    ------
    NoSuchMember
        The membership was erased; it does not come again.
    """
    found = enrol_members(moments={customer_id: now}, version=version, now=now, actor=actor)
    if customer_id not in found:
        raise NoSuchMember(gettext("This membership was erased."))
    return found[customer_id]


@transaction.atomic
def enrol_members(
    *, moments: Mapping[UUID, datetime], version: ProgramVersion, now: datetime, actor: Actor
) -> dict[UUID, Member]:
    """Make customers members, each at a moment, as `enrol_member` does; return them by the ids of the customers.

    Of several ids of one customer the first counts. Whose membership was erased is left out.
    """
    patiently("stay")
    found = find_members(version.program_id, moments)
    leads = map_survivors([each for each in moments if each not in found])
    first: dict[UUID, UUID] = {}
    for each in moments:
        if each in leads:
            first.setdefault(leads[each], each)
    new = [
        MemberRow(
            id=new_id(),
            program_id=version.program_id,
            customer_id=each,
            code=new_code(),
            enrolled_at=moments[each],
            enrolled_by=str(actor),
        )
        # In one order, or two who enrol the same customers could wait for each other.
        for each in sorted(first.values())
    ]
    MemberRow.objects.bulk_create(new, ignore_conflicts=True)
    found = find_members(version.program_id, moments) if new else found
    rows = MemberRow.objects.select_for_update(no_key=True).filter(id__in={each.id for each in found.values()})
    standing = {row.id: row for row in rows.order_by("id") if row.state != MemberState.ERASED}
    back = [row for row in standing.values() if row.state == MemberState.LEFT]
    for row in back:
        row.state, row.left_at = MemberState.ACTIVE, None
    MemberRow.objects.bulk_update(back, ["state", "left_at"])
    open_missing_accounts(sorted(standing), [currency.key for currency in version.document.currencies])
    came = {row.id for row in (*new, *back)}
    at = {member.id: moments[each] for each, member in reversed(found.items()) if member.id in came}
    record_of_many(actor, "member.enrolled", "member", at, now=now)
    _tell("member.enrolled", {standing[each]: moment for each, moment in at.items()}, version, now=now, actor=actor)
    return {each: member_of(standing[member.id]) for each, member in found.items() if member.id in standing}


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
    row = MemberRow.objects.select_for_update(no_key=True).filter(id=member_id, program_id=version.program_id).first()
    if row is None or row.state in {MemberState.ERASED, MemberState.MERGED}:
        raise NoSuchMember(gettext("There is no such member."))
    if row.state == MemberState.ACTIVE:
        row.state, row.left_at = MemberState.LEFT, now
        row.save(update_fields=["state", "left_at"])
        record(actor, "member.left", "member", row.id, now=now)
        _tell("member.left", {row: now}, version, now=now, actor=actor)
    return member_of(row)


def find_member(program_id: UUID, customer_id: UUID) -> Member | None:
    """Return the member that a customer is, under whichever of its ids it enrolled; None where it is none.

    The id may be one that was merged into another: an order comes under the id that its identifier belongs to.
    """
    return find_members(program_id, [customer_id]).get(customer_id)


def find_members(program_id: UUID, customer_ids: Collection[UUID]) -> dict[UUID, Member]:
    """Return the members that some customers are, by the id asked for, as `find_member` does."""
    leads = map_survivors(customer_ids)
    ids = map_ids_of(set(leads.values()))
    rows = MemberRow.objects.filter(
        program_id=program_id, customer_id__in={each for known in ids.values() for each in known}
    )
    members = {row.customer_id: member_of(row) for row in rows.exclude(state=MemberState.MERGED)} if ids else {}
    found = {}
    for customer_id in customer_ids:
        known = [members[each] for each in ids[leads[customer_id]] if each in members]
        if known:
            found[customer_id] = min(known, key=lambda member: member.enrolled_at)
    return found


def map_members(program_id: UUID, customer_ids: Collection[UUID]) -> dict[UUID, Member]:
    """Return who is a member of some customers, by the id asked for.

    It is the member that enrolled as this very customer, though merged into another by now, or else as `find_member`.
    """
    rows = MemberRow.objects.filter(program_id=program_id, customer_id__in=customer_ids)
    found = {row.customer_id: member_of(row) for row in rows if row.customer_id}
    return found | find_members(program_id, [each for each in customer_ids if each not in found])


def find_members_among(customer_ids: Collection[UUID]) -> set[UUID]:
    """Return which of some customers are, or were, members of any programme, under whichever of their ids."""
    leads = map_survivors(customer_ids)
    ids = map_ids_of(set(leads.values()))
    known = {each for several in ids.values() for each in several} | set(leads)
    enrolled = {customer_id for (customer_id,) in rows_of("members_among", {"ids": list(known)})}
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


def _tell(
    kind: str, moments: Mapping[MemberRow, datetime], version: ProgramVersion, *, now: datetime, actor: Actor
) -> None:
    """Tell the stream what has happened to members, each at its moment."""
    events = [
        NewEvent(
            type=kind,
            actor=actor,
            source=SOURCE,
            occurred_at=at,
            customer_id=row.customer_id,
            payload={"member_id": str(row.id), "program": version.program_key},
        )
        for row, at in moments.items()
    ]
    append(events, now=now)
