"""Append to the stream, and make room for what is appended."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.ids import new_id
from regulars.stream.contracts import NewEvent
from regulars.stream.statements import rows_of

# How many months ahead have their partition before anything happens in them.
MONTHS_AHEAD = 3
_made: set[date] = set()


def append(events: Sequence[NewEvent], *, now: datetime) -> list[UUID | None]:
    """Append events within the caller's transaction; return their ids, None for one whose key has been seen before."""
    if not events:
        return []
    # No savepoint: what fails here has the caller's transaction fail, and each would be two more round trips.
    with transaction.atomic(savepoint=False):
        make_room(event.occurred_at for event in events)
        ids = [new_id() for _ in events]
        known = _known_already(events, ids)
        new = {identity: event for identity, event in zip(ids, events, strict=True) if identity not in known}
        if new:
            rows_of("append_events", {"received_at": now, "ids": list(new), **columns_of(new.values())})
    return [None if identity in known else identity for identity in ids]


def columns_of(events: Collection[NewEvent]) -> dict[str, list[Any]]:
    """Return what the database's `stream_append` is told of events beside their ids, a list for each column.

    A feature whose own function of the database appends hands this on, for events without keys and with room made.
    """
    return {
        "types": [event.type for event in events],
        "customer_ids": [event.customer_id for event in events],
        "actors": [str(event.actor) for event in events],
        "sources": [event.source for event in events],
        "occurred_ats": [event.occurred_at for event in events],
        "payloads": [json.dumps(event.payload) for event in events],
    }


def _known_already(events: Sequence[NewEvent], ids: Sequence[UUID]) -> set[UUID]:
    """Keep the keys of the events that have one; return the ids of those that had been kept before."""
    named = [(event.source, event.key, identity) for event, identity in zip(events, ids, strict=True) if event.key]
    if not named:
        return set()
    sources, keys, named_ids = (list(column) for column in zip(*named, strict=True))
    new = {identity for (identity,) in rows_of("claim_keys", {"sources": sources, "keys": keys, "ids": named_ids})}
    return set(named_ids) - new


def make_room(moments: Iterable[datetime]) -> None:
    """Make the partitions that events at `moments` need.

    Long work calls it before its first transaction, so that no lock on the stream is held while it runs.
    """
    wanted = {date(moment.year, moment.month, 1) for moment in map(_utc, moments)} - _made
    if not wanted:
        return
    standing = {month for (month,) in rows_of("partition_months")}
    for month in sorted(wanted - standing):
        rows_of("make_partition", {"month": month})
    # Remembered only once they are certain to stay: a partition made here goes if the transaction does.
    transaction.on_commit(lambda: _made.update(wanted))


def forget_partitions() -> None:
    """Forget which partitions stand, as a test does that goes on with another database."""
    _made.clear()


def make_room_ahead(*, now: datetime) -> None:
    """Make the partitions of this month and the next ones."""
    first = now.year * 12 + now.month - 1
    make_room(
        now.replace(year=number // 12, month=number % 12 + 1, day=1)
        for number in range(first, first + 1 + MONTHS_AHEAD)
    )


def settle_clock() -> None:
    """Keep the stream's order where its data have come to another server, whose transactions are numbered anew."""
    rows_of("settle_clock")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
