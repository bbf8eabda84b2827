"""The rows that an order becomes. Pure: an order's state in, rows out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from regulars.kit.money import minor_digits
from regulars.kit.text import words
from regulars.orders.checking import returned_minor
from regulars.orders.contracts import OrderState

Row = dict[str, Any]
Products = Mapping[tuple[str, str], UUID]


def head(order: OrderState) -> Row:
    """Return what an order's own row takes from its state."""
    return {
        "source": order.source,
        "external_id": order.external_id,
        "number": order.number or order.external_id,
        "number_key": number_key(order.number or order.external_id),
        "placed_at": order.placed_at,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "tax_minor": sum(line.tax_minor for line in order.lines) + order.shipping_tax_minor,
        "tax_included": order.tax_included,
        "shipping_minor": order.shipping_minor,
        "shipping_tax_minor": order.shipping_tax_minor,
        "discount_minor": sum(each.amount_minor for each in order.discounts)
        + sum(line.discount_minor for line in order.lines),
        "returned_minor": returned_minor(order),
        "items": sum((line.quantity for line in order.lines), Decimal(0)),
        "payment_state": order.payment_state.value,
        "cancelled_at": order.cancelled_at,
        "delivered_at": order.delivered_at,
        "staff": order.staff,
        "attributes": json.dumps(dict(order.attributes)),
    }


def number_key(number: str) -> str:
    """Return the letters and digits of an order's number, folded."""
    return "".join(words(number))


def converted(total_minor: int, back_minor: int, currency: str, rate: Decimal | None, reporting_currency: str) -> Row:
    """Return the rate, and what was kept and returned in the reporting currency, each rounded once, half to even."""
    if rate is None:
        return {"rate": None, "net_reporting_minor": None, "returned_reporting_minor": None}
    scaled = rate * Decimal(10) ** (minor_digits(reporting_currency) - minor_digits(currency))
    return {
        "rate": rate,
        "net_reporting_minor": _rounded((total_minor - back_minor) * scaled),
        "returned_reporting_minor": _rounded(back_minor * scaled),
    }


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_EVEN))


def lines(order: OrderState, order_id: UUID | None, products: Products) -> Iterable[Row]:
    """Return the rows of the lines."""
    for number, line in enumerate(order.lines, start=1):
        yield {
            "order_id": order_id,
            "number": number,
            "product_id": products[order.source, line.product.external_id],
            "name": line.product.name,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "discount_minor": line.discount_minor,
            "tax_minor": line.tax_minor,
            "total_minor": line.total_minor,
        }


def discounts(order: OrderState, order_id: UUID | None, _: Products) -> Iterable[Row]:
    """Return the rows of the discounts on the whole order."""
    for number, each in enumerate(order.discounts, start=1):
        yield {
            "order_id": order_id,
            "number": number,
            "name": each.name,
            "coupon": each.coupon,
            "amount_minor": each.amount_minor,
        }


def tenders(order: OrderState, order_id: UUID | None, _: Products) -> Iterable[Row]:
    """Return the rows of the payments."""
    for number, each in enumerate(order.tenders, start=1):
        yield {
            "order_id": order_id,
            "number": number,
            "kind": each.kind.value,
            "amount_minor": each.amount_minor,
            "paid_at": each.paid_at,
        }


def returns(order: OrderState, order_id: UUID | None, _: Products) -> Iterable[Row]:
    """Return the rows of the returns."""
    for number, each in enumerate(order.returns, start=1):
        yield {
            "order_id": order_id,
            "number": number,
            "external_id": each.external_id,
            "returned_at": each.returned_at,
            "reason": each.reason,
            "shipping_minor": each.shipping_minor,
            "amount_minor": each.shipping_minor + sum(line.amount_minor for line in each.lines),
        }


def returned_lines(order: OrderState, order_id: UUID | None, _: Products) -> Iterable[Row]:
    """Return the rows of what came back of lines; of a line named twice in one return, the sum."""
    for number, each in enumerate(order.returns, start=1):
        for line in sorted({returned.line for returned in each.lines}):
            parts = [returned for returned in each.lines if returned.line == line]
            yield {
                "order_id": order_id,
                "return_number": number,
                "line_number": line,
                "quantity": sum(part.quantity for part in parts),
                "amount_minor": sum(part.amount_minor for part in parts),
            }


CHILDREN: Mapping[str, Callable[[OrderState, UUID | None, Products], Iterable[Row]]] = {
    "lines": lines,
    "discounts": discounts,
    "tenders": tenders,
    "returns": returns,
    "returned_lines": returned_lines,
}
