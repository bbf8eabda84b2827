"""Jobs of imports."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from regulars.imports.carrying_on import carry_on as do_the_work
from regulars.imports.deferring import TASK, defer_work
from regulars.imports.services import forget_files
from regulars.imports.statements import rows_of
from regulars.stream.long_work import is_at_work

# What stands in a file is kept no longer than it takes to look at what was refused.
FILES_KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


@app.task(name=TASK, pass_context=True)
def carry_on(context: JobContext, import_id: str) -> None:
    """Do what is left of an import. Where this worker is to stop, another goes on."""
    # A file that gets on may take longer than five workers live; one that does not is given up by its own count.
    rows_of("count_anew", {"job": context.job.id, "import": import_id})
    if not do_the_work(UUID(import_id), clock=timezone.now, should_stop=context.should_abort):
        log.info("import_interrupted", import_id=import_id)


@app.periodic(cron="* * * * * */15")
@app.task(name="imports.take_up", queueing_lock="imports.take_up")
def take_up(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Have imports done that are under way and that nobody does."""
    for (import_id,) in rows_of("left_alone", {"task": TASK}):
        # A command does its work itself, without a job.
        if not is_at_work(import_id):
            defer_work(import_id)
            log.warning("import_taken_up", import_id=str(import_id))


@app.periodic(cron="41 3 * * *")
@app.task(name="imports.forget_files", queueing_lock="imports.forget_files")
def forget_old_files(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Remove the files of imports that ended a while ago."""
    now = timezone.now()
    forget_files(now=now, ended_before=now - FILES_KEPT)
