"""The list of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.customers import queries as customers
from regulars.customers.contracts import Count, Customer
from regulars.customers.searching import EXACT_TO, LOOKED_AT
from regulars.faces.console.paging import WrongPlace, read_id_place, write_place
from regulars.faces.console.permission import for_staff, needs
from regulars.faces.console.templatetags.console import initials, recently
from regulars.faces.console.zone import business_of
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.orders.contracts import CustomerFacts
from regulars.orders.queries import map_customer_facts, search_customers

ROWS = 50
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A customer as the list tells of it: all in words, since a template takes far longer to put things into words."""

    address: str
    name: str
    initials: str
    email: str
    phone: str
    orders: str
    revenue: str
    last_ordered_at: str
    last_ordered: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of customers, how many there are in all, and where it goes on."""

    customers: Sequence[Customer]
    count: Count
    newest: str
    earlier: str


@for_staff
@require_safe
def home(_: HttpRequest) -> HttpResponse:
    """Lead to where the work begins."""
    return redirect("console:customers")


@needs("customers.read")
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the customers that came last, or those that a search finds."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    place = request.GET.get("before", "")
    shown = _found(text, place) if text else _newest(place)
    facts = map_customer_facts([each.id for each in shown.customers])
    currency = business_of(request).reporting_currency
    context = {
        "rows": [_row(each, facts.get(each.id), currency) for each in shown.customers],
        "counted": _counted(shown.count, found=bool(text)),
        "nobody_yet": not text and not place and not shown.customers,
        "may_make_keys": request.user.has_perm("api_keys.manage"),
        "search": text,
        "may_add": request.user.has_perm("customers.write"),
        # What is found beyond that is counted, and not looked through.
        "ends_early": bool(text) and not shown.earlier and shown.count.value > LOOKED_AT,
        "looked_at": LOOKED_AT,
        "newest": shown.newest,
        "earlier": shown.earlier,
    }
    part = getattr(request, "htmx", False) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    return render(request, "console/_customers.html" if part else "console/customers.html", context)


def _row(customer: Customer, facts: CustomerFacts | None, currency: str) -> Row:
    last = facts.last_ordered_at if facts else None
    return Row(
        address=reverse("console:customer", args=[customer.id]),
        name=customer.label,
        initials=initials(customer.label),
        email=customer.email,
        phone=customer.phone,
        orders=formats.number(facts.orders if facts else 0),
        revenue=formats.money(facts.revenue_minor if facts else 0, currency),
        last_ordered_at=last.isoformat() if last else "",
        last_ordered=recently(last) if last else "",
    )


def _newest(place: str) -> Shown:
    before = read_id_place(place) if place else None
    found = customers.list_newest_customers(limit=ROWS + 1, before=before)
    earlier = ""
    if len(found) > ROWS:
        last = found[ROWS - 1]
        earlier = _address(before=write_place(last.created_at, last.id))
    return Shown(found[:ROWS], customers.count_customers(), _address() if place else "", earlier)


def _found(text: str, place: str) -> Shown:
    """Return a page of what a search finds; it is sorted anew each time, so that a place in it is a number."""
    if place and not (place.isascii() and place.isdecimal() and len(place) < 6):
        raise WrongPlace(gettext("The address names no place in this list."))
    offset = int(place or 0)
    found, count = search_customers(text, limit=ROWS + 1, offset=offset)
    earlier = _address(q=text, before=str(offset + ROWS)) if len(found) > ROWS else ""
    return Shown(found[:ROWS], count, _address(q=text) if offset else "", earlier)


def _address(**query: str) -> str:
    return reverse("console:customers") + (f"?{urlencode(query)}" if query else "")


def _counted(count: Count, *, found: bool) -> str:
    """Return how many there are in words: exactly, or at least ten thousand."""
    shown = formats.number(count.value) if count.is_exact else f"{formats.number(EXACT_TO)}+"
    if found:
        return ngettext("{count} customer found", "{count} customers found", count.value).format(count=shown)
    return ngettext("{count} customer", "{count} customers", count.value).format(count=shown)
