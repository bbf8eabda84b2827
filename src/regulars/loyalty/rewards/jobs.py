"""Jobs of the rewards."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from regulars.loyalty.rewards import batches, guessing, undoing

log = structlog.get_logger(__name__)


@app.task(name=batches.TASK, pass_context=True)
def make_codes(context: JobContext, batch_id: str) -> None:
    """Make the codes of a batch that are missing. Where this worker is to stop, another goes on."""
    if not batches.carry_on(UUID(batch_id), clock=timezone.now, should_stop=context.should_abort):
        log.info("batch_of_codes_interrupted", batch_id=batch_id)


@app.periodic(cron="* * * * *")
@app.task(name="loyalty.take_up_codes", queueing_lock="loyalty.take_up_codes")
def take_up_codes(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Have batches of codes made that nobody is at."""
    for batch_id in batches.list_left_alone():
        batches.defer_work(batch_id)


@app.periodic(cron="* * * * *")
@app.task(name="loyalty.expire_reservations", queueing_lock="loyalty.expire_reservations")
def expire_reservations(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Let go of what was reserved and not confirmed in time."""
    undoing.expire_reservations(now=timezone.now())


@app.periodic(cron="23 3 * * *")
@app.task(name="loyalty.forget_tries", queueing_lock="loyalty.forget_tries")
def forget_tries(timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Forget the wrong codes that were counted on days gone by."""
    guessing.forget_tries(now=timezone.now())
