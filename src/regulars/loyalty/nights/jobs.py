"""Jobs of the nights."""

from __future__ import annotations

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from regulars.loyalty.nights.queries import list_due
from regulars.loyalty.nights.services import NightUnderWay, run_nights
from regulars.stream.contracts import system

TASK = "loyalty.run_nights"

log = structlog.get_logger(__name__)


@app.periodic(cron="*/5 * * * *")
@app.task(name="loyalty.begin_nights", queueing_lock="loyalty.begin_nights")
def begin_nights(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Have the nights lived that are due, each programme's by a job of its own: midnight comes by zone."""
    for program in list_due(timezone.now()):
        lock = f"{TASK} {program}"
        try:
            app.configure_task(TASK, lock=lock, queueing_lock=lock).defer(program=program)
        except AlreadyEnqueued:
            # It waits for a worker already.
            log.info("loyalty_nights_wait", program=program)


@app.task(name=TASK, pass_context=True)
def run_nights_of(context: JobContext, program: str) -> None:
    """Live the nights of a programme that are due. Where this worker is to stop, or is killed, another goes on."""
    try:
        lived = run_nights(
            program=program, clock=timezone.now, actor=system("loyalty"), should_stop=context.should_abort
        )
    except NightUnderWay:
        log.info("loyalty_nights_under_way", program=program)
        return
    log.info("loyalty_nights_lived", program=program, nights=len(lived))
