"""Ask for a report, and remove one."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from regulars.business.queries import get_business
from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent as ContentRow
from regulars.insights.reports.contracts import Content, KeptReport, ReportState, Wishes
from regulars.insights.reports.deferring import defer_work
from regulars.insights.reports.kept import columns_of, report_of
from regulars.insights.reports.queries import NoSuchReport, count_under_way, get_content
from regulars.insights.reports.wishing import checked, checked_day
from regulars.insights.services import last_whole_day
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.staff.services import record
from regulars.stream.contracts import Actor

# One is made after the other, and each takes its minutes in a large shop.
MOST_UNDER_WAY = 20


class TooManyReports(DomainError):
    """So many reports are waiting to be made that another one would wait for long."""

    code = "too_many_reports"


@transaction.atomic
def request_report(
    *,
    wishes: Wishes,
    as_of: date | None = None,
    now: datetime,
    actor: Actor,
    schedule_id: UUID | None = None,
) -> KeptReport:
    """Have a report made in the background, as of a day, or of yesterday in the business's zone.

    Raises
    ------
    WrongReport
        What is asked cannot be meant.
    TooManyReports
        Many wait already; a schedule's is made all the same.
    """
    told = checked(wishes)
    day = last_whole_day(get_business(), now) if as_of is None else checked_day(as_of, now=now)
    if schedule_id is None and count_under_way() >= MOST_UNDER_WAY:
        raise TooManyReports(gettext("Many reports are waiting to be made; ask again when some are ready."))
    row = ReportRow.objects.create(
        id=new_id(),
        state=ReportState.WAITING.value,
        as_of=day,
        requested_by=str(actor),
        requested_at=now,
        schedule_id=schedule_id,
        **columns_of(told),
    )
    details = {"as_of": day.isoformat()} | ({"schedule": str(schedule_id)} if schedule_id else {})
    record(actor, "report.requested", "report", row.id, now=now, details=details)
    defer_work(row.id)
    return report_of(row)


@transaction.atomic
def open_report(*, report_id: UUID, now: datetime, actor: Actor) -> Content:
    """Return what a report holds, to be looked at; it names people, so it is on the audit trail.

    Raises
    ------
    NoSuchReport
        There is none.
    ReportNotReady
        It is still being made, or could not be.
    """
    content = get_content(report_id)
    record(actor, "report.opened", "report", report_id, now=now)
    return content


@transaction.atomic
def download_report(*, report_id: UUID, form: str, now: datetime, actor: Actor) -> Content:
    """Return what a report holds, to be taken along in a form, `html` or `json`; it is on the audit trail.

    Raises
    ------
    NoSuchReport
        There is none.
    ReportNotReady
        It is still being made, or could not be.
    """
    content = get_content(report_id)
    record(actor, "report.downloaded", "report", report_id, now=now, details={"form": form})
    return content


@transaction.atomic
def remove_report(*, report_id: UUID, now: datetime, actor: Actor) -> KeptReport:
    """Remove a report with all that it holds; the making of one that is under way ends.

    Raises
    ------
    NoSuchReport
        There is none.
    """
    row = ReportRow.objects.select_for_update(no_key=True).filter(id=report_id).first()
    if row is None:
        raise NoSuchReport(gettext("There is no such report."))
    removed = report_of(row)
    ContentRow.objects.filter(report_id=report_id).delete()
    row.delete()
    record(actor, "report.removed", "report", report_id, now=now, details={"state": removed.state.value})
    return removed
