"""The pages of customers."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from regulars.business.queries import get_business
from regulars.customers import queries as customers
from regulars.orders import queries as orders
from regulars.stream.queries import list_timeline


@login_required
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the customers."""
    return render(request, "console/customers.html", {"customers": customers.list_newest_customers(limit=50)})


@login_required
def customer_page(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show one customer."""
    customer = customers.get_customer(customer_id)
    ids = customers.list_ids_of(customer.id)
    return render(
        request,
        "console/customer.html",
        {
            "customer": customer,
            "facts": orders.find_customer_facts(customer.id),
            "orders": orders.list_orders_of(ids, limit=20),
            "timeline": list_timeline(ids, limit=30),
            "business": get_business(),
        },
    )
