"""`regulars worker`: hand events to those who subscribed, and do jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from regulars import __version__
from regulars.faces.cli.running.setting_up import installation, one_sentence, set_up_django
from regulars.kit.tracing import span, start_tracing

if TYPE_CHECKING:
    from procrastinate import App

    from regulars.stream.dispatch import Dispatcher

CONCURRENT_JOBS = 2
# A job that has not come to its end by then is done again, from its beginning, by the next worker.
GRACE_SECONDS = 10.0
CANCELLED_AT_MOST = 10
# Who still stands by then is stuck; it is less than the leash gives.
GONE_AFTER_SECONDS = 15.0
# A job that lost the database is done again so much later.
AGAIN_AFTER_SECONDS = 1


class Worker:
    """The dispatcher of the stream in a thread, and procrastinate's worker in this one; both end together."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._stop = threading.Event()
        self._error: BaseException | None = None

    def run(self) -> bool:
        """Work until a signal says to stop; tell whether it was one that ended the work."""
        return asyncio.run(self._work())

    async def _work(self) -> bool:
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)
        dispatching = asyncio.create_task(asyncio.to_thread(self._dispatcher.run, self._stop))
        jobs = asyncio.create_task(_do_jobs())
        asking = asyncio.create_task(asked.wait())
        await asyncio.wait({dispatching, jobs, asking}, return_when=asyncio.FIRST_COMPLETED)
        self._stop.set()
        _end_in_any_case()
        for task in (jobs, asking):
            task.cancel()
        ended = await asyncio.gather(dispatching, jobs, asking, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                _log_death(error)
        await _cancel_the_rest()
        return asked.is_set()


async def _cancel_the_rest() -> None:
    """Cancel what libraries left running, more than once.

    psycopg's pool takes a connect that is cancelled for one that failed, and goes on: asyncio would wait for it for
    ever, as where one stops what has just been started.
    """
    for _ in range(CANCELLED_AT_MOST):
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if not rest:
            return
        for task in rest:
            task.cancel()
        await asyncio.wait(rest, timeout=0.5)


def _end_in_any_case() -> None:
    """Have this process gone in a while, also where a job or a broken connection does not let go of it.

    Its leash would see to that; but a leash can be killed too.
    """
    ender = threading.Timer(GONE_AFTER_SECONDS, os._exit, [1])
    ender.daemon = True
    ender.start()


async def _do_jobs() -> None:
    """Do jobs until cancelled."""
    from procrastinate.contrib.django import app

    from regulars.stream.jobs import HEARTBEAT_SECONDS, SILENT_SECONDS

    app.perform_import_paths()  # type: ignore[no-untyped-call]
    for task in app.tasks.values():
        task.retry_strategy = _again_where_the_database_was_lost()
    with app.replace_connector(_worker_connector(app)):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=CONCURRENT_JOBS,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=SILENT_SECONDS,
                # What failed stays, to be looked at; what was done has left its traces where it was done.
                delete_jobs="successful",
                task_middleware=[_with_fresh_connections],
                worker_middleware=[_left_to_its_next_time],
            )


def _worker_connector(app: App) -> Any:
    """Return the connector of the worker's own statements; a job that defers another does so in its transaction."""
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django.utils import connector_params

    in_transactions = app.connector

    class WorkerConnector(PsycopgConnector):
        def get_sync_connector(self) -> Any:
            return in_transactions

    return WorkerConnector(kwargs=connector_params(), min_size=1, max_size=CONCURRENT_JOBS + 2)


def _with_fresh_connections(call: Callable[[], Any], context: Any, _worker: Any) -> Any:
    """Do one job with connections that work, and leave none open that do not, as Django does around a request."""
    from django.db import close_old_connections

    close_old_connections()
    try:
        with span("job") as traced:
            traced(f"job {context.job.task_name}", {"job.attempts": context.job.attempts})
            return call()
    finally:
        close_old_connections()


def _again_where_the_database_was_lost() -> Any:
    """Return procrastinate's rule for a job that raised: no job is to blame for a database that goes away."""
    from procrastinate import BaseRetryStrategy, RetryDecision

    from regulars.stream.database import tells_of_loss

    class AgainWhereTheDatabaseWasLost(BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:  # noqa: ARG002
            return RetryDecision(retry_in={"seconds": AGAIN_AFTER_SECONDS}) if tells_of_loss(exception) else None

    return AgainWhereTheDatabaseWasLost()


async def _left_to_its_next_time(call: Callable[[], Any], context: Any, _worker: Any) -> Any:
    """Do a job; one that comes again by itself is not done again where it lost the database, as the next may wait."""
    from regulars.stream.database import tells_of_loss

    try:
        return await call()
    except Exception as error:
        if context.job.queueing_lock is None or not tells_of_loss(error):
            raise


def _log_death(error: Exception) -> None:
    import structlog

    structlog.get_logger(__name__).error("worker_died", exc_info=error)


def worker() -> None:
    """Serve subscriptions and jobs until told to stop."""
    from regulars.faces.cli.running.connecting import be_ready

    with one_sentence():
        if installation().traces_to:
            start_tracing("worker", __version__)
        set_up_django()
        be_ready()
    from django.utils import timezone

    from regulars.stream.dispatch import Dispatcher
    from regulars.stream.registry import subscriptions
    from regulars.stream.services import make_room_ahead

    make_room_ahead(now=timezone.now())
    if not Worker(Dispatcher(subscriptions(), timezone.now)).run():
        # One of the two ended by itself; whoever watches over this process starts it again.
        raise typer.Exit(1)
