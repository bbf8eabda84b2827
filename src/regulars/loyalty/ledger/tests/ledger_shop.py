"""A programme with members, for tests of the ledger: made in a database, or in memory for what is pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.customers.models import Customer as CustomerRow
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.ledger.contracts import Grant, Member
from regulars.loyalty.ledger.members import enrol_member
from regulars.stream.contracts import system
from regulars.stream.services import make_room

ACTOR = system("tests")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DOCUMENT: dict[str, Any] = {
    "program": "beans",
    "name": "Beans",
    "currencies": [{"key": "points", "name": "Points"}, {"key": "stars", "name": "Stars"}],
}


def version_of(program_id: UUID | None = None, **told: Any) -> ProgramVersion:
    return ProgramVersion(
        program_id=program_id or new_id(),
        program_key="beans",
        number=1,
        effective_at=NOON - 1000 * DAY,
        document=Program.model_validate(DOCUMENT | told),
        digest="",
        zone=ZoneInfo("Europe/Vienna"),
    )


def shop(**told: Any) -> ProgramVersion:
    """Make a programme."""
    make_room([NOON + month * 30 * DAY for month in range(-12, 24)])
    row, _ = ProgramRow.objects.get_or_create(key="beans", defaults={"id": new_id(), "created_at": NOON})
    return version_of(row.id, **told)


def customer() -> UUID:
    return CustomerRow.objects.create(id=new_id(), created_at=NOON, updated_at=NOON).id


def member(version: ProgramVersion, *, now: datetime = NOON - 100 * DAY) -> Member:
    return enrol_member(customer_id=customer(), version=version, now=now, actor=ACTOR)


def points(count: int, **told: Any) -> Grant:
    at = told.pop("at", NOON)
    return Grant(
        **{
            "points": count,
            "granted_at": at,
            "activates_at": at,
            "expires_at": at + 365 * DAY,
            "source_kind": "order",
            **told,
        }
    )
