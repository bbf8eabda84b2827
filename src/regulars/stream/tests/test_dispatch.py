"""Who subscribed hears of each event once, in order, whatever commits late or fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from regulars.stream import services
from regulars.stream.contracts import Cursor, Event, NewEvent, Subscription, system
from regulars.stream.dispatch import Dispatcher, NoSuchDeadLetter, replay, retry
from regulars.stream.models import Cursor as CursorRow
from regulars.stream.models import DeadLetter
from regulars.stream.queries import list_dead_letters, list_states

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def room(fresh_database: str) -> None:
    """The partition stands, as it does wherever a worker runs."""
    services.make_room([NOW])


class Listener:
    """A handler that remembers what it heard, and refuses what it is told to."""

    def __init__(self, refuses: Callable[[Event], bool] = lambda event: False) -> None:
        self.heard: list[object] = []
        self.refuses = refuses

    def __call__(self, events: Sequence[Event]) -> None:
        for event in events:
            if self.refuses(event):
                raise ValueError("a secret that no log may hold")
        self.heard += [event.payload["number"] for event in events]


def subscribe(listener: Callable[[Sequence[Event]], None], batch_size: int = 500) -> Subscription:
    return Subscription(name="test", types=frozenset({"page.viewed"}), handler=listener, batch_size=batch_size)


def append(*numbers: int, customer: UUID | None = None, kind: str = "page.viewed") -> None:
    services.append(
        [
            NewEvent(
                type=kind,
                actor=system("test"),
                source="site",
                occurred_at=NOW,
                customer_id=customer,
                payload={"number": number},
            )
            for number in numbers
        ],
        now=NOW,
    )


def dispatch(*subscriptions: Subscription) -> None:
    Dispatcher(subscriptions, lambda: NOW).run_until_idle()


@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_each_event_is_heard_once_and_in_order(fresh_database: str, batch_size: int) -> None:
    listener = Listener()
    for number in range(0, 20, 2):
        append(number, number + 1)
        append(99, kind="order.placed")
    dispatch(subscribe(listener, batch_size))
    dispatch(subscribe(listener, batch_size))
    assert listener.heard == list(range(20))


def test_an_event_that_commits_late_is_not_lost(fresh_database: str) -> None:
    listener = Listener()
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            append(1)
            written.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(10)
    append(2)
    dispatch(subscribe(listener))
    # The later event is there, but before it one may yet appear: nothing is handed over.
    assert listener.heard == []
    go_on.set()
    thread.join()
    dispatch(subscribe(listener))
    assert listener.heard == [1, 2]


def test_a_cursor_without_the_horizon_would_lose_the_late_one(fresh_database: str) -> None:
    """The harness sees the fault it is for: who reads all that is there passes by what commits late."""
    seen: list[int] = []
    cursor = 0
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            append(1)
            written.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(10)
    append(2)

    def naive() -> None:
        nonlocal cursor
        with connection.cursor() as query:
            query.execute("SELECT position, payload FROM stream_event WHERE position > %s ORDER BY position", [cursor])
            for position, payload in query.fetchall():
                cursor = position
                seen.append(json.loads(payload)["number"])

    naive()
    go_on.set()
    thread.join()
    naive()
    assert seen == [2]


def test_what_a_handler_wrote_and_the_cursor_go_together(fresh_database: str) -> None:
    append(1, 2)
    failed: list[int] = []

    def writes_then_fails(events: Sequence[Event]) -> None:
        CursorRow.objects.create(subscription=f"written-{len(failed)}")
        if not failed:
            failed.append(1)
            raise ValueError

    dispatch(subscribe(writes_then_fails))
    assert set(CursorRow.objects.values_list("subscription", flat=True)) == {"test", "written-1"}


def test_an_event_that_cannot_be_taken_becomes_a_dead_letter_and_the_others_go_on(fresh_database: str) -> None:
    listener = Listener(refuses=lambda event: event.payload["number"] == 2)
    append(1, 2, 3)
    dispatch(subscribe(listener))
    assert listener.heard == [1, 3]
    [letter] = list_dead_letters(limit=10)
    assert (letter.event.payload["number"], letter.state, letter.error) == (2, "failed", "ValueError")
    assert "secret" not in str(list(DeadLetter.objects.values()))
    assert "test_dispatch.py" in letter.where


def test_later_events_of_the_same_customer_wait_behind_a_dead_letter(fresh_database: str) -> None:
    ines, jo = uuid4(), uuid4()
    broken = {1}
    listener = Listener(refuses=lambda event: event.payload["number"] in broken)
    subscription = subscribe(listener)
    append(1, 2, customer=ines)
    append(10, customer=jo)
    dispatch(subscription)
    append(3, customer=ines)
    append(11, customer=jo)
    dispatch(subscription)
    assert listener.heard == [10, 11]
    letters = list_dead_letters(limit=10)
    assert [(each.event.payload["number"], each.state) for each in letters] == [
        (1, "failed"),
        (2, "waiting"),
        (3, "waiting"),
    ]
    assert not retry(subscription, letters[0].id, now=NOW)
    assert list_dead_letters(limit=1)[0].attempts == 2
    broken.clear()
    assert retry(subscription, letters[2].id, now=NOW)
    assert listener.heard == [10, 11, 1, 2, 3]
    assert list_dead_letters(limit=10) == []
    # What is not there was not taken.
    with pytest.raises(NoSuchDeadLetter):
        retry(subscription, letters[0].id, now=NOW)


def test_a_fault_that_passes_makes_no_dead_letter(fresh_database: str) -> None:
    times = []

    def fails_once(events: Sequence[Event]) -> None:
        times.append(len(events))
        if len(times) == 1:
            raise ValueError

    append(1, 2)
    dispatch(subscribe(fails_once))
    assert times == [2, 2]
    assert not DeadLetter.objects.exists()


def test_a_replay_brings_the_events_again(fresh_database: str) -> None:
    listener = Listener()
    subscription = subscribe(listener)
    append(1, 2)
    dispatch(subscription)
    replay(subscription)
    dispatch(subscription)
    assert listener.heard == [1, 2, 1, 2]


def test_a_new_subscription_begins_with_the_stream(fresh_database: str) -> None:
    append(1, 2)
    first, second = Listener(), Listener()
    dispatch(subscribe(first))
    other = Subscription(name="other", types=frozenset({"page.viewed"}), handler=second)
    dispatch(subscribe(first), other)
    assert (first.heard, second.heard) == ([1, 2], [1, 2])


def test_two_workers_share_subscriptions_and_hand_over_nothing_twice(fresh_database: str) -> None:
    heard: list[object] = []
    lock = threading.Lock()

    def listen(events: Sequence[Event]) -> None:
        with lock:
            heard.extend(event.payload["number"] for event in events)

    subscription = subscribe(listen, batch_size=7)
    append(*range(200))
    CursorRow.objects.create(subscription="test")

    def work() -> None:
        dispatch(subscription)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatch(subscription)
    assert heard == list(range(200))


def test_a_state_says_how_much_waits_and_since_when(fresh_database: str) -> None:
    subscription = subscribe(Listener())
    append(1, 2, 3)
    [state] = list_states([subscription])
    assert (state.behind_events, state.oldest_waiting_at, state.dead_letters) == (3, NOW, 0)
    dispatch(subscription)
    [state] = list_states([subscription])
    assert (state.behind_events, state.oldest_waiting_at) == (0, None)


def test_order_goes_on_when_the_data_come_to_a_server_that_numbers_anew(fresh_database: str) -> None:
    listener = Listener()
    subscription = subscribe(listener)
    append(1, 2)
    dispatch(subscription)
    append(3)
    # As after a restore: the kept numbers are far above those of the server's own transactions.
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET regulars.erasing = 'on'")
        cursor.execute("UPDATE stream_event SET transaction = transaction + 1000000")
        cursor.execute("UPDATE stream_cursor SET transaction = transaction + 1000000")
        cursor.execute("UPDATE stream_clock SET server = 7")
    connections["owner"].close()
    services.settle_clock()
    append(4)
    dispatch(subscription)
    assert listener.heard == [1, 2, 3, 4]
    assert Cursor(1, 2) < Cursor(2, 1)
