"""Jobs of exports."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from regulars.exports.carrying_on import carry_on as do_the_work
from regulars.exports.deferring import TASK, defer_work
from regulars.exports.services import forget_files
from regulars.exports.statements import rows_of
from regulars.stream.long_work import is_at_work

# A file of what is known of customers lies about no longer than it takes to fetch it.
FILES_KEPT = timedelta(days=7)

log = structlog.get_logger(__name__)


@app.task(name=TASK, pass_context=True)
def carry_on(context: JobContext, export_id: str) -> None:
    """Do what is left of an export. Where this worker is to stop, another goes on."""
    # One that gets on may take longer than five workers live; one that does not is given up by its own count.
    rows_of("count_anew", {"job": context.job.id, "export": export_id})
    if not do_the_work(UUID(export_id), clock=timezone.now, should_stop=context.should_abort):
        log.info("export_interrupted", export_id=export_id)


@app.periodic(cron="* * * * * */15")
@app.task(name="exports.take_up", queueing_lock="exports.take_up")
def take_up(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Have exports done that are under way and that nobody does."""
    for (export_id,) in rows_of("left_alone", {"task": TASK}):
        # A command does its work itself, without a job.
        if not is_at_work(export_id):
            defer_work(export_id)
            log.warning("export_taken_up", export_id=str(export_id))


@app.periodic(cron="11 * * * *")
@app.task(name="exports.forget_files", queueing_lock="exports.forget_files")
def forget_old_files(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Remove the files of exports that ended a while ago."""
    now = timezone.now()
    forget_files(now=now, ended_before=now - FILES_KEPT)
