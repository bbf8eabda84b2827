"""One customer: who it is, what is known, and what happened."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from regulars.customers import queries as customers
from regulars.customers.contracts import Customer, Merge, Note, Trait, TraitKind
from regulars.customers.questions import setting_of
from regulars.faces.console.acting import acting
from regulars.faces.console.known import facts_of
from regulars.faces.console.leaving import why_of
from regulars.faces.console.loyalty.members.one import customer_tabs, glance_of
from regulars.faces.console.permission import needs, sees_sensitive
from regulars.faces.console.profiles import kinds_by_hand
from regulars.faces.console.scores import changes_of, figures_of, segment_of
from regulars.faces.console.timeline import timeline_of
from regulars.faces.console.words import IDENTIFIER_WORDS
from regulars.faces.console.zone import business_of
from regulars.facts.language.binding import Setting
from regulars.facts.reading import TookTooLong
from regulars.insights.queries import find_score
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.orders import queries as orders
from regulars.staff.queries import map_names
from regulars.staff.services import record

ORDERS = 20


@needs("customers.read")
@require_safe
def customer_page(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show a customer, or only its timeline where a part of the page asks; each view is on the audit trail."""
    customer = customers.get_customer(customer_id)
    if customer.id != customer_id:
        # It was merged: the address of the survivor is the one to keep.
        return redirect("console:customer", customer.id)
    part = request.headers.get("HX-Target") == "timeline"
    who = acting(request)
    details = {"part": "timeline"} if part else {}
    record(who.actor, "customer.viewed", "customer", customer.id, now=who.now, details=details)
    ids = customers.list_ids_of(customer.id)
    context = {"customer": customer} | timeline_of(request, customer.id, ids)
    if part:
        return render(request, "console/_timeline.html", context)
    facts, score = orders.find_customer_facts(customer.id), find_score(customer.id)
    business = business_of(request)
    currency = business.reporting_currency
    latest = orders.list_orders_of(ids, limit=ORDERS + 1) if request.user.has_perm("orders.read") else []
    context |= {
        "figures": figures_of(facts, score, currency),
        "segment": segment_of(score),
        "changes": changes_of(ids) if score else [],
        "why": why_of(
            score,
            last_ordered_on=facts.last_ordered_at.astimezone(business.zone_info).date()
            if facts and facts.last_ordered_at
            else None,
            today=who.now.astimezone(business.zone_info).date(),
        ),
        "orders": latest[:ORDERS],
        "more_orders": len(latest) > ORDERS,
        "identifiers": [
            (gettext(IDENTIFIER_WORDS[each.kind]), each, f"identifier-{number}")
            for number, each in enumerate(customer.identifiers)
        ],
        "identifier_kinds": kinds_by_hand(),
        "traits": traits_in_words(customer, sees_sensitive=sees_sensitive(request)),
        "notes": _notes(customer),
        "merges": _merges(customer),
        "may_write": request.user.has_perm("customers.write"),
        "may_remove": request.user.has_perm("customers.write") and len(customer.identifiers) > 1,
        "may_merge": request.user.has_perm("customers.merge"),
        "currency": currency,
        "trail": [(gettext("Customers"), reverse("console:customers"))],
        "tabs": customer_tabs(request, customer.id, "overview"),
        "loyalty": glance_of(request, customer),
    }
    context |= _known(customer, setting_of(business, now=who.now, sees_sensitive=sees_sensitive(request)))
    return render(request, "console/customer.html", context)


def _known(customer: Customer, setting: Setting) -> dict[str, Any]:
    """Return what is known by the catalogue of facts."""
    try:
        known = facts_of(customer.id, setting=setting)
    except TookTooLong as error:
        return {"facts_given_up": error.message}
    count = sum(len(facts) for _, facts in known)
    return {
        "known_facts": known,
        "facts_counted": ngettext("{count} fact", "{count} facts", count).format(count=formats.number(count)),
    }


def _notes(customer: Customer) -> list[tuple[Note, str]]:
    """Return the notes, each with the name of who wrote it."""
    notes = customers.list_notes(customer.id)
    names = map_names({note.author for note in notes})
    return [(note, names[note.author]) for note in notes]


def _merges(customer: Customer) -> list[tuple[Merge, str]]:
    """Return the merges into a customer, each with the name of who did it."""
    merges = customers.list_merges(customer.id)
    names = map_names({merge.merged_by for merge in merges})
    return [(merge, names[merge.merged_by]) for merge in merges]


def traits_in_words(customer: Customer, *, sees_sensitive: bool) -> list[tuple[str, str]]:
    """Return a customer's traits as one reads them, by label; without those that are sensitive, where one may not."""
    known = {trait.key: trait for trait in customers.list_traits()}
    [seen] = customers.as_seen([customer], sees_sensitive=sees_sensitive)
    return [
        (known[key].label if key in known else key, _in_words(value, known.get(key)))
        for key, value in sorted(seen.traits.items())
    ]


def _in_words(value: object, trait: Trait | None) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if trait and trait.kind is TraitKind.DATE:
        return formats.day(date.fromisoformat(str(value)))
    return str(value)
