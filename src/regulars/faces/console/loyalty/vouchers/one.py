"""One voucher: looked up by its code, what stands of it, its uses, and its withdrawal."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.loyalty.members.naming import people_of
from regulars.faces.console.loyalty.rewards.words import off_words, product_names
from regulars.faces.console.loyalty.vouchers.listing import page_with
from regulars.faces.console.loyalty.vouchers.words import last_day_of, use_words, voucher_words
from regulars.faces.console.permission import needs
from regulars.faces.console.zone import business_of
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.queries import list_versions_at
from regulars.loyalty.rewards.codes import looks_mistyped
from regulars.loyalty.rewards.overseeing import list_uses_of
from regulars.loyalty.rewards.queries import find_voucher, get_voucher
from regulars.loyalty.rewards.services import withdraw_voucher
from regulars.staff.services import record

USES = 50
LONGEST_CODE = 100


@needs("loyalty.write")
@require_POST
def look_up(request: HttpRequest) -> HttpResponse:
    """Find a code, and go to its page; a code stands in no address, since addresses stand in logs."""
    code = request.POST.get("code", "").replace("\0", "")[:LONGEST_CODE]
    found = find_voucher(code) if code.strip() else None
    if found is None:
        wrong = gettext("There is no such code.")
        if looks_mistyped(code):
            wrong = gettext("This code is mistyped: one of its characters is wrong.")
        return page_with(request, wrong=wrong, code=code)
    return redirect("console:voucher", found.id)


@needs("loyalty.write")
@require_safe
def voucher(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Show a voucher with its uses; that somebody looked at its code is on the audit trail."""
    found, who = get_voucher(voucher_id), acting(request)
    record(who.actor, "voucher.viewed", "voucher", found.id, now=who.now)
    version = next((each for each in list_versions_at(who.now) if each.program_id == found.program_id), None)
    all_series = version.document.vouchers if version else ()
    series = next((each for each in all_series if each.key == found.series), None)
    uses = list_uses_of(found.id, limit=USES)
    people = people_of({each for each in (found.member_id, *(use.member_id for use in uses)) if each})
    state, tone = voucher_words(found, series, who.now)
    context = {
        "found": found,
        "series": series,
        "off": off_words(series.off, product_names(version.document)) if series and version else "",
        "until": last_day_of(found, version.zone if version else business_of(request).zone_info),
        "state": state,
        "tone": tone,
        "owner": people.get(found.member_id) if found.member_id else None,
        "uses": [(use, *use_words(use, who.now), people.get(use.member_id) if use.member_id else None) for use in uses],
        "may_withdraw": found.withdrawn_at is None and request.user.has_perm("loyalty.manage"),
        "trail": [(gettext("Vouchers"), reverse("console:vouchers"))],
    }
    return render(request, "console/loyalty/voucher.html", context)


@needs("loyalty.manage")
@require_POST
def withdraw(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Let a code be good no more."""
    who = acting(request)
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:500] or gettext("by hand")
    withdraw_voucher(voucher_id=voucher_id, reason=reason, now=who.now, actor=who.actor)
    messages.success(request, gettext("The code is withdrawn."))
    return redirect("console:voucher", voucher_id)
