"""Have a report made again and again, by night."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from regulars.business.queries import get_business
from regulars.insights.models import ReportSchedule as ScheduleRow
from regulars.insights.reports.asking import request_report
from regulars.insights.reports.contracts import Every, Plan, Schedule
from regulars.insights.reports.due import due_on, night_of
from regulars.insights.reports.kept import columns_of, plan_of, schedule_of, wishes_of
from regulars.insights.reports.queries import NoSuchSchedule, has_purchases
from regulars.insights.reports.wishing import checked_plan
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.staff.services import record
from regulars.stream.contracts import Actor, system

MOST_SCHEDULES = 50
log = structlog.get_logger(__name__)

# What of a plan says when it is due.
_PATTERN = ("every", "weekday", "is_paused")


class TooManySchedules(DomainError):
    """There are so many schedules that their reports would fill the night."""

    code = "too_many_schedules"


@transaction.atomic
def save_schedule(*, schedule_id: UUID, plan: Plan, now: datetime, actor: Actor) -> Schedule:
    """Make a schedule, or let it do something else from now on; what it did until now stays.

    Raises
    ------
    WrongReport
        What it is to do cannot be meant.
    TooManySchedules
        There are as many as there may be.
    """
    told = checked_plan(plan)
    row = _find(schedule_id)
    before = plan_of(row) if row else None
    if row is None:
        if ScheduleRow.objects.count() >= MOST_SCHEDULES:
            raise TooManySchedules(gettext("There are as many schedules as there may be; remove one first."))
        row = ScheduleRow(id=schedule_id, created_by=str(actor), created_at=now)
    if before is None or any(getattr(before, name) != getattr(told, name) for name in _PATTERN):
        # It begins with the next night that it names, and does not make up for what it was not to do.
        row.done_until = night_of(now, get_business().zone_info)
    row.every, row.weekday = told.every.value, told.weekday
    row.told, row.is_paused = list(told.told), told.is_paused
    for name, value in columns_of(told.wishes).items():
        setattr(row, name, value)
    if told != before:
        row.save()
        details = {"every": told.every.value, "told": len(told.told), "is_new": before is None}
        record(actor, "report_schedule.saved", "report_schedule", row.id, now=now, details=details)
    return schedule_of(row)


@transaction.atomic
def pause_schedule(*, schedule_id: UUID, now: datetime, actor: Actor) -> Schedule:
    """Let a schedule rest; again it changes nothing.

    Raises
    ------
    NoSuchSchedule
        There is none.
    """
    row = _locked(schedule_id)
    if not row.is_paused:
        row.is_paused = True
        row.save(update_fields=["is_paused"])
        record(actor, "report_schedule.paused", "report_schedule", row.id, now=now)
    return schedule_of(row)


@transaction.atomic
def resume_schedule(*, schedule_id: UUID, now: datetime, actor: Actor) -> Schedule:
    """Let a schedule go on with the next night that it names; again it changes nothing.

    Raises
    ------
    NoSuchSchedule
        There is none.
    """
    row = _locked(schedule_id)
    if row.is_paused:
        row.is_paused, row.done_until = False, night_of(now, get_business().zone_info)
        row.save(update_fields=["is_paused", "done_until"])
        record(actor, "report_schedule.resumed", "report_schedule", row.id, now=now)
    return schedule_of(row)


@transaction.atomic
def remove_schedule(*, schedule_id: UUID, now: datetime, actor: Actor) -> Schedule:
    """Remove a schedule; the reports that it has made stay.

    Raises
    ------
    NoSuchSchedule
        There is none.
    """
    row = _locked(schedule_id)
    removed = schedule_of(row)
    row.delete()
    record(actor, "report_schedule.removed", "report_schedule", schedule_id, now=now)
    return removed


@transaction.atomic
def ask_for_due(*, now: datetime) -> int:
    """Ask for the reports whose night has come, each once however many ask; return how many.

    Where nothing has been bought yet there is nothing to report on, and the night passes.
    """
    zone = get_business().zone_info
    any_purchase, asked = has_purchases(), 0
    for row in ScheduleRow.objects.select_for_update(no_key=True).filter(is_paused=False).order_by("created_at", "id"):
        day = due_on(row.done_until, Every(row.every), row.weekday, now=now, zone=zone)
        if day is None:
            continue
        row.done_until = day
        row.save(update_fields=["done_until"])
        asked += any_purchase and _ask(row, day, now)
    return asked


def _ask(row: ScheduleRow, day: date, now: datetime) -> bool:
    """Ask for the report of a night; tell whether it can still be meant."""
    before, actor = day - timedelta(days=1), system("insights")
    try:
        # What one schedule is refused hinders no other.
        with transaction.atomic():
            request_report(wishes=wishes_of(row), as_of=before, now=now, actor=actor, schedule_id=row.id)
    except DomainError as error:
        log.warning("scheduled_report_refused", schedule_id=str(row.id), code=error.code)
        return False
    return True


def _find(schedule_id: UUID) -> ScheduleRow | None:
    return ScheduleRow.objects.select_for_update(no_key=True).filter(id=schedule_id).first()


def _locked(schedule_id: UUID) -> ScheduleRow:
    row = _find(schedule_id)
    if row is None:
        raise NoSuchSchedule(gettext("There is no such schedule."))
    return row
