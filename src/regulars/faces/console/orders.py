"""One order in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from regulars.customers.queries import get_customer
from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.kit.i18n import gettext, mark
from regulars.orders.contracts import Order, PaymentState, TenderKind
from regulars.orders.queries import get_order
from regulars.staff.services import record

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
        "left_minor": order.head.total_minor - order.head.returned_minor,
        "attributes": sorted(order.attributes.items()),
    }
    return render(request, "console/order.html", context)


def _returned(order: Order, number: int) -> Iterator[Returned]:
    for each in order.returns[number].lines:
        known = 1 <= each.line <= len(order.lines)
        product = order.lines[each.line - 1].product if known else None
        name = (product.name or product.external_id) if product else str(each.line)
        yield Returned(name, each.quantity, each.amount_minor)
