"""Reports: ask for one, look how far it is, fetch it, remove it; and the schedules that ask for them by night.

The scopes are those of insights: a report tells no more than `insights.read` shows, and asks for the same work as
`insights.run`.
"""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of
from regulars.faces.api.paging import CursorText, Limit, time_and_id
from regulars.faces.api.schemas.reports import (
    KeptReportOut,
    KeptReportsOut,
    ReportIn,
    ScheduleIn,
    ScheduleOut,
    SchedulesOut,
)
from regulars.insights.reports import asking, queries, scheduling
from regulars.kit.pagination import page_of

reports = Resource("Reports")
_LIST = "reports"


@reports.post("/reports", scope="insights.run", answer=KeptReportOut)
def ask_for_report(request: HttpRequest, body: Annotated[ReportIn, JsonBody(...)]) -> Any:
    """Have a report made in the background; it is kept until it is removed. One is made after the other."""
    asked = asking.request_report(wishes=body.wishes(), as_of=body.as_of, now=timezone.now(), actor=actor_of(request))
    return KeptReportOut.of(asked)


@reports.get("/reports", scope="insights.read", answer=KeptReportsOut)
def list_reports(request: HttpRequest, limit: Limit, cursor: CursorText) -> Any:
    """List the reports, the latest first."""
    found = queries.list_reports(limit=limit + 1, before=time_and_id(_LIST, cursor))
    page = page_of(found, limit=limit, name=_LIST, place=lambda each: (each.requested_at.isoformat(), str(each.id)))
    return {"items": [KeptReportOut.of(each) for each in page.items], "next": page.next}


@reports.get("/reports/{report_id}", scope="insights.read", answer=KeptReportOut)
def get_kept_report(request: HttpRequest, report_id: UUID) -> Any:
    """Return a report: how far it has come, or whether it can be had."""
    return KeptReportOut.of(queries.get_report(report_id))


@reports.download("/reports/{report_id}/page", scope="insights.read", media=("text/html",))
def download_report_page(request: HttpRequest, report_id: UUID) -> Any:
    """Fetch the page, a file that needs nothing else; who fetched it is on the audit trail."""
    found = asking.download_report(report_id=report_id, form="html", now=timezone.now(), actor=actor_of(request))
    return _file(found.page, "text/html; charset=utf-8", f"report-{report_id}.html")


@reports.download("/reports/{report_id}/json", scope="insights.read", media=("application/json",))
def download_report_json(request: HttpRequest, report_id: UUID) -> Any:
    """Fetch the JSON, as `regulars report --json` writes it; who fetched it is on the audit trail."""
    found = asking.download_report(report_id=report_id, form="json", now=timezone.now(), actor=actor_of(request))
    return _file(found.json, "application/json", f"report-{report_id}.json")


@reports.delete("/reports/{report_id}", scope="insights.run", answer=KeptReportOut)
def remove_report(request: HttpRequest, report_id: UUID) -> Any:
    """Remove a report with all that it holds; the making of one that is under way ends."""
    return KeptReportOut.of(asking.remove_report(report_id=report_id, now=timezone.now(), actor=actor_of(request)))


@reports.get("/report-schedules", scope="insights.read", answer=SchedulesOut)
def list_report_schedules(request: HttpRequest) -> Any:
    """List the schedules, the newest first."""
    return {"items": [ScheduleOut.of(each) for each in queries.list_schedules()]}


@reports.put("/report-schedules/{schedule_id}", scope="insights.run", answer=ScheduleOut)
def put_report_schedule(request: HttpRequest, schedule_id: UUID, body: Annotated[ScheduleIn, JsonBody(...)]) -> Any:
    """Make a schedule under an id of your own, or let it do something else from now on."""
    saved = scheduling.save_schedule(
        schedule_id=schedule_id, plan=body.plan(), now=timezone.now(), actor=actor_of(request)
    )
    return ScheduleOut.of(saved)


@reports.delete("/report-schedules/{schedule_id}", scope="insights.run", answer=ScheduleOut)
def remove_report_schedule(request: HttpRequest, schedule_id: UUID) -> Any:
    """Remove a schedule; the reports that it has made stay."""
    removed = scheduling.remove_schedule(schedule_id=schedule_id, now=timezone.now(), actor=actor_of(request))
    return ScheduleOut.of(removed)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
