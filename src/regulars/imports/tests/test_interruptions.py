"""Whatever interrupts an import, its end is that of one that was not interrupted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from regulars.imports import carrying_on, services
from regulars.imports.carrying_on import carry_on
from regulars.imports.contracts import Counts, Import, ImportState, Item
from regulars.imports.deferring import TASK
from regulars.imports.jobs import carry_on as carry_on_job
from regulars.imports.jobs import take_up
from regulars.imports.kinds.orders import OrdersKind
from regulars.imports.models import Import as ImportRow
from regulars.imports.queries import get_import
from regulars.imports.tests.import_factory import MIRA, NOW, demo, refused_of, run, send, work
from regulars.stream.long_work import MOST_STARTS, alone_with


class Killed(BaseException):
    """What no code of ours catches, as a kill is."""


def everything(source: str) -> list[tuple[object, ...]]:
    """Return the orders of a source and what they come to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, placed_at, total_minor, returned_minor, items FROM orders_order WHERE source = %s"
            " ORDER BY external_id",
            [source],
        )
        return list(cursor.fetchall())


def orders_placed(source: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stream_event WHERE type = 'order.placed' AND source = %s", [source])
        return int(cursor.fetchone()[0])


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_on, "BATCH_ITEMS", 20)


@pytest.fixture
def killed_now_and_then(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kill the work in the midst of some batches: before anything was put, and after, before it was committed."""
    kills = ["after", "before", "after"]
    put = OrdersKind.put
    batches: Iterator[int] = iter(range(10_000))

    def put_or_die(self: OrdersKind, items: list[Item], **told: object) -> object:
        dies = kills and next(batches) % 3 == 2
        if dies and kills[0] == "before":
            kills.pop(0)
            raise Killed
        outcomes = put(self, items, **told)  # type: ignore[arg-type]
        if dies:
            kills.pop(0)
            raise Killed
        return outcomes

    monkeypatch.setattr(OrdersKind, "put", put_or_die)
    return kills


@pytest.mark.django_db
def test_killed_and_taken_up_again_it_ends_as_if_nothing_had_been(
    small_batches: None, killed_now_and_then: list[str]
) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    deaths = 0
    while True:
        before = get_import(sent.id)
        try:
            carry_on(sent.id, clock=lambda: NOW)
            break
        except Killed:
            deaths += 1
            after = get_import(sent.id)
            assert after.state is ImportState.RUNNING
            assert after.rows_done > before.rows_done
    assert deaths == 3
    done = get_import(sent.id)
    whole = run(send(demo(60), source="whole"))
    assert done.counts == whole.counts
    assert done.rows_done == done.rows_total
    assert refused_of(done) == refused_of(whole)
    assert everything("shop") == everything("whole")
    assert orders_placed("shop") == orders_placed("whole") == done.counts.imported > 100


@pytest.mark.django_db
def test_a_file_that_takes_every_worker_down_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(OrdersKind, "put", die)
    sent = send(demo(10))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    for _ in range(MOST_STARTS):
        with pytest.raises(Killed):
            carry_on(sent.id, clock=lambda: NOW)
    given_up = work(sent)
    assert (given_up.state, given_up.error_code) == (ImportState.FAILED, "interrupted")


@pytest.mark.django_db
def test_after_each_start_that_did_not_get_on_the_next_tries_less_at_first(
    small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    put, sizes = OrdersKind.put, []

    def put_or_die(self: OrdersKind, items: list[Item], **told: object) -> object:
        sizes.append(len(items))
        if len(sizes) <= 2:
            raise Killed
        return put(self, items, **told)  # type: ignore[arg-type]

    monkeypatch.setattr(OrdersKind, "put", put_or_die)
    for _ in range(2):
        with pytest.raises(Killed):
            carry_on(sent.id, clock=lambda: NOW)
    assert work(sent).state is ImportState.DONE
    # Got on, it takes as many at once as before.
    assert sizes[:4] == [20, 4, 1, 20]


@pytest.mark.django_db
def test_a_database_that_is_lost_again_and_again_is_not_counted_against_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    sent = send(demo(10))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    with monkeypatch.context() as patched:
        patched.setattr(OrdersKind, "put", lose)
        for _ in range(MOST_STARTS + 2):
            with pytest.raises(OperationalError):
                carry_on(sent.id, clock=lambda: NOW)
    assert work(sent).state is ImportState.DONE


@pytest.mark.django_db
def test_between_two_batches_it_stops_when_asked_and_goes_on_later(small_batches: None) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    assert not carry_on(sent.id, clock=lambda: NOW, should_stop=lambda: True)
    stopped = get_import(sent.id)
    assert stopped.state is ImportState.RUNNING
    assert stopped.counts.imported == 20
    assert work(sent).state is ImportState.DONE


@pytest.mark.django_db
def test_cancelled_in_the_midst_it_goes_no_further_and_what_is_kept_stays(small_batches: None) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    carry_on(sent.id, clock=lambda: NOW, should_stop=lambda: True)
    services.cancel(import_id=sent.id, now=NOW, actor=MIRA)
    cancelled = work(sent)
    assert (cancelled.state, cancelled.counts.imported) == (ImportState.CANCELLED, 20)
    assert len(everything("shop")) == 20


@pytest.mark.django_db
def test_an_import_that_no_job_works_on_gets_one_again() -> None:
    sent = send(demo(10))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    take_up.func(0)
    assert jobs_of(sent) == ["todo"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = %s", [TASK])
    with alone_with(sent.id):
        # A command is at it.
        take_up.func(0)
    assert jobs_of(sent) == ["failed"]
    take_up.func(0)
    assert sorted(jobs_of(sent)) == ["failed", "todo"]


def jobs_of(sent: Import) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE task_name = %s AND args ->> 'import_id' = %s",
            [TASK, str(sent.id)],
        )
        return [status for (status,) in cursor.fetchall()]


@pytest.mark.django_db
def test_attempts_count_anew_where_the_import_has_got_on_since_it_was_taken_up(small_batches: None) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 4 WHERE task_name = %s", [TASK])
    ImportRow.objects.filter(id=sent.id).update(starts=1)
    assert attempts_after_work_on(sent, should_abort=True) == 4
    # It has got on meanwhile.
    assert get_import(sent.id).counts.imported > 0
    assert attempts_after_work_on(sent, should_abort=False) == 0
    assert get_import(sent.id).state is ImportState.DONE


def attempts_after_work_on(sent: Import, *, should_abort: bool) -> int:
    """Do the import's job as a worker does, which may be about to stop; return how often it counts as tried."""
    query = "SELECT id, attempts FROM procrastinate_jobs WHERE args ->> 'import_id' = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [str(sent.id)])
        [(number, attempts)] = cursor.fetchall()
        job = Job(id=number, queue="default", lock=None, queueing_lock=None, task_name=TASK, attempts=attempts)
        reason = AbortReason.SHUTDOWN if should_abort else None
        carry_on_job.func(JobContext(app=app, job=job, start_timestamp=0.0, abort_reason=lambda: reason), str(sent.id))
        cursor.execute(query, [str(sent.id)])
        return int(cursor.fetchone()[1])


def test_two_who_work_on_one_import_do_it_once(fresh_database: str, small_batches: None) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    answers: list[bool] = []

    def one() -> None:
        try:
            answers.append(carry_on(sent.id, clock=lambda: NOW))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who was not the first found it locked, or done.
    assert len(answers) == 3
    assert any(answers)
    done = get_import(sent.id)
    assert done.state is ImportState.DONE
    assert done.counts.imported == orders_placed("shop") == len(everything("shop"))
    assert done.counts == Counts(imported=done.counts.imported, refused=len(refused_of(done)))


@pytest.mark.django_db
def test_a_failed_import_goes_on_where_it_was(small_batches: None, home: object) -> None:
    sent = send(demo(60))
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    carry_on(sent.id, clock=lambda: NOW, should_stop=lambda: True)
    ImportRow.objects.filter(id=sent.id).update(state="failed")
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    done = work(sent)
    assert done.state is ImportState.DONE
    assert orders_placed("shop") == done.counts.imported == len(everything("shop"))
