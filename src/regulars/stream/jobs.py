"""Jobs of the stream, and the one that keeps all jobs going: the stream is the lowest rung that has a database."""

from __future__ import annotations

import structlog
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from regulars.stream import services

# A worker tells every few seconds that it lives; who has been silent for so long was killed.
HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 15.0
# A job that takes its worker down each time is given up, so that it does not do so for ever.
MOST_ATTEMPTS = 5

log = structlog.get_logger(__name__)


@app.periodic(cron="17 * * * *")
@app.task(name="stream.make_room", queueing_lock="stream.make_room")
def make_room(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes when it was due.
    """Make the stream's partitions ahead."""
    services.make_room_ahead(now=timezone.now())


@app.periodic(cron="* * * * * */15")
@app.task(name="stream.take_up_stalled_jobs", queueing_lock="stream.take_up_stalled_jobs", pass_context=True)
async def take_up_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001  # As above.
    """Have the jobs done again whose worker was killed; each job is written so that this is right."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        if job.attempts + 1 >= MOST_ATTEMPTS:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
            log.error("job_given_up", job=job.id, task=job.task_name, attempts=job.attempts + 1)
            continue
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # It is one of those that come again by themselves, and the next one waits already.
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
            log.warning("job_overtaken", job=job.id, task=job.task_name)
        else:
            log.warning("job_taken_up", job=job.id, task=job.task_name, attempts=job.attempts + 1)
