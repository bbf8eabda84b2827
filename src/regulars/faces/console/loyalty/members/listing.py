"""The members of a programme: found by name or any number, by tier, page after page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.customers.queries import map_survivors
from regulars.faces.console.acting import acting
from regulars.faces.console.finding.asked import LONGEST_SEARCH, text_of
from regulars.faces.console.loyalty.choosing import Chosen, chosen_of
from regulars.faces.console.loyalty.members.waiting import count_waiting
from regulars.faces.console.paging import read_id
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions.document.currencies import CurrencyKind
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import find_by_code
from regulars.loyalty.membership.contracts import MemberLine
from regulars.loyalty.membership.finding import lines_of
from regulars.loyalty.membership.queries import list_members
from regulars.loyalty.membership.roll import find_members
from regulars.orders.queries import find_customers

ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A member as the list shows it."""

    line: MemberLine
    name: str
    address: str
    tiers: Sequence[str]
    available: Sequence[str]
    has_left: bool


@needs("loyalty.read")
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Show the members of a programme."""
    chosen = chosen_of(request)
    context: dict[str, Any] = {"rows": []}
    if chosen is not None:
        context = _found(request, chosen)
    part = request.headers.get("HX-Target") == "results"
    return render(request, "console/loyalty/_members.html" if part else "console/loyalty/members.html", context)


def tabs(page: str) -> list[dict[str, Any]]:
    """Return the pages about members; how many adjustments wait stands beside the second."""
    waiting = count_waiting()
    text = gettext("Adjustments")
    if waiting:
        text = gettext("Adjustments · {count} waiting").format(count=formats.number(waiting))
    return [
        {"text": gettext("Members"), "address": reverse("console:members"), "current": page == "members"},
        {"text": text, "address": reverse("console:members.adjustments"), "current": page == "adjustments"},
    ]


def _found(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    text, now = text_of(request.GET, "q")[:LONGEST_SEARCH], acting(request).now
    tier, place = request.GET.get("tier", ""), request.GET.get("before", "")
    ladder, _, rung = tier.partition(".")
    program = chosen.version.document
    tiers = {f"{each.key}.{one.key}": one.name for each in program.tier_sets for one in each.tiers}
    if tier not in tiers:
        tier, ladder, rung = "", "", ""
    if text:
        lines = _searched(chosen, text, request)
        lines = [each for each in lines if not tier or each.tiers.get(ladder) == rung]
    else:
        lines = list_members(
            program=chosen.key,
            limit=ROWS + 1,
            before=read_id(place),
            tier_set=ladder or None,
            tier=rung or None,
            now=now,
        )
    query = {"program": chosen.key} | ({"tier": tier} if tier else {})
    shown = _rows(lines[:ROWS], program)
    return {
        "rows": shown,
        "text": text,
        "tier": tier,
        "program": chosen.key,
        "programs": chosen.chips(reverse("console:members")),
        "tabs": tabs("members"),
        "tiers": [("", gettext("All tiers")), *tiers.items()],
        "counted": _counted(len(lines), text) if text else "",
        "is_narrowed": bool(text or tier),
        "all": _address({"program": chosen.key}),
        "newest": _address(query) if place and not text else "",
        "earlier": _address(query | {"before": str(lines[ROWS - 1].member.id)})
        if len(lines) > ROWS and not text
        else "",
    }


def _searched(chosen: Chosen, text: str, request: HttpRequest) -> list[MemberLine]:
    """Return the members that a text finds: by what customers are found by, and by the number on the card."""
    named = find_by_code(chosen.version.program_id, text)
    customers = find_customers(text).ids
    found = find_members(chosen.version.program_id, customers, also=[named.id] if named else [], limit=ROWS + 1)
    return lines_of(found, acting(request).now)


def _counted(count: int, text: str) -> str:
    shown = gettext("more than {count}").format(count=ROWS) if count > ROWS else formats.number(count)
    return ngettext("{count} member found for “{text}”", "{count} members found for “{text}”", count).format(
        count=shown, text=text
    )


def _rows(lines: Sequence[MemberLine], program: Program) -> list[Row]:
    names = {each.key: each.name for each in program.currencies if each.kind is CurrencyKind.SPENDABLE}
    tiers = {(each.key, one.key): one.name for each in program.tier_sets for one in each.tiers}
    survivors = map_survivors([each.member.customer_id for each in lines if each.member.customer_id])
    query = urlencode({"program": program.program})
    rows = []
    for line in lines:
        customer = line.member.customer_id and survivors.get(line.member.customer_id)
        address = f"{reverse('console:customer.loyalty', args=[customer])}?{query}" if customer else ""
        rows.append(
            Row(
                line=line,
                name=line.name or gettext("Somebody who was erased"),
                address=address,
                tiers=[tiers.get(pair, pair[1]) for pair in line.tiers.items()],
                available=[
                    f"{formats.number(line.available[key])} {name}"
                    for key, name in names.items()
                    if key in line.available
                ],
                has_left=line.member.state is MemberState.LEFT,
            )
        )
    return rows


def _address(query: Mapping[str, str]) -> str:
    return f"{reverse('console:members')}?{urlencode(query)}"
