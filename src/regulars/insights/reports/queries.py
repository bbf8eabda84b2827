"""Read kept reports, what they hold, and schedules."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent as ContentRow
from regulars.insights.models import ReportSchedule as ScheduleRow
from regulars.insights.reports.contracts import UNDER_WAY, Content, KeptReport, ReportState, Schedule
from regulars.insights.reports.kept import report_of, schedule_of
from regulars.insights.statements import rows_of
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class NoSuchReport(DomainError):
    """No report has this id."""

    code = "no_such_report"


class NoSuchSchedule(DomainError):
    """No schedule has this id."""

    code = "no_such_schedule"


class ReportNotReady(DomainError):
    """A report is still being made, or could not be."""

    code = "report_not_ready"


def get_report(report_id: UUID) -> KeptReport:
    """Return a report.

    Raises
    ------
    NoSuchReport
        There is none.
    """
    row = ReportRow.objects.filter(id=report_id).first()
    if row is None:
        raise NoSuchReport(gettext("There is no such report."))
    return report_of(row)


def list_reports(*, limit: int, before: tuple[datetime, UUID] | None = None) -> list[KeptReport]:
    """Return reports, the latest first, those of the same moment by id; after a moment and id in that order."""
    rows = ReportRow.objects.order_by("-requested_at", "id")
    if before is not None:
        moment, identity = before
        rows = rows.filter(requested_at__lte=moment).exclude(requested_at=moment, id__lte=identity)
    return [report_of(row) for row in rows[:limit]]


def count_under_way() -> int:
    """Return how many reports wait or are being made."""
    return ReportRow.objects.filter(state__in=[state.value for state in UNDER_WAY]).count()


def get_content(report_id: UUID) -> Content:
    """Return what a report holds.

    Raises
    ------
    NoSuchReport
        There is none.
    ReportNotReady
        It is still being made, or could not be.
    """
    found = get_report(report_id)
    row = ContentRow.objects.filter(report_id=report_id).first()
    if found.state is not ReportState.READY or row is None:
        raise ReportNotReady(
            gettext("The report is still being made.")
            if found.state in UNDER_WAY
            else gettext("The report could not be made; it says why.")
        )
    return Content(page=zlib.decompress(row.page), policy=row.policy, json=zlib.decompress(row.json))


def has_purchases() -> bool:
    """Tell whether any customer has bought anything, so that there is something to report on."""
    [(found,)] = rows_of("any_purchase")
    return bool(found)


def list_reports_naming(customer_ids: Collection[UUID]) -> list[KeptReport]:
    """Return the reports whose lists of people name a customer, under any of its ids, the oldest first."""
    rows = ContentRow.objects.filter(named__overlap=list(customer_ids)).values_list("report_id", flat=True)
    return [report_of(row) for row in ReportRow.objects.filter(id__in=list(rows)).order_by("requested_at", "id")]


def list_runs_naming(customer_ids: Collection[UUID]) -> list[date]:
    """Return as of which days runs have a report whose lists of people name a customer, the oldest first."""
    return [as_of for _, as_of in rows_of("runs_naming", {"customers": [str(each) for each in customer_ids]})]


def get_schedule(schedule_id: UUID) -> Schedule:
    """Return a schedule.

    Raises
    ------
    NoSuchSchedule
        There is none.
    """
    row = ScheduleRow.objects.filter(id=schedule_id).first()
    if row is None:
        raise NoSuchSchedule(gettext("There is no such schedule."))
    return schedule_of(row)


def list_schedules() -> list[Schedule]:
    """Return the schedules, the newest first; there are few."""
    return [schedule_of(row) for row in ScheduleRow.objects.order_by("-created_at", "id")]
