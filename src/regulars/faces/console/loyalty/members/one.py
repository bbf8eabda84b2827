"""A customer's points: number, balance, tiers, what was posted, where each point came from and where it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.customers.contracts import Customer
from regulars.customers.queries import get_customer
from regulars.faces.console.acting import Acting, acting
from regulars.faces.console.loyalty.choosing import Chosen, chosen_of
from regulars.faces.console.loyalty.members.adjustments import authority_of
from regulars.faces.console.loyalty.members.adjustments import rows_of as adjustments_of
from regulars.faces.console.loyalty.members.explained import explained_of
from regulars.faces.console.loyalty.members.forms import AdjustForm, InviteForm, LockForm
from regulars.faces.console.loyalty.members.qr import drawn
from regulars.faces.console.loyalty.members.words import (
    amount_words,
    last_day,
    posted,
    threshold_of,
    tier_sentences,
)
from regulars.faces.console.loyalty.rewards.redemptions import rows_of as redemptions_of
from regulars.faces.console.loyalty.vouchers.words import last_day_of, voucher_words
from regulars.faces.console.paging import read_id
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.document.currencies import CurrencyKind
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.definitions.document.tiers import TierSet
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.queries import list_transactions
from regulars.loyalty.membership.contracts import MemberInFull, TierSight
from regulars.loyalty.membership.queries import get_member_in_full, list_adjustments, list_members_of
from regulars.loyalty.rewards.queries import list_redemptions, list_vouchers_of
from regulars.loyalty.tiers.queries import find_standing
from regulars.staff.services import record

TRANSACTIONS, REDEMPTIONS, VOUCHERS, ADJUSTMENTS = 20, 20, 20, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A tier set as a member's page shows it."""

    sight: TierSight
    ladder: TierSet
    said: Sequence[str]
    # How far the way to the next tier is done, from 0 to 1; None where there is none.
    share: float | None
    progress: str
    lock_reason: str
    locked_until: str
    lock_form: LockForm
    invite_form: InviteForm | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What stands on an account, with what comes and goes when."""

    name: str
    is_status: bool
    standing: Any
    expiring: Sequence[tuple[str, int]]
    waiting: Sequence[tuple[str, int]]


@needs("loyalty.read")
@require_safe
def member_page(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show a customer's points in a programme, or only the transactions where that part asks; it is on the trail."""
    return page_of(request, customer_id)


def page_of(request: HttpRequest, customer_id: UUID, **told: Any) -> HttpResponse:
    """Return the page, with a form that came back where one did."""
    customer = get_customer(customer_id)
    if customer.id != customer_id:
        return redirect("console:customer.loyalty", customer.id)
    who = acting(request)
    record(who.actor, "customer.viewed", "customer", customer.id, now=who.now, details={"part": "loyalty"})
    chosen = _chosen(request, customer)
    context = around(request, customer, chosen)
    found = _member(customer, chosen, who) if chosen else None
    if chosen is not None and found is not None:
        context |= _in_full(request, customer, found, who) | told
        if request.headers.get("HX-Target") == "transactions":
            return render(request, "console/loyalty/_transactions.html", context)
        if request.headers.get("HX-Target") == "explained":
            return render(request, "console/loyalty/_explained.html", context)
    status = 422 if told else 200
    return render(request, "console/loyalty/member.html", context, status=status)


def around(request: HttpRequest, customer: Customer, chosen: Chosen | None) -> dict[str, Any]:
    """Return what the page shows whether or not the customer is a member."""
    address = reverse("console:customer.loyalty", args=[customer.id])
    return {
        "customer": customer,
        "chosen": chosen,
        "program": chosen.key if chosen else "",
        "program_name": chosen.version.document.name if chosen else "",
        "programs": chosen.chips(address) if chosen else [],
        "tabs": customer_tabs(request, customer.id, "loyalty"),
        "trail": [(gettext("Customers"), reverse("console:customers"))],
        "may_write": request.user.has_perm("loyalty.write"),
        "may_adjust": request.user.has_perm("loyalty.adjust"),
        "may_manage": request.user.has_perm("loyalty.manage"),
        "back": request.get_full_path(),
    }


def customer_tabs(request: HttpRequest, customer_id: UUID, page: str) -> list[dict[str, Any]]:
    """Return the pages of one customer: none where there is no programme, or its points may not be seen."""
    if not (request.user.has_perm("loyalty.read") and list_versions_at(acting(request).now)):
        return []
    found = [
        {
            "text": gettext("Overview"),
            "address": reverse("console:customer", args=[customer_id]),
            "current": page == "overview",
        },
        {
            "text": gettext("Loyalty"),
            "address": reverse("console:customer.loyalty", args=[customer_id]),
            "current": page == "loyalty",
        },
    ]
    return found if request.user.has_perm("customers.read") else found[1:]


def _chosen(request: HttpRequest, customer: Customer) -> Chosen | None:
    """Return the programme that the address names, or the first in which the customer is a member."""
    chosen = chosen_of(request)
    if chosen is None or request.GET.get("program") or len(chosen.versions) < 2:
        return chosen
    joined = {each.program_id for each in list_members_of(customer.id)}
    first = next((each for each in chosen.versions if each.program_id in joined), chosen.version)
    return Chosen(version=first, versions=chosen.versions)


def _member(customer: Customer, chosen: Chosen, who: Acting) -> MemberInFull | None:
    members = list_members_of(customer.id)
    member = next((each for each in members if each.program_id == chosen.version.program_id), None)
    return get_member_in_full(member.id, now=who.now) if member else None


def _in_full(request: HttpRequest, customer: Customer, found: MemberInFull, who: Acting) -> dict[str, Any]:
    member, version = found.member, found.program
    program = version.document
    authority = authority_of(request)
    vouchers = list_vouchers_of(member.id, limit=VOUCHERS)
    series = {each.key: each for each in program.vouchers}
    return {
        "member": found,
        "is_active": member.state is MemberState.ACTIVE,
        "qr": drawn(member.code),
        "number": _grouped(member.code),
        "purses": _purses(found),
        "stages": [_stage(each, found) for each in found.tiers],
        "redemptions": redemptions_of(list_redemptions(member.id, limit=REDEMPTIONS), program, request),
        "vouchers": [
            (
                each,
                _series_name(each.series, series),
                last_day_of(each, version.zone),
                *voucher_words(each, series.get(each.series), who.now),
            )
            for each in vouchers
        ],
        "adjustments": adjustments_of(list_adjustments(member_id=member.id, limit=ADJUSTMENTS), request),
        "adjust_form": AdjustForm(version=version, authority=authority),
        "adjust_key": new_id(),
        "explained": explained_of(request, found, who.now),
        "here": reverse("console:customer.loyalty", args=[customer.id]),
    } | _transactions(request, customer, found)


def _transactions(request: HttpRequest, customer: Customer, found: MemberInFull) -> dict[str, Any]:
    place = request.GET.get("before", "")
    rows = list_transactions(found.member.id, limit=TRANSACTIONS + 1, before=read_id(place))
    accounts = {each.account_id: key for key, each in found.standings.items()}
    here = reverse("console:customer.loyalty", args=[customer.id])
    query = {"program": found.program.program_key}
    last = rows[TRANSACTIONS - 1] if len(rows) > TRANSACTIONS else None
    return {
        "transactions": [posted(each, found.program.document, accounts) for each in rows[:TRANSACTIONS]],
        "newest": f"{here}?{urlencode(query)}" if place else "",
        "earlier": f"{here}?{urlencode(query | {'before': str(last.id)})}" if last else "",
    }


def _purses(found: MemberInFull) -> list[Purse]:
    zone, purses = found.program.zone, []
    for currency in found.program.document.currencies:
        standing = found.standings.get(currency.key)
        if standing is None:
            continue
        purses.append(
            Purse(
                name=currency.name,
                is_status=currency.kind is CurrencyKind.STATUS,
                standing=standing,
                expiring=[
                    (
                        formats.day(last_day(each.expires_at, zone)) if each.expires_at else gettext("never"),
                        each.points,
                    )
                    for each in standing.expiring
                ],
                waiting=[
                    (
                        formats.day(each.activates_at.astimezone(zone))
                        if each.activates_at
                        else gettext("once what they wait for has happened"),
                        each.points,
                    )
                    for each in standing.pending
                ],
            )
        )
    return purses


def _stage(sight: TierSight, found: MemberInFull) -> Stage:
    version = found.program
    ladder = next(each for each in version.document.tier_sets if each.key == sight.tier_set)
    standing, projection = find_standing(found.member.id, ladder.key), sight.projection
    share, progress = None, ""
    if projection is not None:
        goal = threshold_of(projection.next_tier, ladder)
        if projection.next_tier and goal:
            share = min(projection.progress / goal, 1)
        if ladder.basis.kind != "invitation":
            progress = amount_words(projection.progress, ladder, version.document)
    return Stage(
        sight=sight,
        ladder=ladder,
        said=tier_sentences(projection, ladder, version) if projection else [],
        share=share,
        progress=progress,
        lock_reason=standing.lock_reason if standing else "",
        locked_until=(
            formats.day(last_day(standing.locked_until, version.zone)) if standing and standing.locked_until else ""
        ),
        lock_form=LockForm(ladder=ladder.key),
        invite_form=(
            InviteForm(ladder=ladder, initial={"tier": standing.invited if standing else ""})
            if ladder.basis.kind == "invitation"
            else None
        ),
    )


def _series_name(key: str, series: Mapping[str, VoucherSeries]) -> str:
    return series[key].name if key in series else key


def _grouped(code: str) -> str:
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def glance_of(request: HttpRequest, customer: Customer) -> Mapping[str, Any] | None:
    """Return what a customer's own page tells of its points: by programme what can be spent, and the tiers."""
    who = acting(request)
    versions = {each.program_id: each for each in list_versions_at(who.now)}
    if not (versions and request.user.has_perm("loyalty.read")):
        return None
    address = reverse("console:customer.loyalty", args=[customer.id])
    shown = []
    for member in list_members_of(customer.id):
        if member.program_id not in versions or member.state is not MemberState.ACTIVE:
            continue
        found = get_member_in_full(member.id, now=who.now)
        shown.append(
            {
                "name": found.program.document.name,
                "address": f"{address}?{urlencode({'program': found.program.program_key})}",
                "purses": [each for each in _purses(found) if not each.is_status],
                "tiers": [each.tier_name for each in found.tiers if each.tier],
            }
        )
    return {"programs": shown, "address": address}
