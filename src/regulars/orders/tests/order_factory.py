"""Orders for tests: one as plain as can be, and what is different about it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.orders.contracts import Buyer, LineState, OrderState, ProductState, ReturnedLine, ReturnState

PLACED_AT = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ines() -> Buyer:
    return Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, "ines@example.com")], profile=Profile(name="Ines Kovač"))


def line(price_minor: int = 1250, quantity: int = 2, product: str = "bowl", **different: Any) -> LineState:
    return LineState(
        product=ProductState(external_id=product, name=product.title(), category="Home"),
        quantity=Decimal(quantity),
        unit_price_minor=price_minor,
        total_minor=price_minor * quantity,
        **different,
    )


def order(external_id: object = 1, **different: Any) -> OrderState:
    """Return a paid order of two bowls for 25 euros by Ines, but for what is different."""
    plain = OrderState(
        source="shop",
        external_id=str(external_id),
        placed_at=PLACED_AT,
        buyer=ines(),
        currency="EUR",
        lines=[line()],
        total_minor=2500,
        channel="online",
    )
    return dataclasses.replace(plain, **different)


def returned(amount_minor: int, quantity: int = 1, number: str = "r1") -> ReturnState:
    return ReturnState(
        external_id=number,
        returned_at=datetime(2026, 11, 19, 16, tzinfo=UTC),
        lines=[ReturnedLine(line=1, quantity=Decimal(quantity), amount_minor=amount_minor)],
    )
