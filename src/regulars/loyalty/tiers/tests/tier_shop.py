"""A programme with tier sets and members in a database, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from regulars.customers.models import Customer as CustomerRow
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.models import Program as ProgramRow
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.tiers import services
from regulars.loyalty.tiers.contracts import MemberChange, NewProgress
from regulars.loyalty.tiers.tests.tier_factory import ENROLLED, FIRST, VIENNA, tier_set
from regulars.stream.contracts import system

ACTOR = system("tests")
DAY = timedelta(days=1)


def shop(*sets: dict[str, Any], number: int = 1, effective_at: datetime = FIRST) -> ProgramVersion:
    """A version of the programme of the tests, with one tier set or those that are told."""
    row, _ = ProgramRow.objects.get_or_create(key="club", defaults={"id": new_id(), "created_at": FIRST})
    document = Program.model_validate(
        {
            "program": "club",
            "name": "Club",
            "currencies": [{"key": "stars", "name": "Stars", "kind": "status"}],
            "tier_sets": [tier_set(**told).model_dump() for told in sets or ({},)],
        }
    )
    return ProgramVersion(
        program_id=row.id,
        program_key="club",
        number=number,
        effective_at=effective_at,
        document=document,
        digest="",
        zone=VIENNA,
    )


def member(version: ProgramVersion, *, at: datetime = ENROLLED) -> UUID:
    customer = CustomerRow.objects.create(id=new_id(), created_at=at, updated_at=at).id
    return enrol_member(customer_id=customer, version=version, now=at, actor=ACTOR).id


def row(member_id: UUID, amount: int, at: datetime, *, tier_set: str = "status", **told: Any) -> NewProgress:
    return NewProgress(
        **{
            "member_id": member_id,
            "tier_set": tier_set,
            "occurred_at": at,
            "amount": amount,
            "source_kind": "order",
            "source_id": None,
            "occasion": new_id(),
            **told,
        }
    )


def earn(member_id: UUID, amount: int, at: datetime, **told: Any) -> None:
    services.record_progress(rows=[row(member_id, amount, at, **told)], now=at)


def evaluate(version: ProgramVersion, now: datetime, *member_ids: UUID) -> list[MemberChange]:
    return services.evaluate_members(member_ids=member_ids, versions=[version], now=now, actor=ACTOR)
