"""Read orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from regulars.customers import queries as customers
from regulars.customers.contracts import Count, Customer
from regulars.customers.searching import query_words
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.orders.contracts import (
    CustomerFacts,
    DiscountState,
    LineState,
    Order,
    OrderHead,
    PaymentState,
    Product,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)
from regulars.orders.models import CustomerFacts as FactsRow
from regulars.orders.models import Line as LineRow
from regulars.orders.models import Order as OrderRow
from regulars.orders.models import Product as ProductRow
from regulars.orders.statements import rows_of

# Shorter beginnings of numbers fit half of all orders, and say nothing.
SHORTEST_NUMBER = 3
MOST_BY_NUMBER = 500


class NoSuchOrder(DomainError):
    """No order has this id."""

    code = "no_such_order"


class NoSuchProduct(DomainError):
    """No product has this number."""

    code = "no_such_product"


def find_customer_facts(customer_id: UUID) -> CustomerFacts | None:
    """Return what a customer's orders come to, or None where there has been none."""
    return map_customer_facts([customer_id]).get(customer_id)


def map_customer_facts(customer_ids: Collection[UUID]) -> dict[UUID, CustomerFacts]:
    """Return what the orders of some customers come to; those who never ordered are left out."""
    return {row.customer_id: facts_of(row) for row in FactsRow.objects.filter(customer_id__in=customer_ids)}


def facts_of(row: FactsRow) -> CustomerFacts:
    """Return the contract of a row of facts."""
    return CustomerFacts(
        customer_id=row.customer_id,
        orders=row.orders,
        revenue_minor=row.revenue_minor,
        returned_minor=row.returned_minor,
        first_ordered_at=row.first_ordered_at,
        last_ordered_at=row.last_ordered_at,
        unconverted_orders=row.unconverted_orders,
    )


def list_orders_of(customer_ids: Sequence[UUID], *, limit: int) -> list[OrderHead]:
    """Return the orders of a customer under all of its ids, the latest first."""
    rows = OrderRow.objects.select_related("channel").filter(customer_id__in=customer_ids).order_by("-placed_at")
    return [head_of(row) for row in rows[:limit]]


def get_order(order_id: UUID) -> Order:
    """Return an order in full.

    Raises
    ------
    NoSuchOrder
        There is none.
    """
    row = OrderRow.objects.select_related("channel", "location").filter(id=order_id).first()
    if row is None:
        raise NoSuchOrder(gettext("There is no such order."))
    return Order(
        head=head_of(row),
        lines=[line_of(each) for each in row.lines.select_related("product__category").order_by("number")],
        discounts=[
            DiscountState(name=each.name, coupon=each.coupon, amount_minor=each.amount_minor)
            for each in row.discounts.order_by("number")
        ],
        tenders=[
            TenderState(kind=TenderKind(each.kind), amount_minor=each.amount_minor, paid_at=each.paid_at)
            for each in row.tenders.order_by("number")
        ],
        returns=returns_of(row),
        tax_minor=row.tax_minor,
        tax_included=row.tax_included,
        shipping_minor=row.shipping_minor,
        delivered_at=row.delivered_at,
        location=row.location.name if row.location else "",
        staff=row.staff,
        attributes=row.attributes,
        received_at=row.received_at,
    )


def line_of(row: LineRow) -> LineState:
    """Return the contract of a line's row, under the name that it had when it was sold."""
    category = row.product.category
    return LineState(
        product=ProductState(
            external_id=row.product.external_id,
            name=row.name or row.product.name,
            category=category.name if category else "",
        ),
        quantity=row.quantity,
        unit_price_minor=row.unit_price_minor,
        discount_minor=row.discount_minor,
        tax_minor=row.tax_minor,
        total_minor=row.total_minor,
    )


def returns_of(row: OrderRow) -> list[ReturnState]:
    """Return what came back of an order."""
    lines: dict[int, list[ReturnedLine]] = {}
    for each in row.returned_lines.order_by("line_number"):
        returned = ReturnedLine(line=each.line_number, quantity=each.quantity, amount_minor=each.amount_minor)
        lines.setdefault(each.return_number, []).append(returned)
    return [
        ReturnState(
            external_id=each.external_id,
            returned_at=each.returned_at,
            reason=each.reason,
            shipping_minor=each.shipping_minor,
            lines=lines.get(each.number, []),
        )
        for each in row.returns.order_by("number")
    ]


def head_of(row: OrderRow) -> OrderHead:
    """Return the contract of an order's row."""
    return OrderHead(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        number=row.number,
        version=row.version,
        customer_id=row.customer_id,
        placed_at=row.placed_at,
        currency=row.currency,
        total_minor=row.total_minor,
        returned_minor=row.returned_minor,
        payment_state=PaymentState(row.payment_state),
        cancelled_at=row.cancelled_at,
        channel=row.channel.name if row.channel else "",
        items=row.items,
    )


def get_order_by_key(source: str, external_id: str) -> Order:
    """Return the order that a source knows under its number.

    Raises
    ------
    NoSuchOrder
        There is none.
    """
    found = OrderRow.objects.filter(source=source, external_id=external_id).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchOrder(gettext("There is no such order."))
    return get_order(found)


def list_orders(
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    customer_ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
) -> list[OrderHead]:
    """Return orders, the latest first, those placed at the same time by id; after a moment and id in that order."""
    rows = OrderRow.objects.select_related("channel").order_by("-placed_at", "id")
    if customer_ids is not None:
        rows = rows.filter(customer_id__in=customer_ids)
    if since is not None:
        rows = rows.filter(placed_at__gte=since)
    if before is not None:
        moment, identity = before
        # The first condition alone bounds the walk along the index.
        rows = rows.filter(placed_at__lte=moment).exclude(placed_at=moment, id__lte=identity)
    return [head_of(row) for row in rows[:limit]]


def get_product(source: str, external_id: str) -> Product:
    """Return the product that a source knows under its number.

    Raises
    ------
    NoSuchProduct
        There is none.
    """
    row = ProductRow.objects.select_related("category").filter(source=source, external_id=external_id).first()
    if row is None:
        raise NoSuchProduct(gettext("There is no such product."))
    return product_of(row)


def list_products(*, limit: int, after: tuple[str, str] | None = None, source: str | None = None) -> list[Product]:
    """Return products by source and number, after a place in that order."""
    rows = ProductRow.objects.select_related("category").order_by("source", "external_id")
    if source is not None:
        rows = rows.filter(source=source)
    if after is not None:
        rows = rows.filter(source__gte=after[0]).exclude(source=after[0], external_id__lte=after[1])
    return [product_of(row) for row in rows[:limit]]


def product_of(row: ProductRow) -> Product:
    """Return the contract of a product's row."""
    return Product(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        name=row.name,
        category=row.category.name if row.category else "",
        updated_at=row.updated_at,
    )


def search_customers(text: str, *, limit: int, offset: int = 0) -> tuple[list[Customer], Count]:
    """Return the customers that a search finds by name, identifier or an order's number, and how many there are."""
    wanted = query_words(text)
    also = {word: _customers_by_number(word) for word in wanted if is_number(word)}
    whole = "".join(wanted)
    named = _customers_by_number(whole) if len(wanted) > 1 and is_number(whole) else []
    return customers.search_customers(text, limit=limit, offset=offset, also=also, named=named)


def is_number(word: str) -> bool:
    """Tell whether a word may be the beginning of an order's number: long enough, and with a digit in it."""
    return len(word) >= SHORTEST_NUMBER and any(character.isdigit() for character in word)


def _customers_by_number(beginning: str) -> list[UUID]:
    rows = rows_of("find_customers_by_number", {"beginning": f"{beginning}%", "most": MOST_BY_NUMBER})
    return [identity for (identity,) in rows]
