"""A programme with members and orders, for tests of the adjudication."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.services import put_customer
from regulars.loyalty.adjudication.services import Answer, put_order
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.ledger.models import Lot
from regulars.orders.contracts import (
    Buyer,
    LineState,
    OrderState,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)
from regulars.stream.contracts import system
from regulars.stream.services import make_room

ACTOR = system("tests")
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class AnyText:
    """Checks nothing of conditions; the rules have tests of their own for that."""

    def condition(self, text: str, trigger: str, zone: ZoneInfo | None) -> list[Any]:
        return []

    def formula(self, text: str, trigger: str) -> list[Any]:
        return []


def rule(key: str, grant: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "on": {"kind": "order"}, "currency": "points", "grant": grant, **more}


def per_euro(key: str = "base", points: int = 1, **more: Any) -> dict[str, Any]:
    return rule(key, {"kind": "per_amount", "points": points, "per": {"EUR": 1}}, **more)


def programme(*rules: dict[str, Any], now: datetime = BEGIN, **told: Any) -> ProgramVersion:
    """Publish a programme of these rules."""
    make_room([BEGIN + month * 30 * DAY for month in range(-2, 30)])
    document = {
        "program": "beans",
        "name": "Beans",
        "currencies": [{"key": "points", "name": "Points", "expiry": {"kind": "rolling", "after": "12 months"}}],
        "rules": list(rules),
        **told,
    }
    save_draft(document=Program.model_validate(document), now=now, actor=ACTOR)
    return publish(program="beans", now=now, actor=ACTOR, checks=AnyText())


def customer(name: str = "ann") -> UUID:
    found = put_customer(
        person=Person(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.org")]),
        source="till",
        now=BEGIN,
        actor=ACTOR,
    )
    assert found.customer_id
    return found.customer_id


def member(version: ProgramVersion, name: str = "ann") -> Member:
    return enrol_member(customer_id=customer(name), version=version, now=BEGIN, actor=ACTOR)


def order(number: str = "1", *amounts: int, buyer: str = "ann", version: int = 1, **more: Any) -> OrderState:
    """An order of one piece for each amount, in cents."""
    lines = [
        LineState(
            product=ProductState(external_id=f"P{index}", name=f"Product {index}", category="Coffee"),
            quantity=Decimal(1),
            unit_price_minor=amount,
            total_minor=amount,
        )
        for index, amount in enumerate(amounts, start=1)
    ]
    return OrderState(
        **{
            "source": "till",
            "external_id": number,
            "version": version,
            "placed_at": NOON,
            "buyer": Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, f"{buyer}@example.org")]),
            "currency": "EUR",
            "lines": lines,
            "total_minor": sum(amounts),
            "tenders": [TenderState(kind=TenderKind.CARD, amount_minor=sum(amounts))],
            **more,
        }
    )


def returned(state: OrderState, *numbers: int, at: datetime = NOON + DAY, version: int | None = None) -> OrderState:
    """The order with some lines back, by their numbers from 1."""
    lines = [
        ReturnedLine(line=number, quantity=Decimal(1), amount_minor=state.lines[number - 1].total_minor)
        for number in numbers
    ]
    returns = [ReturnState(external_id="R1", returned_at=at, lines=lines)] if lines else []
    return replace(state, returns=returns, version=version or (state.version or 0) + 1)


def put(state: OrderState, now: datetime = NOON) -> Answer:
    return put_order(order=state, now=now, actor=ACTOR)


def parts(who: Member) -> tuple[int, int, int, int]:
    """What is pending, active, reserved and owed on a member's points."""
    rows = Lot.objects.filter(account__member_id=who.id, currency="points")
    return (
        sum(lot.pending for lot in rows),
        sum(lot.active for lot in rows),
        sum(lot.reserved for lot in rows),
        sum(lot.debt for lot in rows),
    )
