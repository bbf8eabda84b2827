"""While a handler fails or the database is away, the dispatcher waits, tells it once, and goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, connections
from structlog.testing import capture_logs

from regulars.stream import services
from regulars.stream.contracts import Event, NewEvent, Subscription, system
from regulars.stream.dispatch import Dispatcher, register
from regulars.stream.models import DeadLetter

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CANARY = "ines.kovac@example.com"


@pytest.fixture(autouse=True)
def room(fresh_database: str) -> None:
    services.make_room([NOW])


class Handler:
    """Fails as often as it is told to, and remembers when it was tried."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.tried_at: list[float] = []
        self.heard = 0

    def __call__(self, events: Sequence[Event]) -> None:
        self.tried_at.append(time.monotonic())
        if self.left:
            self.left -= 1
            raise ValueError(CANARY)
        self.heard += len(events)


def subscription(name: str, handler: Handler) -> Subscription:
    return Subscription(name=name, types=frozenset({"page.viewed"}), handler=handler)


def append(count: int = 1) -> None:
    events = [NewEvent(type="page.viewed", actor=system("test"), source="site", occurred_at=NOW) for _ in range(count)]
    services.append(events, now=NOW)


def run_until(dispatcher: Dispatcher, check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not check():
        assert time.monotonic() < deadline
        dispatcher.run_once(patiently=True)
        time.sleep(0.01)


def test_a_failure_is_told_once_with_its_place_and_without_its_words_and_the_pauses_grow() -> None:
    failing, other = Handler(failures=2), Handler(failures=0)
    subscriptions = [subscription("failing", failing), subscription("other", other)]
    register(subscriptions)
    dispatcher = Dispatcher(subscriptions, lambda: NOW)
    append(3)
    with capture_logs() as logs:
        run_until(dispatcher, lambda: failing.heard == 3)
    assert [line["event"] for line in logs] == ["handler_failed", "subscription_goes_on"]
    told = logs[0]
    assert (told["subscription"], told["error"]) == ("failing", "ValueError")
    assert told["where"].startswith("test_failing.py:")
    assert CANARY not in str(logs)
    first, second, third = failing.tried_at[:3]
    assert third - second > 1.5 * (second - first) > 0.2
    # The other one did not wait for it.
    assert other.heard == 3
    assert other.tried_at[0] < second
    assert DeadLetter.objects.count() == 0


def test_a_database_that_went_away_is_told_once_and_waited_for(fresh_database: str) -> None:
    handler = Handler(failures=0)
    dispatcher = Dispatcher([subscription("test", handler)], lambda: NOW)
    stop = threading.Event()
    append()

    def serve() -> None:
        dispatcher.run(stop)
        connections.close_all()

    def others() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND usename = current_user"
            )
            return [pid for (pid,) in cursor.fetchall()]

    with capture_logs() as logs:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            eventually(lambda: handler.heard == 1)
            [server] = others()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [server])
            append()
            eventually(lambda: handler.heard == 2)
        finally:
            stop.set()
            thread.join(20)
    assert not thread.is_alive()
    assert [line["event"] for line in logs] == ["database_lost", "database_back"]
    assert issubclass(getattr(psycopg, logs[0]["error"]), psycopg.Error)
    assert DeadLetter.objects.count() == 0


def test_a_handler_whose_connection_is_lost_is_not_to_blame_however_soon_the_database_is_back() -> None:
    left = [True, True, True]
    heard: list[Event] = []

    def handler(events: Sequence[Event]) -> None:
        if left:
            left.pop()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        heard.extend(events)

    stop = threading.Event()
    kept = Subscription(name="kept", types=frozenset({"page.viewed"}), handler=handler)
    dispatcher = Dispatcher([kept], lambda: NOW)
    append(3)

    def serve() -> None:
        dispatcher.run(stop)
        connections.close_all()

    with capture_logs() as logs:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            eventually(lambda: len(heard) == 3)
            eventually(lambda: "database_back" in {line["event"] for line in logs})
        finally:
            stop.set()
            thread.join(20)
    assert {line["event"] for line in logs} == {"database_lost", "database_back"}
    assert DeadLetter.objects.count() == 0


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)
