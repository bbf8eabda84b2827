"""Whom to tell that a scheduled report has been made, or could not be."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportSchedule as ScheduleRow
from regulars.insights.reports.wishing import may_be_told


@transaction.atomic
def take_told(*, report_id: UUID, now: datetime) -> tuple[UUID, ...]:
    """Return the people of the staff who are to be told of a report, each once; a second time there are none.

    Who may no longer see reports is not told.
    """
    row = ReportRow.objects.select_for_update(no_key=True).filter(id=report_id, told_at=None).first()
    if row is None or row.schedule_id is None:
        return ()
    schedule = ScheduleRow.objects.get(id=row.schedule_id)
    row.told_at = now
    row.save(update_fields=["told_at"])
    allowed = may_be_told()
    return tuple(each for each in schedule.told if each in allowed)
