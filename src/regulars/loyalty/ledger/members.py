"""Who is a member: enrolment, and finding members by what stands on their card or under which name they go."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import get_survivor, list_ids_of
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


def find_own_member(program_id: UUID, customer_id: UUID) -> Member | None:
    """Return the member that enrolled as this very customer, though it may be merged into another by now."""
    row = MemberRow.objects.filter(program_id=program_id, customer_id=customer_id).first()
    return member_of(row) if row else None


def find_by_code(program_id: UUID, code: str) -> Member | None:
    """Return the member whose card has a code, however it is spaced and cased; a merged one's leads to the survivor."""
    folded = "".join(letter for letter in code.upper() if letter in ALPHABET)
    row = MemberRow.objects.filter(program_id=program_id, code=folded).select_related("merged_into").first()
    if row is None:
        return None
    return member_of(row.merged_into or row)


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
