"""Refuse an order that cannot be meant, with the place in it that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.money import is_currency
from regulars.orders.contracts import OrderState

# A till's clock may be ahead of ours.
_AHEAD = timedelta(days=1)
FIRST_YEAR = 1980
_MOST_MINOR = 10**15


class OrderRefused(DomainError):
    """An order cannot be meant. `pointer` is the place in it, as a JSON pointer."""

    code = "order_refused"

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def find_fault(order: OrderState, *, now: datetime) -> OrderRefused | None:
    """Return what is wrong with an order, or None."""
    return next((OrderRefused(pointer, message) for pointer, message in _faults(order, now)), None)


def _faults(order: OrderState, now: datetime) -> Iterator[tuple[str, str]]:
    if not order.source or not order.external_id:
        yield "/external_id", gettext("An order needs a source and its number there.")
    if not is_currency(order.currency):
        yield "/currency", gettext("{currency} is no currency; one is EUR.").format(currency=order.currency)
    yield from _wrong_times(order, now)
    if not order.lines:
        yield "/lines", gettext("An order has at least one line.")
    for number, line in enumerate(order.lines):
        if not line.product.external_id:
            yield f"/lines/{number}/product/external_id", gettext("A line's product needs a number.")
        if line.quantity <= 0:
            yield f"/lines/{number}/quantity", gettext("A quantity is greater than zero; what came back is a return.")
    if any(abs(amount) > _MOST_MINOR for amount in _amounts(order)):
        yield "/total_minor", gettext("An amount is too large to be meant.")
    yield from _wrong_sums(order)
    yield from _wrong_returns(order)


def _wrong_times(order: OrderState, now: datetime) -> Iterator[tuple[str, str]]:
    times = {
        "/placed_at": order.placed_at,
        "/cancelled_at": order.cancelled_at,
        "/delivered_at": order.delivered_at,
    }
    times |= {f"/returns/{number}/returned_at": each.returned_at for number, each in enumerate(order.returns)}
    times |= {f"/tenders/{number}/paid_at": each.paid_at for number, each in enumerate(order.tenders)}
    for pointer, moment in times.items():
        if moment is None:
            continue
        if moment.tzinfo is None:
            yield pointer, gettext("A time needs a zone, as 2026-11-20T10:15:00+01:00.")
        elif moment > now + _AHEAD:
            yield pointer, gettext("This time is yet to come.")
        elif moment.year < FIRST_YEAR:
            yield pointer, gettext("This time is too long ago to be meant.")


def _amounts(order: OrderState) -> Iterator[int]:
    yield from (order.total_minor, order.shipping_minor, order.shipping_tax_minor)
    for line in order.lines:
        yield from (line.total_minor, line.unit_price_minor, line.discount_minor, line.tax_minor)
    yield from (discount.amount_minor for discount in order.discounts)
    yield from (tender.amount_minor for tender in order.tenders)


def _wrong_sums(order: OrderState) -> Iterator[tuple[str, str]]:
    """Hold each line to its parts, and the total to the lines, to one minor unit of rounding per line."""
    for number, line in enumerate(order.lines):
        expected = line.quantity * line.unit_price_minor - line.discount_minor
        if abs(expected - line.total_minor) > 1:
            yield (
                f"/lines/{number}/total_minor",
                gettext("A line's total is its quantity times the unit price, less its discount."),
            )
    lines = sum(line.total_minor for line in order.lines)
    tax = 0 if order.tax_included else sum(line.tax_minor for line in order.lines) + order.shipping_tax_minor
    discounts = sum(discount.amount_minor for discount in order.discounts)
    if abs(lines + tax + order.shipping_minor - discounts - order.total_minor) > len(order.lines):
        yield (
            "/total_minor",
            gettext("The total is not what lines, shipping and discounts come to ({amount}).").format(
                amount=lines + tax + order.shipping_minor - discounts
            ),
        )


def _wrong_returns(order: OrderState) -> Iterator[tuple[str, str]]:
    left = {number: line.quantity for number, line in enumerate(order.lines, start=1)}
    for number, each in enumerate(order.returns):
        for place, returned in enumerate(each.lines):
            pointer = f"/returns/{number}/lines/{place}"
            if returned.line not in left:
                yield f"{pointer}/line", gettext("The order has no line {number}.").format(number=returned.line)
                return
            left[returned.line] -= returned.quantity
            if returned.quantity <= 0 or left[returned.line] < Decimal(0):
                yield f"{pointer}/quantity", gettext("More came back of this line than was sold.")
    if returned_minor(order) > max(order.total_minor, 0):
        yield "/returns", gettext("More money came back than was paid.")


def returned_minor(order: OrderState) -> int:
    """Return what came back of an order in money."""
    return sum(each.shipping_minor + sum(line.amount_minor for line in each.lines) for each in order.returns)
