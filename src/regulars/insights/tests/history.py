"""Whatever may happen to orders, for property tests: orders put, changed, moved, cancelled, returned; people merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
from django.db import connections

from regulars.customers import merging
from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import find_by_identifier
from regulars.orders import services
from regulars.orders.contracts import Buyer, OrderState, ReturnedLine, ReturnState
from regulars.orders.tests.order_factory import line, order
from regulars.stream.contracts import system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
NAMES = "abcd"
PEOPLE = [Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.com")]) for name in NAMES]
# Some weeks before and after the ends of months, one of them in the middle of a day's change in the business's zone.
MOMENTS = [
    NOW - timedelta(days=days, hours=hours) for days in (0, 1, 9, 20, 21, 45, 51, 80, 120) for hours in (0, 11, 13)
]

Action = tuple[str, Any]


@st.composite
def told_orders(draw: st.DrawFn) -> OrderState:
    """Draw the state of one of a few orders, new or told again."""
    placed_at = draw(st.sampled_from(MOMENTS))
    price = draw(st.integers(0, 5_000))
    quantity = draw(st.integers(1, 3))
    who = draw(st.one_of(st.none(), st.sampled_from(PEOPLE)))
    shares = draw(st.lists(st.integers(0, 3), max_size=3))
    back = price * quantity // 4
    returns = [
        ReturnState(
            external_id=f"r{number}",
            returned_at=min(NOW, placed_at + timedelta(days=3 + 20 * number)),
            shipping_minor=back * share // 3,
            lines=[],
        )
        for number, share in enumerate(shares)
    ]
    some_goods = draw(st.booleans())
    if returns and some_goods:
        returns[0] = ReturnState(
            external_id="r0",
            returned_at=returns[0].returned_at,
            lines=[ReturnedLine(line=1, quantity=Decimal(1), amount_minor=back)],
        )
    return order(
        draw(st.integers(1, 8)),
        placed_at=placed_at,
        buyer=who,
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD", "JPY", "CHF"])),
        lines=[line(price, quantity)],
        total_minor=price * quantity,
        returns=returns,
        cancelled_at=draw(st.sampled_from([None, None, None, NOW])),
        location=draw(st.sampled_from(["", "till-1"])),
    )


def actions() -> st.SearchStrategy[Action]:
    people = st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, len(NAMES) - 1))
    return st.one_of(
        st.tuples(st.just("put"), told_orders()),
        st.tuples(st.just("put"), told_orders()),
        st.tuples(st.just("put"), told_orders()),
        st.tuples(st.just("merge"), people),
        st.tuples(st.just("undo"), st.integers(0, 5)),
    )


class History:
    """Lets actions happen."""

    def __init__(self) -> None:
        self._merges: list[UUID] = []

    def let_happen(self, happening: Sequence[Action]) -> None:
        for kind, told in happening:
            if kind == "put":
                services.put_orders(orders=[told], now=NOW, actor=ACTOR)
            elif kind == "merge":
                self._merge(*told)
            elif told < len(self._merges):
                merging.undo_merge(merge_id=self._merges.pop(told), now=NOW, actor=ACTOR)

    def _merge(self, first: int, second: int) -> None:
        survivor, merged = (find_by_identifier(PEOPLE[which].identifiers[0]) for which in (first, second))
        if survivor is None or merged is None:
            return
        try:
            made = merging.merge_customers(survivor_id=survivor, merged_id=merged, now=NOW, actor=ACTOR)
        except merging.SameCustomer:
            return
        self._merges.append(made.id)


def forget_everything() -> None:
    """Empty the tables of orders and customers, and the stream, so that another history begins."""
    tables = "orders_order, orders_product, customers_customer, stream_event, business_rate"
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
