"""A shop with orders by several channels and from several countries, and reports on it made here and now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.insights.reports.asking import request_report
from regulars.insights.reports.carrying_on import carry_on
from regulars.insights.reports.contracts import KeptReport, Wishes
from regulars.insights.reports.queries import get_report
from regulars.insights.tests.shop import MIRA, NOW
from regulars.orders import services as orders
from regulars.orders.contracts import Buyer, OrderState
from regulars.orders.tests.order_factory import line, order

WISHES = Wishes(title="How we are")


def ask(now: datetime = NOW, wishes: Wishes = WISHES, **told: Any) -> KeptReport:
    """Ask for a report, as somebody does."""
    return request_report(wishes=wishes, now=now, actor=MIRA, **told)


def made(now: datetime = NOW, wishes: Wishes = WISHES, **told: Any) -> KeptReport:
    """Ask for a report and make it, as a worker would."""
    asked = ask(now, wishes, **told)
    assert carry_on(asked.id, clock=lambda: now)
    return get_report(asked.id)


def small_orders() -> list[OrderState]:
    """Return a few orders of five people: two channels, two countries, one return."""
    told = []
    for person in range(5):
        buyer = Buyer(
            identifiers=[Identifier(IdentifierKind.EMAIL, f"p{person}@example.com")],
            profile=Profile(name=f"P {person}", country="AT" if person < 2 else "SI"),
        )
        for number in range(person + 1):
            price = 1_000 + 100 * number
            told.append(
                replace(
                    order(
                        f"{person}-{number}",
                        placed_at=NOW - timedelta(days=100 - 17 * number - person),
                        lines=[line(price, 1)],
                        total_minor=price,
                        buyer=buyer,
                    ),
                    channel="online" if number % 2 else "till",
                    location="" if number % 2 else "main-street",
                )
            )
    return told


def put_small_orders() -> list[UUID]:
    """Put those orders; return whose each is."""
    results = orders.put_orders(orders=small_orders(), now=NOW, actor=MIRA)
    return [result.customer_id for result in results if result.customer_id]
