"""The work that goes on: the stream, its subscriptions, jobs, and the worker that does them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from regulars.faces.cli.running.doctor.finding import Finding, bad, good, notice
from regulars.kit.i18n import gettext as _
from regulars.stream.contracts import SubscriptionState
from regulars.stream.job_states import JobStates

LATE = timedelta(minutes=5)
SILENT = timedelta(seconds=60)


def look_at_work(*, now: datetime, runs: bool) -> Iterator[Finding]:
    """Look at partitions, subscriptions, dead letters, jobs and the worker. `runs` tells whether it should live."""
    from regulars.stream.job_states import get_job_states
    from regulars.stream.queries import list_states
    from regulars.stream.registry import subscriptions
    from regulars.stream.room import count_strays, missing_months

    missing, strays = missing_months(now=now), count_strays()
    yield partitions([f"{month:%Y-%m}" for month in missing], strays)
    states = list_states(subscriptions())
    yield behind(states, now=now)
    yield dead_letters(states)
    jobs_found = get_job_states(now=now)
    yield jobs(jobs_found)
    yield worker(jobs_found, now=now, runs=runs)


def partitions(missing: list[str], strays: int) -> Finding:
    """Look whether events of the next months find a partition, and none lies outside."""
    if strays:
        return bad(
            "partitions",
            _("{count} events lie in the stream's default partition; reading it grows slow.").format(count=strays),
            _("Tell us, please: this should not happen. Nothing is lost."),
        )
    if missing:
        return bad(
            "partitions",
            _("The stream has no partition for {month} yet.").format(month=missing[0]),
            _("Start the worker: it makes them at its start, and each hour."),
        )
    return good("partitions", _("The stream has its partitions for the months ahead."))


def behind(states: list[SubscriptionState], *, now: datetime) -> Finding:
    """Look whether a subscription waits for long."""
    late = [state for state in states if state.oldest_waiting_at and now - state.oldest_waiting_at > LATE]
    if late:
        return bad(
            "subscriptions",
            _("{name} is {count} events behind, the first of {since}.").format(
                name=late[0].name,
                count=late[0].behind_events,
                since=late[0].oldest_waiting_at.isoformat(timespec="minutes") if late[0].oldest_waiting_at else "",
            ),
            _("See whether a worker runs; its log says where a handler fails (handler_failed)."),
        )
    return good("subscriptions", _("No subscription is behind."))


def dead_letters(states: list[SubscriptionState]) -> Finding:
    """Look for events that a handler could not take."""
    count = sum(state.dead_letters for state in states)
    if count:
        return bad(
            "dead letters",
            _("{count} events could not be handed over.").format(count=count),
            _("Open Dead letters in the console: it says where each failed, and retries them once that is mended."),
        )
    return good("dead letters", _("All events could be handed over."))


def jobs(found: JobStates) -> Finding:
    """Look for jobs that failed or hang."""
    failed = found.by_state.get("failed", 0)
    if failed or found.stalled:
        return bad(
            "jobs",
            _("{failed} jobs failed, {stalled} lost their worker.").format(failed=failed, stalled=found.stalled),
            _("The worker's log says where they failed; a worker that runs takes up what lost its own."),
        )
    return good("jobs", _("No job failed, and none hangs."))


def worker(found: JobStates, *, now: datetime, runs: bool) -> Finding:
    """Look whether a worker has given a sign of life."""
    at = found.last_heartbeat_at
    if at and now - at < SILENT:
        return good("worker", _("A worker runs."))
    if not runs:
        return notice("worker", _("Regulars does not run."), _("Run: regulars serve"))
    return bad(
        "worker",
        _("No worker has given a sign of life for a minute."),
        _("Run regulars serve, or start regulars worker beside the web; its log says why it ended."),
    )
