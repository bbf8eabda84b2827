"""From an order's state, as its source tells it, to the cart that rules look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from regulars.loyalty.rules.contracts import Cart, CartDiscount, CartLine, CartTender
from regulars.orders.contracts import LineState, OrderState, PaymentState


def cart_of(order: OrderState, *, reward_lines: Collection[int] = ()) -> Cart:
    """Return the cart of an order, with what came back of each line; `reward_lines` are those that rewards gave."""
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    amounts: dict[int, int] = defaultdict(int)
    for each in order.returns:
        for returned in each.lines:
            quantities[returned.line] += returned.quantity
            amounts[returned.line] += returned.amount_minor
    lines = [
        _line(number, line, number in reward_lines, quantities[number], amounts[number])
        for number, line in enumerate(order.lines, start=1)
    ]
    return Cart(
        source=order.source,
        external_id=order.external_id,
        currency=order.currency,
        placed_at=order.placed_at,
        lines=lines,
        tax_included=order.tax_included,
        shipping_minor=order.shipping_minor,
        shipping_tax_minor=order.shipping_tax_minor,
        discounts=[CartDiscount(amount_minor=each.amount_minor, coupon=each.coupon) for each in order.discounts],
        tenders=[CartTender(kind=each.kind, amount_minor=each.amount_minor) for each in order.tenders],
        total_minor=order.total_minor,
        payment_state=order.payment_state,
        channel=order.channel,
        location=order.location,
        staff=order.staff,
        attributes=order.attributes,
        returned_shipping_minor=sum(each.shipping_minor for each in order.returns),
        is_void=order.cancelled_at is not None or order.payment_state is PaymentState.REFUNDED,
    )


def _line(number: int, line: LineState, is_reward: bool, back: Decimal, back_minor: int) -> CartLine:  # noqa: FBT001
    return CartLine(
        number=number,
        product=line.product.external_id,
        name=line.product.name,
        category=line.product.category,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        discount_minor=line.discount_minor,
        tax_minor=line.tax_minor,
        total_minor=line.total_minor,
        is_reward=is_reward,
        returned_quantity=back,
        returned_minor=back_minor,
    )
