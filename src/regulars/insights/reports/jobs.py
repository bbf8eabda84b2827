"""Jobs of reports."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from regulars.insights.reports.carrying_on import carry_on
from regulars.insights.reports.deferring import TASK, defer_work
from regulars.insights.reports.scheduling import ask_for_due
from regulars.stream.database import rows_from
from regulars.stream.long_work import is_at_work

_rows_of = rows_from(Path(__file__).parents[1] / "sql" / "reports.sql")
log = structlog.get_logger(__name__)


@app.task(name=TASK, pass_context=True)
def make_report(context: JobContext, report_id: str) -> None:
    """Make a report. Where this worker is to stop, another begins it anew."""
    if not carry_on(UUID(report_id), clock=timezone.now, should_stop=context.should_abort, in_own_process=True):
        log.info("report_interrupted", report_id=report_id)


@app.periodic(cron="19 * * * *")
@app.task(name="insights.ask_for_due_reports", queueing_lock="insights.ask_for_due_reports")
def begin_due(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Ask for the reports of schedules whose night has come in the business's zone."""
    asked = ask_for_due(now=timezone.now())
    if asked:
        log.info("reports_asked_for", reports=asked)


@app.periodic(cron="* * * * * */15")
@app.task(name="insights.take_up_reports", queueing_lock="insights.take_up_reports")
def take_up(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Have reports made that nobody makes, though they were asked for."""
    for (report_id,) in _rows_of("left_alone", {"task": TASK}):
        # A command does its work itself, without a job.
        if not is_at_work(report_id):
            defer_work(report_id)
            log.warning("report_taken_up", report_id=str(report_id))
