"""One report: under way, ready or failed; opened, taken along, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from regulars.faces.console.acting import acting
from regulars.faces.console.permission import needs
from regulars.faces.console.reporting.naming import with_names_today
from regulars.faces.console.reporting.serving import as_file, as_page
from regulars.faces.console.reporting.words import STATE_WORDS, wishes_in_words
from regulars.insights.reports import asking, queries
from regulars.insights.reports.contracts import UNDER_WAY, KeptReport, ReportState
from regulars.kit import formats
from regulars.kit.i18n import gettext
from regulars.report.wording import count_of_customers, count_of_orders
from regulars.staff.queries import map_names


@needs("insights.read")
@require_safe
def one(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show a report, or only how far it is, where that part of the page asks."""
    found = queries.get_report(report_id)
    if request.headers.get("HX-Target") == "progress":
        if found.state not in UNDER_WAY:
            return HttpResponseClientRefresh()
        return render(request, "console/_report_progress.html", {"found": found})
    return render(request, "console/report.html", _known(found) | {"may_run": request.user.has_perm("insights.run")})


@needs("insights.read")
@require_safe
def page(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Open the report itself, to be read and printed."""
    who = acting(request)
    content = asking.open_report(report_id=report_id, now=who.now, actor=who.actor)
    language = queries.get_report(report_id).wishes.language
    return as_page(*with_names_today(content, request, language=language))


@needs("insights.read")
@require_safe
def html(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Send the page as a file that needs nothing else."""
    who = acting(request)
    content = asking.download_report(report_id=report_id, form="html", now=who.now, actor=who.actor)
    return as_file(content.page, "html", f"report-{queries.get_report(report_id).as_of}")


@needs("insights.read")
@require_safe
def json(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Send what the report says as a file for programs."""
    who = acting(request)
    content = asking.download_report(report_id=report_id, form="json", now=who.now, actor=who.actor)
    return as_file(content.json, "json", f"report-{queries.get_report(report_id).as_of}")


@needs("insights.run")
@require_POST
def remove(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Remove a report with all that it holds."""
    who = acting(request)
    removed = asking.remove_report(report_id=report_id, now=who.now, actor=who.actor)
    messages.success(request, gettext("The report “{title}” is removed.").format(title=removed.wishes.title))
    return redirect("console:reports")


def _known(found: KeptReport) -> dict[str, Any]:
    state, tone = STATE_WORDS[found.state]
    return {
        "found": found,
        "state": gettext(state),
        "tone": tone,
        "sentence": _sentence(found),
        "who": gettext("a schedule") if found.schedule_id else map_names({found.requested_by})[found.requested_by],
        "asked": wishes_in_words(found.wishes),
        "trail": [(gettext("Reports"), reverse("console:reports"))],
        "is_under_way": found.state in UNDER_WAY,
        "is_ready": found.state is ReportState.READY,
    }


def _sentence(found: KeptReport) -> str:
    day = formats.day(found.as_of)
    if found.state is not ReportState.READY:
        return gettext("As of {day}").format(day=day)
    return gettext("It tells of {customers} with {orders}, as of {day}.").format(
        customers=count_of_customers(found.customers), orders=count_of_orders(found.orders), day=day
    )
