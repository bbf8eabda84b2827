"""Members follow their customers: where two of these became one, or one two again, so do their members.

What is done depends on how customers stand, not on what an event said: told twice, late, or after the undo it comes to
the same. Members that one customer is in a programme become one; those that two customers are become two again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction

from regulars.customers.queries import get_survivor, list_ids_of
from regulars.loyalty.definitions.queries import get_version_in_force
from regulars.loyalty.facts.keeping import keep_at_once
from regulars.loyalty.ledger import merging as ledger
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.requests import patiently
from regulars.loyalty.membership.programs import list_versions_since_evaluated
from regulars.loyalty.membership.statements import rows_of
from regulars.loyalty.tiers import merging as tiers
from regulars.stream.contracts import Actor


@transaction.atomic
def follow_customers(*, customer_ids: Collection[UUID], now: datetime, actor: Actor) -> int:
    """Let the members of customers be merged and parted as these are by now; return how many were.

    It has to come first in its transaction, as all that merges members does. Vouchers and redemptions need nothing:
    they stay under the id that they came under, and are read through it.

    Raises
    ------
    Busy
        Others write for too long.
    """
    # Also who enrols meanwhile has done so by now, or sees how the customers stand.
    patiently("alone")
    customers = sorted({each for customer_id in customer_ids for each in list_ids_of(get_survivor(customer_id))})
    crossing = rows_of("crossing_merges", {"customers": customers})
    for merged_id, survivor_id, program_id in crossing:
        _part(merged_id, survivor_id, program_id, now=now, actor=actor)
    found = rows_of("members_in_common", {"customers": customers})
    merged = 0
    for (program_id, _), rows in groupby(found, key=lambda row: (row[0], row[1])):
        survivor_id, *others = [member_id for _, _, member_id in rows]
        for other_id in others:
            _merge(other_id, survivor_id, program_id, now=now, actor=actor)
            merged += 1
    if crossing or merged:
        kept = {get_member(survivor_id).customer_id for _, survivor_id, _ in crossing}
        keep_at_once([*customers, *(each for each in kept if each)])
    return len(crossing) + merged


def _merge(merged_id: UUID, survivor_id: UUID, program_id: UUID, *, now: datetime, actor: Actor) -> None:
    version = get_version_in_force(program_id, now)
    versions = list_versions_since_evaluated([survivor_id, merged_id], version, now)
    ledger.merge_members(survivor_id=survivor_id, merged_id=merged_id, version=version, now=now, actor=actor)
    tiers.merge_members(survivor_id=survivor_id, merged_id=merged_id, versions=versions, now=now, actor=actor)


def _part(merged_id: UUID, survivor_id: UUID, program_id: UUID, *, now: datetime, actor: Actor) -> None:
    version = get_version_in_force(program_id, now)
    versions = list_versions_since_evaluated([survivor_id], version, now)
    ledger.unmerge_members(merged_id=merged_id, version=version, now=now, actor=actor)
    tiers.unmerge_members(merged_id=merged_id, versions=versions, now=now, actor=actor)
