"""Jobs of insights."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from regulars.insights.carrying_on import carry_on as do_the_work
from regulars.insights.contracts import Trigger
from regulars.insights.deferring import TASK, defer_work
from regulars.insights.moving import move_customers
from regulars.insights.services import RunUnderWay, is_due, request_run
from regulars.insights.statements import rows_of
from regulars.stream.contracts import system
from regulars.stream.long_work import is_at_work

log = structlog.get_logger(__name__)


@app.task(name=TASK, pass_context=True)
def carry_on(context: JobContext, run_id: str) -> None:
    """Do a run. Where this worker is to stop, another begins it anew."""
    if not do_the_work(UUID(run_id), clock=timezone.now, should_stop=context.should_abort, in_own_process=True):
        log.info("insights_run_interrupted", run_id=run_id)


@app.periodic(cron="7 * * * *")
@app.task(name="insights.nightly", queueing_lock="insights.nightly")
def begin_nightly(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Begin the nightly run, once the night is so far in the business's zone."""
    now = timezone.now()
    if not is_due(now=now):
        return
    try:
        request_run(now=now, actor=system("insights"), trigger=Trigger.NIGHTLY)
    except RunUnderWay:
        log.info("insights_run_under_way")


@app.periodic(cron="* * * * * */15")
@app.task(name="insights.take_up", queueing_lock="insights.take_up")
def take_up(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Have runs done that are under way and that nobody does, and move the customers who wait for a run's end."""
    for (run_id,) in rows_of("left_alone", {"task": TASK}):
        # A command does its work itself, without a job.
        if not is_at_work(run_id):
            defer_work(run_id)
            log.warning("insights_run_taken_up", run_id=str(run_id))
    [(any_waiting,)] = rows_of("any_waiting")
    if any_waiting:
        move_customers((), now=timezone.now())
