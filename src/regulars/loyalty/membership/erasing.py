"""Forget whose memberships were a person's: the ledger stays and names nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.loyalty.definitions.queries import get_version_in_force
from regulars.loyalty.facts.keeping import keep_at_once
from regulars.loyalty.ledger.merging import erase_member
from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.membership.following import follow_customers
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.membership.statements import rows_of
from regulars.loyalty.tiers.merging import erase_members
from regulars.staff.services import record
from regulars.stream.contracts import Actor


@transaction.atomic
def erase_memberships(*, customer_ids: Collection[UUID], now: datetime, actor: Actor) -> int:
    """Erase what a person, known by some ids, is a member of; return how many memberships there were.

    Open points are forfeited and debts written off; tiers are forgotten, and why somebody gave or took points; what
    waits for a second person is refused. It has to come first in its transaction. What rewards and the adjudication
    keep is theirs to erase: it leads to a member that names nobody by then.

    Raises
    ------
    Busy
        Others write for too long.
    """
    # A merge of the customers that has not been heard of yet comes first, so that nothing is left with another.
    follow_customers(customer_ids=customer_ids, now=now, actor=actor)
    members = rows_of("members_to_erase", {"customers": sorted(customer_ids)})
    ids = [member_id for member_id, _ in members]
    if not ids:
        return 0
    for member_id, program_id in members:
        version = get_version_in_force(program_id, now)
        erase_member(member_id=member_id, version=version, now=now, actor=actor)
        record(actor, "member.erased", "member", member_id, now=now)
    erase_members(member_ids=ids, now=now, actor=actor)
    _erase_adjustments(ids, now=now, actor=actor)
    keep_at_once(customer_ids)
    return len(ids)


def _erase_adjustments(member_ids: Collection[UUID], *, now: datetime, actor: Actor) -> None:
    rows = AdjustmentRow.objects.filter(member_id__in=member_ids)
    waiting = rows.filter(state=AdjustmentState.AWAITING)
    waiting.update(state=AdjustmentState.REFUSED, decided_by=str(actor), decided_at=now)
    # What the staff wrote.
    rows.update(reason="", refusal="")
