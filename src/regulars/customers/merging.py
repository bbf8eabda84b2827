"""Take one customer into another, and undo it. No id is rewritten: an alias leads from the one to the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.customers.contracts import Merge
from regulars.customers.finding_words import refresh_words
from regulars.customers.locking import lock_customers
from regulars.customers.models import Alias
from regulars.customers.models import Customer as CustomerRow
from regulars.customers.models import Merge as MergeRow
from regulars.customers.queries import NoSuchCustomer, get_survivor, merge_of
from regulars.customers.resolving import FIELDS
from regulars.customers.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class SameCustomer(DomainError):
    """Both ids lead to one customer already."""

    code = "same_customer"


class NotMerged(DomainError):
    """There is no such merge, or it has been undone."""

    code = "not_merged"


@transaction.atomic
def merge_customers(*, survivor_id: UUID, merged_id: UUID, now: datetime, actor: Actor) -> Merge:
    """Take the customer that `merged_id` leads to into the one that `survivor_id` leads to.

    What the survivor lacks it takes over; its own it keeps. Orders, events and identifiers stay under the id they came
    under, and are read through the alias.

    Raises
    ------
    NoSuchCustomer
        One of them leads to nobody.
    SameCustomer
        Both lead to one.
    """
    survivor, merged = _lock_both(survivor_id, merged_id)
    row = MergeRow.objects.create(
        id=new_id(),
        survivor=survivor,
        merged=merged,
        merged_at=now,
        merged_by=str(actor),
        taken_over=_take_over(survivor, merged, now),
    )
    rows_of("lead", {"ids": _tree(merged.id), "survivor_id": survivor.id})
    refresh_words([survivor.id, merged.id])
    _tell("customer.merged", survivor.id, merged.id, now=now, actor=actor)
    return merge_of(row)


@transaction.atomic
def undo_merge(*, merge_id: UUID, now: datetime, actor: Actor) -> Merge:
    """Let two customers be two again: each keeps what came under its own ids, and the one that was merged its profile.

    Raises
    ------
    NotMerged
        There is no such merge, or it has been undone.
    """
    row = MergeRow.objects.select_for_update(no_key=True).filter(id=merge_id, undone_at=None).first()
    if row is None:
        raise NotMerged(gettext("This merge has been undone already, or never was."))
    root = get_survivor(row.survivor_id)
    lock_customers([root, row.merged_id])
    row.undone_at, row.undone_by = now, str(actor)
    row.save()
    _give_back(row, now)
    Alias.objects.filter(customer_id=row.merged_id).delete()
    others = [each for each in _tree(row.merged_id) if each != row.merged_id]
    rows_of("lead", {"ids": others, "survivor_id": row.merged_id})
    refresh_words([root, row.merged_id])
    _tell("customer.unmerged", root, row.merged_id, now=now, actor=actor)
    return merge_of(row)


def _lock_both(survivor_id: UUID, merged_id: UUID) -> tuple[CustomerRow, CustomerRow]:
    """Lock the customers to which two ids lead, and return them."""
    while True:
        leads = get_survivor(survivor_id), get_survivor(merged_id)
        if leads[0] == leads[1]:
            raise SameCustomer(gettext("This is one customer already."))
        rows = lock_customers(leads)
        if len(rows) != len(leads):
            raise NoSuchCustomer(gettext("There is no such customer."))
        # Whoever was waited for may have merged one of them, or parted it from another.
        if (get_survivor(survivor_id), get_survivor(merged_id)) == leads:
            return rows[leads[0]], rows[leads[1]]


def _tree(customer_id: UUID) -> list[UUID]:
    return [identity for (identity,) in rows_of("tree", {"customer_id": customer_id})]


def _take_over(survivor: CustomerRow, merged: CustomerRow, now: datetime) -> dict[str, list[str]]:
    """Give the survivor what it lacks; return what that was."""
    fields = [name for name in FIELDS if not getattr(survivor, name) and getattr(merged, name)]
    for name in fields:
        setattr(survivor, name, getattr(merged, name))
    traits = [key for key in merged.traits if key not in survivor.traits]
    survivor.traits = survivor.traits | {key: merged.traits[key] for key in traits}
    tags = [tag for tag in merged.tags if tag not in survivor.tags]
    survivor.tags = [*survivor.tags, *tags]
    since = [survivor.created_at.isoformat()] if merged.created_at < survivor.created_at else []
    survivor.created_at = min(survivor.created_at, merged.created_at)
    survivor.updated_at = now
    survivor.save()
    return {"fields": fields, "traits": traits, "tags": tags, "since": since}


def _give_back(row: MergeRow, now: datetime) -> None:
    """Take from the survivor what it had taken over, where it still is what it took."""
    survivor, merged = row.survivor, row.merged
    taken: dict[str, list[str]] = row.taken_over
    for name in taken["fields"]:
        if getattr(survivor, name) == getattr(merged, name):
            setattr(survivor, name, None if name == "birthday" else "")
    traits: dict[str, Any] = survivor.traits
    survivor.traits = {
        key: value for key, value in traits.items() if key not in taken["traits"] or value != merged.traits.get(key)
    }
    survivor.tags = [tag for tag in survivor.tags if tag not in taken["tags"]]
    if taken["since"] and survivor.created_at == merged.created_at:
        survivor.created_at = datetime.fromisoformat(taken["since"][0])
    survivor.updated_at = now
    survivor.save()


def _tell(kind: str, survivor_id: UUID, merged_id: UUID, *, now: datetime, actor: Actor) -> None:
    """Append the event for both, so that whoever keeps something of either hears of it."""
    payload = {"survivor_id": str(survivor_id), "merged_id": str(merged_id)}
    append(
        [
            NewEvent(type=kind, actor=actor, source="regulars", occurred_at=now, customer_id=each, payload=payload)
            for each in (survivor_id, merged_id)
        ],
        now=now,
    )
    record(actor, kind, "customer", survivor_id, now=now, details={"merged": str(merged_id)})
