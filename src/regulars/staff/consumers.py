"""What the staff's trail keeps of features below it, which know no trail: their events say who did what."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.staff.models import AuditEntry
from regulars.stream.contracts import Event

BUSINESS_CHANGED = frozenset({"business.changed", "rates.changed", "shop.opened", "shop.changed"})


def audit_business(events: Sequence[Event]) -> None:
    """Put changes of the business on the audit trail; an event that comes again leaves its entry as it is."""
    entries = [_entry_of(event) for event in events]
    AuditEntry.objects.bulk_create(entries, ignore_conflicts=True)


def _entry_of(event: Event) -> AuditEntry:
    kind = event.type.split(".")[0]
    details = dict(event.payload)
    return AuditEntry(
        id=event.id,
        at=event.occurred_at,
        actor=str(event.actor),
        action=event.type,
        object_kind=kind,
        object_id=str(details.pop("shop_id", kind)),
        details=details,
    )
