"""What the nightly runs found, as reports: rendered from what each has kept, without a new analysis."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from regulars.faces.console.acting import acting
from regulars.faces.console.paging import read_id_place, write_place
from regulars.faces.console.permission import needs
from regulars.faces.console.reporting.naming import with_names
from regulars.faces.console.reporting.serving import as_file, as_page
from regulars.faces.console.zone import business_of
from regulars.insights.contracts import ReportJson, Run, RunState
from regulars.insights.queries import NoSuchRun, find_report, get_run, has_purchases, list_runs
from regulars.insights.reports.written import json_text
from regulars.kit.i18n import gettext
from regulars.report.contracts import Report
from regulars.report.json_form import from_json
from regulars.report.page.render import content_policy, render_html
from regulars.staff.services import record

ROWS = 30


@needs("insights.read")
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """Show the runs, the latest first, each with its report."""
    place = request.GET.get("before", "")
    found = list_runs(limit=ROWS + 1, before=read_id_place(place) if place else None)
    address, earlier = reverse("console:reports.runs"), ""
    if len(found) > ROWS:
        last = found[ROWS - 1]
        earlier = f"{address}?{urlencode({'before': write_place(last.started_at, last.id)})}"
    context = {
        "runs": [(each, each.state is RunState.SUCCEEDED) for each in found[:ROWS]],
        "no_orders": not found and not has_purchases(),
        "trail": [(gettext("Reports"), reverse("console:reports"))],
        "newest": address if place else "",
        "earlier": earlier,
    }
    return render(request, "console/report_runs.html", context)


@needs("insights.read")
@require_safe
def page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Open the report of a run, to be read and printed."""
    found, report = _found(run_id)
    content = _rendered(request, with_names(from_json(report), request))
    _note(request, found, "report.opened")
    return as_page(content, content_policy())


@needs("insights.read")
@require_safe
def html(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Send the report of a run as a file that needs nothing else."""
    found, report = _found(run_id)
    content = _rendered(request, from_json(report))
    _note(request, found, "report.downloaded")
    return as_file(content, "html", f"report-{found.as_of}")


@needs("insights.read")
@require_safe
def json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Send what a run found as a file for programs."""
    found, report = _found(run_id)
    text = json_text(from_json(report), language=business_of(request).language)
    _note(request, found, "report.downloaded")
    return as_file(text.encode(), "json", f"report-{found.as_of}")


def _found(run_id: UUID) -> tuple[Run, ReportJson]:
    run, report = get_run(run_id), find_report(run_id)
    if report is None:
        raise NoSuchRun(gettext("There is no such run, or it found nothing."))
    return run, report


def _rendered(request: HttpRequest, report: Report) -> bytes:
    """Return the page of what a run has kept, in the language in which it was said then, the business's."""
    return render_html(report, language=business_of(request).language).encode()


def _note(request: HttpRequest, run: Run, action: str) -> None:
    """Put on the trail who has seen what; it names people."""
    who = acting(request)
    record(who.actor, action, "insights_run", run.id, now=who.now)
