"""The members that some customers are, and whose some members are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import UUID

from regulars.loyalty.ledger.contracts import Member, MemberState
from regulars.stream.database import rows_from

rows_of = rows_from(Path(__file__).parent / "sql" / "roll.sql")


def find_members(program_id: UUID, customers: Sequence[UUID], *, also: Sequence[UUID] = (), limit: int) -> list[Member]:
    """Return the members that some customers are, under all of their ids, and those `also` told, the newest first.

    Who left is one of them.
    """
    told = {"program_id": program_id, "customers": list(customers), "also": list(also), "limit": limit}
    return [
        Member(
            id=identity,
            program_id=program,
            customer_id=customer_id,
            code=code,
            state=MemberState(state),
            merged_into=None,
            enrolled_at=enrolled_at,
            left_at=left_at,
        )
        for identity, program, customer_id, code, state, enrolled_at, left_at in rows_of("find_members", told)
    ]


def map_customers(member_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the customer that each of some members is; who was erased is none."""
    found = rows_of("members_by_id", {"ids": sorted(set(member_ids))})
    return {identity: customer_id for identity, _, customer_id in found if customer_id is not None}
