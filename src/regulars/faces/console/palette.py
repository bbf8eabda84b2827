"""The palette: customers, pages and what can be done, found in one list while one types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from regulars.customers import queries as customers
from regulars.customers.contracts import Count, Customer
from regulars.faces.console.acting import person_of
from regulars.faces.console.actions import Offer, actions_for, fits, pages_for
from regulars.faces.console.finding.asked import LONGEST_SEARCH, text_of
from regulars.faces.console.permission import for_staff
from regulars.faces.console.preferences import chosen_theme
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.text import words
from regulars.orders.queries import search_customers

CUSTOMERS = 6
MOST_RECENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Offers that belong together."""

    name: str
    text: str
    offers: Sequence[Offer]


@for_staff
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Show what words find; without words the pages, the actions, and what this browser says was chosen lately."""
    text, account = text_of(request.GET, "q")[:LONGEST_SEARCH], person_of(request)
    pages = pages_for(account)
    actions = actions_for(account, look=chosen_theme(request), language=get_language() or "")
    may_search, wanted = account.has_perm("customers.read"), words(text)
    if text:
        found = _customers(text) if may_search else []
        # What holds no letter and no digit is the beginning of nothing.
        pages = [each for each in pages if wanted and fits(each, wanted)]
        actions = [each for each in actions if wanted and fits(each, wanted)]
    else:
        found = []
    lately = [] if text else _recent(request.GET.getlist("recent"), [*pages, *actions], may_search=may_search)
    groups = [
        Group(name="recent", text=gettext("Chosen lately"), offers=lately),
        Group(name="customers", text=gettext("Customers"), offers=found),
        Group(name="pages", text=gettext("Pages"), offers=_without(pages, lately)),
        Group(name="actions", text=gettext("What can be done"), offers=_without(actions, lately)),
    ]
    count = sum(len(group.offers) for group in groups)
    said = ngettext("{count} found", "{count} found", count).format(count=count)
    nothing = gettext("Nothing found. Each word must be the beginning of one that is looked for.")
    shown = [group for group in groups if group.offers]
    return render(request, "console/_palette_offers.html", {"groups": shown, "said": said if count else nothing})


def _customers(text: str) -> list[Offer]:
    """Return the first customers that the list finds by the same words, and the way to all of them."""
    found, count = search_customers(text, limit=CUSTOMERS)
    offers = [_customer(each) for each in found]
    if count.value > len(found):
        address = f"{reverse('console:customers')}?{urlencode({'q': text})}"
        offers.append(Offer(key="", text=_all_of(count), icon="search", address=address))
    return offers


def _all_of(count: Count) -> str:
    shown = formats.number(count.value) + ("" if count.is_exact else "+")
    return gettext("Show all {count} customers found").format(count=shown)


def _customer(customer: Customer) -> Offer:
    return Offer(
        key=f"customer:{customer.id}",
        text=customer.label,
        icon="customers",
        address=reverse("console:customer", args=[customer.id]),
        detail=customer.email or customer.phone,
    )


def _recent(keys: Sequence[str], known: Iterable[Offer], *, may_search: bool) -> list[Offer]:
    """Return what a browser says was chosen lately: it keeps nothing but keys, and they open no door."""
    offers = {each.key: each for each in known}
    kept = list(dict.fromkeys(keys))[:MOST_RECENT]
    ids = [identity for key in kept if (identity := _id_of(key))] if may_search else []
    if ids:
        survivors = customers.map_survivors(ids)
        people = {each.id: each for each in customers.list_customers(list(survivors.values()))}
        offers |= {f"customer:{each}": _customer(people[kept]) for each, kept in survivors.items() if kept in people}
    return list({offer.key: offer for key in kept if (offer := offers.get(key))}.values())


def _id_of(key: str) -> UUID | None:
    kind, _, text = key.partition(":")
    try:
        return UUID(text) if kind == "customer" else None
    except ValueError:
        return None


def _without(offers: Iterable[Offer], others: Iterable[Offer]) -> list[Offer]:
    shown = {each.key for each in others}
    return [each for each in offers if each.key not in shown]
