"""One order in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.customers.queries import get_customer, list_ids_of
from regulars.faces.console.acting import acting
from regulars.faces.console.paging import read_id_place, write_place
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext, mark
from regulars.orders.contracts import LineState, Order, PaymentState, ReturnState, TenderKind
from regulars.orders.queries import get_order, list_orders, map_product_ids
from regulars.staff.services import record

ROWS = 50
_PAYMENTS = {
    PaymentState.UNPAID: (mark("Not paid yet"), "attention"),
    PaymentState.PAID: (mark("Paid"), "good"),
    PaymentState.REFUNDED: (mark("Refunded"), "bad"),
}
_TENDERS = {
    TenderKind.CARD: mark("Card"),
    TenderKind.CASH: mark("Cash"),
    TenderKind.BANK_TRANSFER: mark("Bank transfer"),
    TenderKind.GIFT_CARD: mark("Gift card"),
    TenderKind.STORE_CREDIT: mark("Store credit"),
    TenderKind.POINTS: mark("Points"),
    TenderKind.OTHER: mark("Otherwise"),
}


@dataclass(frozen=True, slots=True)
class Returned:
    """Something that came back of an order, with the name of what it was."""

    name: str
    quantity: Decimal
    amount_minor: int


@needs("orders.read")
@require_safe
def order_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show an order; it tells of its customer, so each view is on the audit trail."""
    order = get_order(order_id)
    who = acting(request)
    record(who.actor, "order.viewed", "order", order.head.id, now=who.now)
    customer = None
    trail = [(gettext("Customers"), reverse("console:customers"))]
    if order.head.customer_id and request.user.has_perm("customers.read"):
        customer = get_customer(order.head.customer_id)
        trail.append((customer.label, reverse("console:customer", args=[customer.id])))
    payment, tone = _PAYMENTS[order.head.payment_state]
    context = {
        "order": order,
        "head": order.head,
        "currency": order.head.currency,
        "customer": customer,
        "trail": trail,
        "payment": gettext(payment),
        "payment_tone": tone,
        "tenders": [(gettext(_TENDERS[each.kind]), each) for each in order.tenders],
        "returns": [(each, list(_returned(order, number))) for number, each in enumerate(order.returns)],
        "given_back": [(each, _given_back_minor(each)) for each in order.returns],
        "left_minor": order.head.total_minor - order.head.returned_minor,
        "attributes": sorted(order.attributes.items()),
        "lines": _lines(order, may_open=request.user.has_perm("insights.read")),
    }
    return render(request, "console/order.html", context)


@needs("orders.read")
@require_safe
def orders_of(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show all orders of a customer, page by page; who sees them sees the customer."""
    if not request.user.has_perm("customers.read"):
        raise PermissionDenied
    customer = get_customer(customer_id)
    place = request.GET.get("before", "")
    before = read_id_place(place) if place else None
    found = list_orders(limit=ROWS + 1, before=before, customer_ids=list_ids_of(customer.id))
    who = acting(request)
    record(who.actor, "customer.viewed", "customer", customer.id, now=who.now, details={"part": "orders"})
    address, earlier = reverse("console:customer.orders", args=[customer.id]), ""
    if len(found) > ROWS:
        last = found[ROWS - 1]
        earlier = f"{address}?{urlencode({'before': write_place(last.placed_at, last.id)})}"
    context = {
        "customer": customer,
        "orders": found[:ROWS],
        "newest": address if place else "",
        "earlier": earlier,
        "trail": [
            (gettext("Customers"), reverse("console:customers")),
            (customer.label, reverse("console:customer", args=[customer.id])),
        ],
    }
    return render(request, "console/customer_orders.html", context)


def _lines(order: Order, *, may_open: bool) -> list[tuple[LineState, str]]:
    """Return the lines, each with the address of its product's page for who may open it."""
    numbers = {line.product.external_id for line in order.lines}
    ids = map_product_ids(order.head.source, numbers) if may_open else {}
    found = {number: reverse("console:product", args=[product_id]) for number, product_id in ids.items()}
    return [(line, found.get(line.product.external_id, "")) for line in order.lines]


def _returned(order: Order, number: int) -> Iterator[Returned]:
    for each in order.returns[number].lines:
        known = 1 <= each.line <= len(order.lines)
        product = order.lines[each.line - 1].product if known else None
        name = (product.name or product.external_id) if product else str(each.line)
        yield Returned(name, each.quantity, each.amount_minor)


def _given_back_minor(back: ReturnState) -> int:
    return back.shipping_minor + sum(line.amount_minor for line in back.lines)
