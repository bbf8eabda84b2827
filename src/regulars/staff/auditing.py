"""The audit trail: written in the transaction of what it tells, sealed in batches, verified against its seals.

A seal's digest covers the entries after the seal before it and that seal's digest. Writing an entry locks nothing; only
the one who seals waits for another who does. What commits late is sealed later: a seal never passes the oldest running
transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.contracts import AuditVerdict
from regulars.staff.models import AuditEntry, AuditSeal
from regulars.stream.contracts import Actor
from regulars.stream.database import rows_from
from regulars.stream.queries import get_horizon

_rows_of = rows_from(Path(__file__).parent / "sql" / "audit.sql")
MOST_ENTRIES = 10_000
_NOTHING = b"\0" * 32
_LEAF_BYTES = 16
_END = (2**63 - 1, 2**63 - 1)


def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: object,
    *,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry of the audit trail. `details` names fields and counts, never what stands in them."""
    record_of_many(actor, action, object_kind, [object_id], now=now, details=details)


def record_of_many(
    actor: Actor,
    action: str,
    object_kind: str,
    object_ids: Iterable[object],
    *,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry for each of some objects to which the same was done, as `record` does."""
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                id=new_id(),
                at=now,
                actor=str(actor),
                action=action,
                object_kind=object_kind,
                object_id=str(object_id),
                details=dict(details or {}),
            )
            for object_id in object_ids
        ]
    )


@transaction.atomic
def seal_audit_trail(*, now: datetime) -> int:
    """Seal the entries that have been written since the last seal; return how many."""
    _rows_of("lock_seals")
    last = AuditSeal.objects.order_by("-number").first()
    # All of the transactions before the horizon have ended: what they wrote is there, and nothing will come before it.
    rows = _entries(last, (get_horizon(), 0), MOST_ENTRIES)
    if not rows:
        return 0
    AuditSeal.objects.create(
        number=last.number + 1 if last else 1,
        transaction=rows[-1][-2],
        position=rows[-1][-1],
        entries=len(rows),
        leaves=(leaves := _leaves(rows)),
        digest=_digest(last, leaves),
        sealed_at=now,
    )
    return len(rows)


def verify_audit_trail() -> AuditVerdict:
    """Hold the audit trail to its seals; the newest entries, written since the last seal, are counted, not proven."""
    before: AuditSeal | None = None
    sealed = 0
    for number, seal in enumerate(AuditSeal.objects.order_by("number").iterator(), start=1):
        if seal.number != number or _digest(before, bytes(seal.leaves)) != bytes(seal.digest):
            reason = gettext("Seal {number} is missing, or is not as it was made.").format(number=number)
            return AuditVerdict(
                is_whole=False, sealed_entries=sealed, unsealed_entries=0, wrong_seal=number, reason=reason
            )
        rows = _entries(before, (seal.transaction, seal.position))
        if _leaves(rows) != bytes(seal.leaves):
            return _accuse(number, seal, rows, sealed)
        sealed += len(rows)
        before = seal
    return AuditVerdict(is_whole=True, sealed_entries=sealed, unsealed_entries=len(_entries(before, _END)))


def _accuse(number: int, seal: AuditSeal, rows: list[tuple[Any, ...]], sealed: int) -> AuditVerdict:
    """Name the first entry that is not as it was sealed, or before which one is missing."""
    told, found = bytes(seal.leaves), _leaves(rows)
    place = next(
        (
            start // _LEAF_BYTES
            for start in range(0, max(len(told), len(found)), _LEAF_BYTES)
            if told[start : start + _LEAF_BYTES] != found[start : start + _LEAF_BYTES]
        ),
        0,
    )
    reason = (
        gettext("Seal {number} covers {sealed} entries, but {found} are there.").format(
            number=number, sealed=seal.entries, found=len(rows)
        )
        if len(rows) != seal.entries
        else gettext("This entry is not as it was when seal {number} was made.").format(number=number)
    )
    return AuditVerdict(
        is_whole=False,
        sealed_entries=sealed + place,
        unsealed_entries=0,
        wrong_seal=number,
        wrong_entry=rows[place][0] if place < len(rows) else None,
        reason=reason,
    )


def _digest(before: AuditSeal | None, leaves: bytes) -> bytes:
    return hashlib.sha256((bytes(before.digest) if before else _NOTHING) + leaves).digest()


def _leaves(rows: Iterable[tuple[Any, ...]]) -> bytes:
    return b"".join(hashlib.sha256(line.encode()).digest()[:_LEAF_BYTES] for line in _lines(rows))


def _entries(after: AuditSeal | None, to: tuple[int, int], most: int | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of the entries after a seal, up to a place."""
    rows = _rows_of(
        "entries_between",
        {
            "after_transaction": after.transaction if after else 0,
            "after_position": after.position if after else 0,
            "to_transaction": to[0],
            "to_position": to[1],
            "limit": most,
        },
    )
    return [(*row[:6], json.loads(row[6]), *row[7:]) for row in rows]


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """Write each entry in one way that does not depend on the database or the zone."""
    for identity, at, actor, action, kind, object_id, details, moved, position in rows:
        told = [str(identity), at.astimezone(UTC).isoformat(), actor, action, kind, object_id, details, moved, position]
        yield json.dumps(told, sort_keys=True)
