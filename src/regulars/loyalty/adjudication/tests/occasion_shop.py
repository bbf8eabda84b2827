"""Rules of occasions, and what happens to members, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from regulars.customers.models import Customer
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.contracts import Adjudicated
from regulars.loyalty.adjudication.days import run_day
from regulars.loyalty.adjudication.occasions import Occurred, of_event, set_off
from regulars.loyalty.adjudication.tests.programme_shop import ACTOR, NOON, rule
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.contracts import Member
from regulars.stream.contracts import Cursor, Event

_EVENTS = UUID(int=7)


def fixed(key: str, points: int, on: dict[str, Any], **more: Any) -> dict[str, Any]:
    return rule(key, {"kind": "fixed", "points": points}, on=on, **more)


def review(key: str = "review", points: int = 10, **more: Any) -> dict[str, Any]:
    return fixed(key, points, {"kind": "event", "event": "review.written"}, **more)


def birthday(points: int = 50, **more: Any) -> dict[str, Any]:
    return fixed("birthday", points, {"kind": "anniversary", "of": "profile.birthday"}, **more)


def scheduled(rrule: str, points: int = 5, key: str = "regular", **more: Any) -> dict[str, Any]:
    return fixed(key, points, {"kind": "schedule", "rrule": rrule, "start": "2026-01-01"}, **more)


def event(who: Member, name: str = "1", at: datetime = NOON, kind: str = "review.written", **payload: Any) -> Occurred:
    assert who.customer_id
    return of_event(
        event_id=uuid5(_EVENTS, name), event_type=kind, customer_id=who.customer_id, occurred_at=at, payload=payload
    )


def tell(told: Occurred, now: datetime | None = None) -> list[Adjudicated]:
    [found] = set_off([told], now=now or told.occasion.at, actor=ACTOR)
    return found


def heard(kind: str, customer_id: UUID | None, **payload: Any) -> Event:
    """An event as the stream brings it."""
    return Event(
        id=new_id(),
        type=kind,
        customer_id=customer_id,
        actor=ACTOR,
        source="app",
        occurred_at=NOON,
        received_at=NOON,
        payload=payload,
        cursor=Cursor(0, 0),
    )


def born(who: Member, day: date) -> None:
    assert who.customer_id
    Customer.objects.filter(id=who.customer_id).update(birthday=day)


def came(version: ProgramVersion, day: date, now: datetime) -> int:
    return run_day(version, day, now=now, actor=ACTOR)


def granted(found: Sequence[Adjudicated]) -> list[tuple[str, int]]:
    return [(effect.rule, effect.points) for each in found for effect in each.effects]


def reasons(found: Sequence[Adjudicated]) -> list[tuple[str, str]]:
    return [(refused.rule, refused.reason) for each in found for refused in each.refused]
