"""Merge two customers who are one person, and undo it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from regulars.business.queries import get_business
from regulars.customers import merging
from regulars.customers import queries as customers
from regulars.customers.contracts import Customer
from regulars.faces.console.acting import acting
from regulars.faces.console.customer_page import traits_in_words
from regulars.faces.console.errors import bad_request
from regulars.faces.console.permission import needs, sees_sensitive
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.orders.queries import find_customer_facts, search_customers
from regulars.staff.services import record

FOUND = 10
SHOWN = 8
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """What two customers are in one respect; `has_one` where a merge keeps what the one that is kept says."""

    words: str
    left: Sequence[str]
    right: Sequence[str]
    has_one: bool = True

    @property
    def differs(self) -> bool:
        """Whether what one of them says is lost from sight."""
        return self.has_one and bool(self.left and self.right) and list(self.left) != list(self.right)


@needs("customers.merge")
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Find the other profile, set both side by side, and take the one into the other."""
    customer = customers.get_customer(customer_id)
    if request.method == "POST":
        return _merge(request, customer)
    context = {
        "customer": customer,
        "trail": [
            (gettext("Customers"), reverse("console:customers")),
            (customer.label, reverse("console:customer", args=[customer.id])),
        ],
    }
    other_id = _id(request.GET.get("with", ""))
    other = customers.get_customer(other_id) if other_id else None
    if other and other.id != customer.id:
        who = acting(request)
        for each in (customer, other):
            record(who.actor, "customer.viewed", "customer", each.id, now=who.now, details={"part": "merge"})
        compared = compare(customer, other, sees_sensitive=sees_sensitive(request))
        return render(request, "console/merge.html", context | {"other": other, "compared": compared})
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    found = search_customers(text, limit=FOUND + 1)[0] if text else []
    context |= {"search": text, "found": [each for each in found if each.id != customer.id][:FOUND]}
    part = request.headers.get("HX-Target") == "candidates"
    return render(request, "console/_merge_candidates.html" if part else "console/merge.html", context)


@needs("customers.merge")
@require_POST
def undo(request: HttpRequest, customer_id: UUID, merge_id: UUID) -> HttpResponse:
    """Let two customers be two again."""
    who = acting(request)
    try:
        merged = merging.undo_merge(merge_id=merge_id, now=who.now, actor=who.actor)
    except merging.NotMerged as error:
        messages.error(request, error.message)
        return redirect("console:customer", customer_id)
    messages.success(request, gettext("{name} is a customer of its own again.").format(name=merged.merged_label))
    return redirect("console:customer", merged.survivor_id)


def _merge(request: HttpRequest, survivor: Customer) -> HttpResponse:
    other_id = _id(request.POST.get("merged", ""))
    if other_id is None:
        return bad_request(request, ValueError())
    who = acting(request)
    try:
        done = merging.merge_customers(survivor_id=survivor.id, merged_id=other_id, now=who.now, actor=who.actor)
    except merging.SameCustomer as error:
        messages.error(request, error.message)
    else:
        text = gettext("{name} was taken into this customer. You can undo that here.")
        messages.success(request, text.format(name=done.merged_label))
    return redirect("console:customer", survivor.id)


def compare(left: Customer, right: Customer, *, sees_sensitive: bool) -> list[Compared]:
    """Return what both are, in each respect in which either says something."""
    pairs = zip(_described(left), _described(right), strict=True)
    compared = [Compared(words, mine, others, has_one) for (words, mine, has_one), (_, others, _) in pairs]
    mine, others = (dict(traits_in_words(each, sees_sensitive=sees_sensitive)) for each in (left, right))
    compared += [
        Compared(label, _said(mine.get(label, "")), _said(others.get(label, ""))) for label in {**mine, **others}
    ]
    return [each for each in compared if each.left or each.right]


def _described(customer: Customer) -> list[tuple[str, list[str], bool]]:
    """Return what a customer is, and whether of two such texts only one stays."""
    facts = find_customer_facts(customer.id)
    currency = get_business().reporting_currency
    lives_in = " ".join(part for part in (customer.postcode, customer.city, customer.country) if part)
    last = facts.last_ordered_at if facts else None
    return [
        (gettext("Name"), _said(customer.name), True),
        (gettext("Given and family name"), _said(f"{customer.given_name} {customer.family_name}".strip()), True),
        (gettext("Birthday"), _said(formats.day(customer.birthday) if customer.birthday else ""), True),
        (gettext("Lives in"), _said(lives_in), True),
        (gettext("Language"), _said(customer.language), True),
        (gettext("Identifiers"), _first([each.value for each in customer.identifiers]), False),
        (gettext("Orders"), [formats.number(facts.orders if facts else 0)], False),
        (gettext("Revenue"), [formats.money(facts.revenue_minor if facts else 0, currency)], False),
        (gettext("Last order"), _said(formats.day(last) if last else ""), False),
        (gettext("Tags"), list(customer.tags), False),
        (gettext("Notes"), [formats.number(len(customers.list_notes(customer.id)))], False),
        (gettext("Known since"), [formats.day(customer.created_at)], False),
    ]


def _said(text: str) -> list[str]:
    return [text] if text else []


def _first(texts: list[str]) -> list[str]:
    """Return the first of many, and how many more there are."""
    if len(texts) <= SHOWN:
        return texts
    return [*texts[:SHOWN], gettext("and {count} more").format(count=formats.number(len(texts) - SHOWN))]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
