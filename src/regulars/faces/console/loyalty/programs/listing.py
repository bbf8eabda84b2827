"""The programmes: the one there is, the choice where there are several, and the first step where there is none."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.kit import formats
from regulars.kit.i18n import gettext, ngettext
from regulars.loyalty.definitions import queries, services
from regulars.loyalty.definitions.contracts import ProgramSummary
from regulars.loyalty.definitions.example import EXAMPLE


@needs("loyalty.read")
@require_safe
def programs(request: HttpRequest) -> HttpResponse:
    """Show the programmes; where there is one, and nobody asks for the list, that one."""
    found = [each for each in queries.list_programs() if each.newest_number or each.has_draft]
    if len(found) == 1 and "all" not in request.GET:
        return redirect("console:loyalty.program", found[0].key)
    context = {
        "programs": [_line(each) for each in found],
        "sentence": _sentence(len(found)),
        "may_manage": request.user.has_perm("loyalty.manage"),
    }
    return render(request, "console/loyalty/programs/programs.html", context)


@needs("loyalty.manage")
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make a draft from the example programme, to be changed into the business's own."""
    who = acting(request)
    try:
        draft = services.save_draft(text=EXAMPLE, expected_digest="", now=who.now, actor=who.actor)
    except services.DraftChanged as error:
        messages.error(request, error.message)
        return redirect("console:loyalty.programs")
    messages.success(request, gettext("A draft is made from the example. Nobody earns by it until it is published."))
    return redirect("console:loyalty.rules", draft.program_key)


def _line(each: ProgramSummary) -> dict[str, Any]:
    in_force = queries.get_version_at(each.key, timezone.now())
    if in_force is not None:
        state, tone = gettext("In force"), "good"
    elif each.newest_number:
        state, tone = gettext("Published for later"), "info"
    else:
        state, tone = gettext("Only a draft"), "attention"
    return {
        "name": each.name,
        "key": each.key,
        "address": reverse("console:loyalty.program", args=[each.key]),
        "state": state,
        "tone": tone,
        "version": formats.number(each.newest_number) if each.newest_number else formats.MISSING,
        "has_draft": each.has_draft,
        "created_at": each.created_at,
    }


def _sentence(count: int) -> str:
    if not count:
        return gettext("What customers earn for staying, and what they spend it on.")
    words = ngettext("This business has {count} programme.", "This business has {count} programmes.", count)
    return words.format(count=formats.number(count))
