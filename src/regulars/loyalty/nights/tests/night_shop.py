"""A programme whose nights are lived, and all that comes of them in a form that can be compared, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from regulars.customers.models import Customer
from regulars.kit.ids import new_id
from regulars.kit.progress import Progress, silent
from regulars.loyalty.definitions.calendar import first_instant_of
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger import services as ledger
from regulars.loyalty.ledger.contracts import Book, Grant, Member
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.ledger.models import Entry, Lot
from regulars.loyalty.nights.contracts import Night
from regulars.loyalty.nights.models import Night as NightRow
from regulars.loyalty.nights.services import run_nights
from regulars.loyalty.tiers.contracts import NewProgress
from regulars.loyalty.tiers.models import Change as TierChange
from regulars.loyalty.tiers.models import Standing
from regulars.loyalty.tiers.services import record_progress
from regulars.stream.contracts import system
from regulars.stream.models import Event
from regulars.stream.services import make_room

ACTOR = system("tests")
VIENNA = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
DAY = timedelta(days=1)
CURRENCY = {"key": "points", "name": "Points", "expiry": {"kind": "rolling", "after": "12 months"}}
STATUS = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "points", "currency": "points"},
    "period": {"kind": "rolling", "span": "30 days"},
    "downgrade": "full",
    "tiers": [{"key": "basic", "name": "Basic"}, {"key": "gold", "name": "Gold", "threshold": 100}],
}


class AnyText:
    """Checks nothing of conditions."""

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> list[Any]:  # As the protocol names them.
        return []

    def formula(self, text: str, trigger: str) -> list[Any]:  # As above.
        return []


def document(key: str = "beans", **told: Any) -> dict[str, Any]:
    return {
        "program": key,
        "name": key.title(),
        "zone": "Europe/Vienna",
        "currencies": [CURRENCY],
        "tier_sets": [STATUS],
        **told,
    }


def draft(key: str = "beans", *, now: datetime = NOON, **told: Any) -> None:
    save_draft(document=Program.model_validate(document(key, **told)), now=now, actor=ACTOR)


def shop(
    key: str = "beans", *, now: datetime = NOON, effective_at: datetime | None = None, **told: Any
) -> ProgramVersion:
    """Publish a programme."""
    make_room([NOON + month * 30 * DAY for month in range(-2, 24)])
    draft(key, now=now, **told)
    return publish(program=key, effective_at=effective_at, now=now, actor=ACTOR, checks=AnyText())


def member(version: ProgramVersion, *, now: datetime = NOON) -> Member:
    customer = Customer.objects.create(id=new_id(), created_at=now, updated_at=now)
    return enrol_member(customer_id=customer.id, version=version, now=now, actor=ACTOR)


def give(
    version: ProgramVersion,
    who: Member,
    points: int,
    *,
    now: datetime = NOON,
    activates: datetime | None = None,
    expires: datetime | None = None,
) -> None:
    """Grant points that become active then and expire then."""
    ledger.grant_points(
        member_id=who.id,
        currency="points",
        what=Grant(
            points=points,
            granted_at=now,
            activates_at=activates or now,
            expires_at=expires,
            source_kind="tests",
            book=Book.ISSUED,
        ),
        version=version,
        now=now,
        actor=ACTOR,
    )


def count(who: Member, amount: int, at: datetime = NOON, tier_set: str = "status") -> None:
    """Let so much count for tiers."""
    told = NewProgress(
        member_id=who.id,
        tier_set=tier_set,
        occurred_at=at,
        amount=amount,
        source_kind="tests",
        source_id=None,
        occasion=new_id(),
    )
    record_progress(rows=[told], now=at)


def midnight(day: date, zone: ZoneInfo = VIENNA) -> datetime:
    return first_instant_of(day, zone)


def live(
    until: datetime, key: str = "beans", *, progress: Progress = silent, clock: datetime | None = None
) -> list[Night]:
    """Live the nights up to a moment, which is also what the clock says where nothing else is told."""
    return run_nights(program=key, clock=lambda: clock or until, until=until, actor=ACTOR, progress=progress)


def lots(who: Member) -> list[tuple[int, int]]:
    """What is pending and active of each lot of a member."""
    rows = Lot.objects.filter(account__member_id=who.id).order_by("granted_at", "id")
    return [(lot.pending, lot.active) for lot in rows]


def tiers(who: Member) -> list[tuple[str | None, str | None, datetime]]:
    rows = TierChange.objects.filter(member_id=who.id).order_by("id")
    return [(row.from_tier, row.to_tier, row.effective_at) for row in rows]


def events(kind: str) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in Event.objects.filter(type=kind).order_by("transaction", "position")]


def all_that_came() -> dict[str, list[str]]:
    """All that nights leave behind, without the ids and times of ours that differ by when it was done."""
    return {
        "lots": _sorted(Lot.objects.values_list("id", "pending", "active", "reserved", "debt", "expires_at")),
        "entries": _sorted(
            Entry.objects.values_list(
                "transaction__kind", "transaction__occurred_at", "book", "lot_id", "state", "points"
            )
        ),
        "standings": _sorted(
            Standing.objects.values_list(
                "member_id",
                "tier_set",
                "tier",
                "since",
                "kept_until",
                "grace_ends_at",
                "evaluated_at",
                "due_at",
                "progress",
            )
        ),
        "changes": _sorted(
            TierChange.objects.values_list("member_id", "from_tier", "to_tier", "effective_at", "reason")
        ),
        "events": _sorted(
            (event.type, event.customer_id, event.occurred_at, {**event.payload, "transaction_id": None})
            for event in Event.objects.all()
        ),
        "nights": _sorted(NightRow.objects.filter(finished_at__isnull=False).values_list("program_id", "at", "day")),
    }


def _sorted(rows: Any) -> list[str]:
    return sorted(map(str, rows))


@contextmanager
def undone() -> Iterator[None]:
    """Undo all that is done within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
