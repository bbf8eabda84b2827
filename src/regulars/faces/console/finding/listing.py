"""The list of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from regulars.customers import queries as customers
from regulars.customers.contracts import Count, Customer
from regulars.customers.searching import EXACT_TO, LOOKED_AT
from regulars.faces.console.acting import acting
from regulars.faces.console.addresses import addresses
from regulars.faces.console.finding.asked import Asked, read_asked
from regulars.faces.console.finding.columns import column_groups, look_of, sorts_of
from regulars.faces.console.finding.fact_words import label_of, value_in_words
from regulars.faces.console.finding.filtering import chips_context, filter_context
from regulars.faces.console.finding.views import views_for
from regulars.faces.console.paging import WrongPlace
from regulars.faces.console.permission import needs
from regulars.faces.console.templatetags.console import initials
from regulars.facts import asking
from regulars.facts.places import read_place, write_place
from regulars.facts.reading import TookTooLong
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.kit.pagination import WrongCursor, decode_cursor, encode_cursor
from regulars.orders.queries import find_customers
from regulars.staff.services import record

ROWS = 50
_PLACES = "console:customers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A customer as the list tells of it: all in words, since a template takes far longer to put things into words."""

    id: UUID
    address: str
    name: str
    initials: str
    email: str
    phone: str
    panel: str
    # Each with the classes of its cell.
    cells: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page of customers, how many there are where that is known, and where it goes on."""

    ids: Sequence[UUID]
    count: Count | None = None
    newest: str = ""
    earlier: str = ""
    # What was not found out, in words.
    given_up: str = ""


@needs("customers.read")
@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the customers that came last, or those that words and a condition find."""
    asked = read_asked(request, now=timezone.now())
    shown = _shown(asked)
    rows = _rows(shown.ids, asked)
    context = {
        "asked": asked,
        "search": asked.search,
        "rows": rows,
        "headers": sorts_of(asked),
        "counted": _counted(shown.count, found=bool(asked.search or asked.where)) if shown.count else "",
        "nobody_yet": not (rows or asked.search or asked.where or asked.place),
        "may_make_keys": request.user.has_perm("api_keys.manage"),
        "may_add": request.user.has_perm("customers.write"),
        "may_tag": request.user.has_perm("customers.write"),
        "may_export": request.user.has_perm("customers.export"),
        # What is found beyond that is counted, and not looked through.
        "ends_early": _ends_early(asked, shown),
        "looked_at": LOOKED_AT,
        "given_up": shown.given_up,
        "newest": shown.newest,
        "earlier": shown.earlier,
        "here": request.get_full_path(),
        "count_address": asked.address(base="console:customers.count"),
    }
    if getattr(request, "htmx", False) and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        return render(request, "console/_customers.html", context)
    # What most do not open is asked for when it is opened; without scripts, by an address.
    is_open = asked.fault is not None or "open" in request.GET
    context |= {"views": views_for(request, asked), "is_open": is_open} | chips_context(asked)
    if is_open:
        context |= filter_context(asked, request.GET)
    return render(request, "console/customers.html", context)


def _shown(asked: Asked) -> Shown:
    if asked.fault:
        return Shown(ids=[])
    try:
        return _searched(asked) if asked.search else _listed(asked)
    except TookTooLong as error:
        return Shown(ids=[], given_up=error.message)


def _listed(asked: Asked) -> Shown:
    after = None
    if asked.place:
        try:
            after = read_place(decode_cursor(_PLACES, asked.place), asked.order.fact)
        except WrongCursor:
            raise WrongPlace(gettext("The address names no place in this list.")) from None
    found = asking.list_customers(asked.meaning, setting=asked.setting, order=asked.order, limit=ROWS + 1, after=after)
    earlier = ""
    if len(found.places) > ROWS:
        earlier = asked.address(before=encode_cursor(_PLACES, write_place(found.places[ROWS - 1])))
    return Shown(
        ids=found.ids[:ROWS],
        count=_known_count(asked, found),
        newest=asked.address() if asked.place else "",
        earlier=earlier,
    )


def _known_count(asked: Asked, found: asking.Found) -> Count | None:
    """Return how many there are where that costs nothing more; else the page asks for it when it is there."""
    if asked.condition is None:
        return customers.count_customers()
    if found.count is not None:
        return Count(found.count, is_exact=True)
    return Count(len(found.places), is_exact=True) if len(found.places) <= ROWS and not asked.place else None


def _searched(asked: Asked) -> Shown:
    """Return a page of what words find; it is sorted anew each time, so that a place in it is a number."""
    if asked.place and not (asked.place.isascii() and asked.place.isdecimal() and len(asked.place) < 6):
        raise WrongPlace(gettext("The address names no place in this list."))
    offset = int(asked.place or 0)
    if asked.meaning is None:
        found = find_customers(asked.search)
        ids, count = found.ids[offset : offset + ROWS + 1], found.count
    else:
        fitting = asking.choose(asked.meaning, find_customers(asked.search).ids, setting=asked.setting)
        ids, count = fitting[offset : offset + ROWS + 1], Count(len(fitting), is_exact=True)
    return Shown(
        ids=ids[:ROWS],
        count=count,
        newest=asked.address() if offset else "",
        earlier=asked.address(before=str(offset + ROWS)) if len(ids) > ROWS else "",
    )


def _ends_early(asked: Asked, shown: Shown) -> bool:
    return bool(asked.search and not shown.earlier and shown.count and shown.count.value > LOOKED_AT)


def _rows(ids: Sequence[UUID], asked: Asked) -> list[Row]:
    if not ids:
        return []
    found = {each.id: each for each in customers.list_customers(ids)}
    known = asking.read_values([fact.name for fact in asked.columns], ids, setting=asked.setting)
    page_of, panel_of = addresses("console:customer"), addresses("console:customer.panel")
    return [
        _row(found[each], known.get(each, {}), asked, address=page_of(each), panel=panel_of(each))
        for each in ids
        if each in found
    ]


def _row(customer: Customer, known: Mapping[str, Any], asked: Asked, *, address: str, panel: str) -> Row:
    return Row(
        id=customer.id,
        address=address,
        name=customer.label,
        initials=initials(customer.label),
        email=customer.email,
        phone=customer.phone,
        panel=panel,
        cells=[
            (value_in_words(fact, known.get(fact.name), asked.setting.currency), look_of(fact, number))
            for number, fact in enumerate(asked.columns)
        ],
    )


@needs("customers.read")
@require_safe
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Show which facts can be columns of the list; a part of it, or a page where there are no scripts."""
    asked = read_asked(request, now=timezone.now())
    context = {"asked": asked, "column_groups": column_groups(asked)}
    part = getattr(request, "htmx", False)
    return render(request, "console/_columns.html" if part else "console/columns.html", context)


@needs("customers.read")
@require_safe
def panel(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what is known of a customer beside the list; each view is on the audit trail."""
    who = acting(request)
    asked, customer = read_asked(request, now=who.now), customers.get_customer(customer_id)
    record(who.actor, "customer.viewed", "customer", customer.id, now=who.now, details={"part": "panel"})
    facts = [fact for fact in asked.setting.catalogue.facts.values() if fact.name.partition(".")[0] != "traits"]
    known = asking.read_values([fact.name for fact in facts], [customer.id], setting=asked.setting)[customer.id]
    context = {
        "customer": customer,
        "address": reverse("console:customer", args=[customer.id]),
        "known": [
            (label_of(fact), value_in_words(fact, known[fact.name], asked.setting.currency))
            for fact in facts
            if known[fact.name]
        ],
    }
    return render(request, "console/_customer_panel.html", context)


def _counted(count: Count, *, found: bool) -> str:
    """Return how many there are in words: exactly, or at least so many of what is found, or about how many of all."""
    if found:
        shown = formats.number(count.value) if count.is_exact else f"{formats.number(EXACT_TO)}+"
        return ngettext("{count} customer found", "{count} customers found", count.value).format(count=shown)
    if not count.is_exact:
        # Three digits of an estimate are enough.
        rounded = round(count.value, 3 - len(str(count.value)))
        return gettext("About {count} customers").format(count=formats.number(rounded))
    shown = formats.number(count.value)
    return ngettext("{count} customer", "{count} customers", count.value).format(count=shown)
