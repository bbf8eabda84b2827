"""Points that somebody wants to give or take by hand, and that wait for a second person; approved and refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting, person_of
from regulars.faces.console.loyalty.members.listing import tabs
from regulars.faces.console.loyalty.members.naming import Person, people_of
from regulars.faces.console.loyalty.members.words import ADJUSTMENT_WORDS, signed
from regulars.faces.console.paging import read_id
from regulars.faces.console.permission import needs
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.membership.contracts import Adjustment, AdjustmentState, Authority
from regulars.loyalty.membership.queries import get_adjustment, list_adjustments
from regulars.loyalty.membership.services import approve_adjustment, refuse_adjustment
from regulars.staff.queries import map_names

ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An adjustment as lists show it."""

    found: Adjustment
    id: str
    points: str
    currency: str
    state: str
    tone: str
    person: Person | None
    asked_by: str
    decided_by: str
    may_approve: bool
    may_refuse: bool
    is_own: bool


@needs("loyalty.read")
@require_safe
def adjustments(request: HttpRequest) -> HttpResponse:
    """Show what waits, or what was decided, the latest first."""
    asked, place = request.GET.get("state", AdjustmentState.AWAITING.value), request.GET.get("before", "")
    state = AdjustmentState(asked) if asked in list(AdjustmentState) else None
    found = list_adjustments(state=state, limit=ROWS + 1, before=read_id(place))
    context = {
        "rows": rows_of(found[:ROWS], request, with_people=True),
        "tabs": tabs("adjustments"),
        "chips": _chips(asked if state else ""),
        "newest": _address(asked) if place else "",
        "earlier": f"{_address(asked)}&{urlencode({'before': str(found[ROWS - 1].id)})}" if len(found) > ROWS else "",
        "back": request.get_full_path(),
        "is_waiting": state is AdjustmentState.AWAITING,
    }
    return render(request, "console/loyalty/adjustments.html", context)


@needs("loyalty.manage")
@require_POST
def approve(request: HttpRequest, adjustment_id: UUID) -> HttpResponse:
    """Let what somebody else has asked for be posted."""
    who = acting(request)
    get_adjustment(adjustment_id)
    try:
        approve_adjustment(adjustment_id=adjustment_id, now=who.now, actor=who.actor, authority=authority_of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The adjustment is posted."))
    return redirect("console:members.adjustments")


@needs("loyalty.adjust")
@require_POST
def refuse(request: HttpRequest, adjustment_id: UUID) -> HttpResponse:
    """Let what was asked for not be posted; who asked may take it back."""
    who, found = acting(request), get_adjustment(adjustment_id)
    if found.asked_by != str(who.actor) and not request.user.has_perm("loyalty.manage"):
        raise PermissionDenied
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:500]
    try:
        refuse_adjustment(
            adjustment_id=adjustment_id,
            reason=reason,
            now=who.now,
            actor=who.actor,
            authority=authority_of(request),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, gettext("The adjustment is not posted."))
    return redirect("console:members.adjustments")


def authority_of(request: HttpRequest) -> Authority:
    """Return as what somebody acts."""
    return Authority(role=str(person_of(request).role))


def rows_of(found: Sequence[Adjustment], request: HttpRequest, *, with_people: bool = False) -> list[Row]:
    """Return adjustments as lists show them."""
    me = str(acting(request).actor)
    people = people_of({each.member_id for each in found}) if with_people else {}
    names = map_names({each.asked_by for each in found} | {each.decided_by for each in found if each.decided_by})
    versions = list_versions_at(acting(request).now)
    currencies = {each.key: each.name for version in versions for each in version.document.currencies}
    may_manage, may_adjust = request.user.has_perm("loyalty.manage"), request.user.has_perm("loyalty.adjust")
    rows = []
    for each in found:
        words, tone = ADJUSTMENT_WORDS[each.state]
        waits, is_own = each.state is AdjustmentState.AWAITING, each.asked_by == me
        rows.append(
            Row(
                found=each,
                id=str(each.id),
                points=signed(each.points),
                currency=currencies.get(each.currency, each.currency),
                state=gettext(words),
                tone=tone,
                person=people.get(each.member_id),
                asked_by=names.get(each.asked_by, each.asked_by),
                decided_by=names.get(each.decided_by, each.decided_by) if each.decided_by else "",
                may_approve=waits and may_manage and not is_own,
                may_refuse=waits and (may_manage or (is_own and may_adjust)),
                is_own=is_own,
            )
        )
    return rows


def _address(state: str) -> str:
    return f"{reverse('console:members.adjustments')}?{urlencode({'state': state})}"


def _chips(asked: str) -> list[dict[str, Any]]:
    found = [
        {"text": gettext(words), "address": _address(state.value), "current": state.value == asked}
        for state, (words, _) in ADJUSTMENT_WORDS.items()
    ]
    found.sort(key=lambda chip: chip["address"] != _address(AdjustmentState.AWAITING.value))
    return [*found, {"text": gettext("Everything"), "address": _address("all"), "current": not asked}]
