"""A programme with rules, rewards and vouchers, its members, and carts, for the tests of loyalty over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.services import resolve_customers
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import Fault, ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.ledger.services import grant_points
from regulars.stream.contracts import system
from regulars.stream.services import make_room

ACTOR = system("tests")
NOW = datetime.now(UTC)
BEFORE = NOW - timedelta(days=30)

DOCUMENT: dict[str, Any] = {
    "program": "club",
    "name": "Club",
    "zone": "Europe/Vienna",
    "currencies": [{"key": "beans", "name": "Beans"}],
    "rules": [
        {
            "key": "base",
            "name": "A bean for each euro",
            "on": {"kind": "order"},
            "currency": "beans",
            "grant": {"kind": "per_amount", "points": 1, "per": {"EUR": 1}},
        },
        {
            "key": "big",
            "name": "A bonus for much",
            "on": {"kind": "order"},
            "currency": "beans",
            "grant": {"kind": "fixed", "points": 100},
            "condition": "cart.total >= 100",
        },
    ],
    "rewards": [
        {
            "key": "mug",
            "name": "Mug",
            "gives": {"kind": "gift", "product": "mug", "shipped": True},
            "cost": 100,
            "currencies": ["beans"],
            "stock": 3,
        },
        {
            "key": "coffee",
            "name": "A coffee",
            "gives": {"kind": "voucher", "series": "five"},
            "cost": 50,
            "currencies": ["beans"],
        },
        {
            "key": "pay",
            "name": "Pay with beans",
            "gives": {"kind": "pay_with_points", "value": {"EUR": "0.05"}, "most_percent": 50},
            "currencies": ["beans"],
        },
        {
            "key": "regulars_only",
            "name": "For regulars",
            "gives": {"kind": "event_access", "event": "Tasting"},
            "cost": 10,
            "currencies": ["beans"],
            "condition": "orders.count >= 1",
        },
    ],
    "vouchers": [
        {"key": "five", "name": "Five off", "off": {"kind": "amount", "amount": {"EUR": 5}}},
        {
            "key": "online",
            "name": "A tenth off online",
            "off": {"kind": "percent", "percent": 10},
            "condition": 'cart.channel = "online" and orders.count >= 0',
        },
    ],
}


class AnyText:
    """Lets a programme be published with whatever condition."""

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> Sequence[Fault]:
        return []

    def formula(self, text: str, trigger: str) -> Sequence[Fault]:
        return []


def club(at: datetime = BEFORE, **different: Any) -> ProgramVersion:
    """Publish the programme, or its next version, but for what is different."""
    make_room([BEFORE, NOW])
    document = Program.model_validate(DOCUMENT | different)
    save_draft(document=document, now=at, actor=ACTOR)
    return publish(program=document.program, now=at, actor=ACTOR, checks=AnyText())


def member(version: ProgramVersion, name: str = "ines.kovac", *, beans: int = 0) -> str:
    """Enrol a member with some points; return the id as it goes over the wire."""
    person = Person(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.com")])
    [customer_id] = resolve_customers(people=[person], source="shop", now=BEFORE, actor=ACTOR)
    assert customer_id is not None
    found = enrol_member(customer_id=customer_id, version=version, now=BEFORE, actor=ACTOR).id
    if beans:
        _grant(version, found, beans)
    return str(found)


def _grant(version: ProgramVersion, member_id: UUID, points: int) -> None:
    what = Grant(
        points=points,
        granted_at=BEFORE,
        activates_at=BEFORE,
        expires_at=None,
        source_kind="test",
        source_id=new_id(),
    )
    grant_points(member_id=member_id, currency="beans", what=what, version=version, now=BEFORE, actor=ACTOR)


def recent(**told: Any) -> dict[str, Any]:
    """What makes an order one of these days, so that the programme is in force; its points are there for good."""
    return {"placed_at": (NOW - timedelta(hours=1)).isoformat(), **told}
