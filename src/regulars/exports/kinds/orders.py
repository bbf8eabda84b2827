"""Orders: a row for each line and for what came back of it, with the columns that an import of orders recognises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from regulars.customers.contracts import Customer, IdentifierKind
from regulars.customers.queries import list_customers, map_survivors
from regulars.exports.kinds.customers import first_of, number_at
from regulars.exports.kinds.protocol import Amount, Chosen, Column, ColumnType, Place, Settled, Value, Wanted, texts
from regulars.kit.ids import new_id
from regulars.orders.contracts import LineState, Order
from regulars.orders.queries import count_orders, list_orders_in_full
from regulars.orders.retelling import shares_minor

COLUMNS = (
    *texts("order_number", "source", "line", "order_status"),
    Column("ordered_at", ColumnType.MOMENT),
    *texts("product_id", "product_name", "category"),
    Column("quantity", ColumnType.QUANTITY),
    Column("unit_price", ColumnType.MONEY),
    # The line's share of what the order came to: the rows of an order add up to it.
    Column("line_total", ColumnType.MONEY),
    *texts("currency", "channel", "location", "customer_id", "email", "phone", "customer_name"),
    Column("order_total", ColumnType.MONEY),
    Column("shipping", ColumnType.MONEY),
    Column("tax", ColumnType.MONEY),
    *texts("payment_state", "printed_number", "regulars_order_id", "regulars_customer_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What differs between the rows of an order."""

    name: str
    at: datetime
    line: LineState
    quantity: Decimal | None
    total_minor: int


class OrdersKind:
    """Orders with their lines, discounts, payments and returns."""

    takes = frozenset({"source", "since"})

    def settle(self, chosen: Chosen) -> Settled:  # noqa: ARG002  # Nothing can be chosen.
        """Settle the end, since ids grow: what comes later is not in the file."""
        return {"until": str(new_id())}

    def columns(self, settled: Settled) -> Sequence[Column]:  # noqa: ARG002  # They are always these.
        """Return the columns."""
        return COLUMNS

    def count(self, wanted: Wanted) -> int:
        """Return how many orders there are."""
        return count_orders(until=UUID(wanted.settled["until"]), source=wanted.source, since=wanted.since)

    def read(self, wanted: Wanted, after: Place | None, *, limit: int) -> Sequence[Order]:
        """Return orders by id."""
        return list_orders_in_full(
            limit=limit,
            after=UUID(str(after[0])) if after else None,
            until=UUID(wanted.settled["until"]),
            source=wanted.source,
            since=wanted.since,
        )

    def place_of(self, item: Order) -> Place:
        """Return the id."""
        return [str(item.head.id)]

    def rows_of(self, items: Sequence[Order], wanted: Wanted) -> Iterable[Sequence[Value]]:  # noqa: ARG002
        """Yield the rows of each order, one after another."""
        survivors = map_survivors({item.head.customer_id for item in items if item.head.customer_id})
        customers = {each.id: each for each in list_customers(sorted(set(survivors.values())))}
        for item in items:
            customer_id = item.head.customer_id
            customer = customers.get(survivors[customer_id]) if customer_id else None
            for row in _rows(item):
                yield _cells(item, row, customer)

    def objects_of(self, items: Sequence[Order], wanted: Wanted) -> Iterable[Mapping[str, Any]]:  # noqa: ARG002
        """Yield all that is kept of each order."""
        for item in items:
            told = asdict(item)
            yield {**told.pop("head"), **told}


def _rows(order: Order) -> Iterator[_Row]:
    for number, (line, share) in enumerate(zip(order.lines, shares_minor(order), strict=True), start=1):
        yield _Row(name=str(number), at=order.head.placed_at, line=line, quantity=line.quantity, total_minor=share)
    if order.head.cancelled_at is not None:
        return
    for place, each in enumerate(order.returns, start=1):
        # What was paid back for the way stands with the first of the goods, or by itself where none came back.
        beside = each.shipping_minor
        for returned in each.lines:
            line = order.lines[returned.line - 1]
            amount, beside = returned.amount_minor + beside, 0
            if amount:
                name = f"{returned.line} r{place}"
                yield _Row(name=name, at=each.returned_at, line=line, quantity=-returned.quantity, total_minor=-amount)
        if beside:
            yield _Row(name=f"r{place}", at=each.returned_at, line=order.lines[0], quantity=None, total_minor=-beside)


def _cells(order: Order, row: _Row, customer: Customer | None) -> list[Value]:
    head, line = order.head, row.line
    number = number_at(customer, head.source) if customer else None
    return [
        *(head.external_id, head.source, row.name, "cancelled" if head.cancelled_at else "completed"),
        row.at,
        *(line.product.external_id, line.product.name, line.product.category),
        row.quantity,
        Amount(line.unit_price_minor, head.currency),
        Amount(row.total_minor, head.currency),
        *(head.currency, head.channel, order.location),
        number[0] if number else "",
        first_of(customer, IdentifierKind.EMAIL) if customer else "",
        first_of(customer, IdentifierKind.PHONE) if customer else "",
        customer.name if customer else "",
        Amount(head.total_minor, head.currency),
        Amount(order.shipping_minor, head.currency),
        Amount(order.tax_minor, head.currency),
        head.payment_state.value,
        head.number,
        str(head.id),
        str(customer.id) if customer else "",
    ]
