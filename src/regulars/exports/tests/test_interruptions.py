"""Whatever interrupts an export, its file is that of one that was not interrupted."""

from __future__ import annotations

import tracemalloc
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from regulars.exports import carrying_on, files
from regulars.exports.carrying_on import carry_on
from regulars.exports.contracts import ExportKind, ExportState
from regulars.exports.deferring import TASK
from regulars.exports.files import path_of
from regulars.exports.jobs import carry_on as carry_on_job
from regulars.exports.jobs import take_up
from regulars.exports.models import Export as ExportRow
from regulars.exports.queries import get_export
from regulars.exports.tests.export_factory import NOW, ask, content_of, export, table_of, work
from regulars.orders.contracts import ProductState
from regulars.orders.products import put_products
from regulars.stream.long_work import MOST_STARTS, alone_with

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What no code of ours catches, as a kill is."""


@pytest.fixture
def products() -> int:
    told = [("shop", ProductState(external_id=f"{number:04}", name=f"Bowl {number}")) for number in range(100)]
    put_products(told, now=NOW)
    return len(told)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_on, "BATCH_ITEMS", 7)


def test_killed_after_it_wrote_and_before_it_was_counted_it_writes_nothing_twice(
    products: int, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, batches = files.write_down, iter(range(1000))

    def write_and_die(file, content):
        size = write(file, content)
        if next(batches) % 4 == 3:
            raise Killed
        return size

    monkeypatch.setattr(carrying_on, "write_down", write_and_die)
    asked = ask(ExportKind.PRODUCTS)
    deaths = 0
    while True:
        try:
            carry_on(asked.id, clock=lambda: NOW)
            break
        except Killed:
            deaths += 1
            half = get_export(asked.id)
            assert half.state is ExportState.RUNNING
            assert path_of(asked.id).stat().st_size > (half.size_bytes or 0)
    assert deaths >= 3
    done = get_export(asked.id)
    assert (done.state, done.items_done, done.items_total, done.rows) == (
        ExportState.DONE,
        products,
        products,
        products,
    )
    monkeypatch.setattr(carrying_on, "write_down", write)
    assert content_of(done) == content_of(export(ExportKind.PRODUCTS))


def test_between_two_batches_it_stops_when_asked_and_goes_on_later(products: int, small_batches: None) -> None:
    asked = ask(ExportKind.PRODUCTS)
    assert not carry_on(asked.id, clock=lambda: NOW, should_stop=lambda: True)
    stopped = get_export(asked.id)
    assert (stopped.items_done, stopped.items_total, stopped.share_done) == (7, products, 0.07)
    assert len(table_of(work(asked.id))) == products


def test_where_the_file_was_lost_it_is_written_anew(products: int, small_batches: None) -> None:
    asked = ask(ExportKind.PRODUCTS)
    carry_on(asked.id, clock=lambda: NOW, should_stop=lambda: True)
    path_of(asked.id).unlink()
    done = work(asked.id)
    assert (done.items_done, len(table_of(done))) == (products, products)


def test_an_export_that_takes_every_worker_down_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(carrying_on, "write_down", die)
    asked = ask(ExportKind.PRODUCTS)
    for _ in range(MOST_STARTS):
        with pytest.raises(Killed):
            carry_on(asked.id, clock=lambda: NOW)
    given_up = work(asked.id)
    assert (given_up.state, given_up.error_code) == (ExportState.FAILED, "interrupted")


def test_a_database_that_is_lost_again_and_again_is_not_counted_against_the_export(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose(*_: object) -> None:
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    asked = ask(ExportKind.PRODUCTS)
    with monkeypatch.context() as patched:
        patched.setattr(carrying_on, "write_down", lose)
        for _ in range(MOST_STARTS + 2):
            with pytest.raises(OperationalError):
                carry_on(asked.id, clock=lambda: NOW)
    assert work(asked.id).state is ExportState.DONE


def test_attempts_count_anew_where_the_export_has_got_on_since_it_was_taken_up(
    products: int, small_batches: None
) -> None:
    asked = ask(ExportKind.PRODUCTS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 4 WHERE task_name = %s", [TASK])
    ExportRow.objects.filter(id=asked.id).update(starts=1)
    assert attempts_after_work(asked.id, should_abort=True) == 4
    # It has got on meanwhile.
    assert get_export(asked.id).items_done > 0
    assert attempts_after_work(asked.id, should_abort=False) == 0
    assert get_export(asked.id).state is ExportState.DONE


def attempts_after_work(export_id: UUID, *, should_abort: bool) -> int:
    """Do the export's job as a worker does, which may be about to stop; return how often it counts as tried."""
    query = "SELECT id, attempts FROM procrastinate_jobs WHERE args ->> 'export_id' = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [str(export_id)])
        [(number, attempts)] = cursor.fetchall()
        job = Job(id=number, queue="default", lock=None, queueing_lock=None, task_name=TASK, attempts=attempts)
        reason = AbortReason.SHUTDOWN if should_abort else None
        context = JobContext(app=app, job=job, start_timestamp=0.0, abort_reason=lambda: reason)
        carry_on_job.func(context, str(export_id))
        cursor.execute(query, [str(export_id)])
        return int(cursor.fetchone()[1])


def test_where_there_is_no_room_it_fails_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(carrying_on, "write_down", full)
    failed = work(ask(ExportKind.PRODUCTS).id)
    assert (failed.state, failed.error_code) == (ExportState.FAILED, "file_not_writable")


def test_an_export_that_no_job_works_on_gets_one_again() -> None:
    export = ask(ExportKind.PRODUCTS)
    assert states_of_jobs() == ["todo"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = %s", [TASK])
    with alone_with(export.id):
        # A command is at it.
        take_up.func(0)
    assert states_of_jobs() == ["failed"]
    take_up.func(0)
    assert sorted(states_of_jobs()) == ["failed", "todo"]


def states_of_jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name = %s", [TASK])
        return [status for (status,) in cursor.fetchall()]


def test_memory_does_not_grow_with_the_file() -> None:
    """Ten times as many make ten times the file, and need no more memory at once."""
    peaks, sizes = [], []
    for number in (2_000, 20_000):
        put_products([("shop", ProductState(external_id=f"{i:05}", name="Bowl" * 20)) for i in range(number)], now=NOW)
        asked = ask(ExportKind.PRODUCTS)
        tracemalloc.start()
        work(asked.id)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sizes.append(path_of(asked.id).stat().st_size)
    assert sizes[1] > 9 * sizes[0]
    assert peaks[1] < 1.5 * peaks[0]
    assert peaks[1] < sizes[1]
