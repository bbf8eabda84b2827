"""Orders in full: one query for each of their tables, however many orders there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from regulars.orders import models
from regulars.orders.contracts import (
    DiscountState,
    LineState,
    Order,
    OrderHead,
    OrderState,
    PaymentState,
    ProductState,
    ReturnedLine,
    ReturnState,
    TenderKind,
    TenderState,
)

Part = TypeVar("Part", bound=Model)


def orders_of(found: QuerySet[models.Order]) -> list[Order]:
    """Return the orders that a query finds, in full and in its order."""
    rows = list(found.select_related("channel", "location"))
    ids = [row.id for row in rows]
    lines = _by_order(
        models.Line.objects.select_related("product__category").filter(order_id__in=ids).order_by("number")
    )
    discounts = _by_order(models.Discount.objects.filter(order_id__in=ids).order_by("number"))
    tenders = _by_order(models.Tender.objects.filter(order_id__in=ids).order_by("number"))
    returns = _by_order(models.Return.objects.filter(order_id__in=ids).order_by("number"))
    returned = _by_order(models.ReturnedLine.objects.filter(order_id__in=ids).order_by("line_number"))
    return [
        Order(
            head=head_of(row),
            lines=[line_of(each) for each in lines.get(row.id, [])],
            discounts=[
                DiscountState(name=each.name, coupon=each.coupon, amount_minor=each.amount_minor)
                for each in discounts.get(row.id, [])
            ],
            tenders=[
                TenderState(kind=TenderKind(each.kind), amount_minor=each.amount_minor, paid_at=each.paid_at)
                for each in tenders.get(row.id, [])
            ],
            returns=_returns(returns.get(row.id, []), returned.get(row.id, [])),
            tax_minor=row.tax_minor,
            tax_included=row.tax_included,
            shipping_minor=row.shipping_minor,
            shipping_tax_minor=row.shipping_tax_minor,
            delivered_at=row.delivered_at,
            location=row.location.name if row.location else "",
            staff=row.staff,
            attributes=row.attributes,
            received_at=row.received_at,
        )
        for row in rows
    ]


def state_of(order: Order) -> OrderState:
    """Return an order as its source would tell it again; who bought stands in its head, not in names."""
    head = order.head
    return OrderState(
        source=head.source,
        external_id=head.external_id,
        version=head.version,
        number=head.number,
        placed_at=head.placed_at,
        currency=head.currency,
        lines=order.lines,
        tax_included=order.tax_included,
        shipping_minor=order.shipping_minor,
        shipping_tax_minor=order.shipping_tax_minor,
        discounts=order.discounts,
        total_minor=head.total_minor,
        payment_state=head.payment_state,
        tenders=order.tenders,
        returns=order.returns,
        cancelled_at=head.cancelled_at,
        delivered_at=order.delivered_at,
        channel=head.channel,
        location=order.location,
        staff=order.staff,
        attributes=order.attributes,
    )


def _by_order(parts: Iterable[Part]) -> dict[UUID, list[Part]]:
    found: dict[UUID, list[Part]] = {}
    for each in parts:
        order_id: Any = getattr(each, "order_id")  # noqa: B009  # Each part has one; the type cannot say so.
        found.setdefault(order_id, []).append(each)
    return found


def line_of(row: models.Line) -> LineState:
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


def _returns(rows: Sequence[models.Return], lines: Sequence[models.ReturnedLine]) -> list[ReturnState]:
    """Return what came back of an order."""
    by_number: dict[int, list[ReturnedLine]] = {}
    for each in lines:
        returned = ReturnedLine(line=each.line_number, quantity=each.quantity, amount_minor=each.amount_minor)
        by_number.setdefault(each.return_number, []).append(returned)
    return [
        ReturnState(
            external_id=row.external_id,
            returned_at=row.returned_at,
            reason=row.reason,
            shipping_minor=row.shipping_minor,
            lines=by_number.get(row.number, []),
        )
        for row in rows
    ]


def head_of(row: models.Order) -> OrderHead:
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
