"""Whatever is killed, Regulars answers again by itself, or at the next start; nothing that it promised is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from tests.running import REGULARS, Running, eventually
from tests.victims import PARTS, VICTIMS


def order(number: int) -> dict[str, object]:
    return {
        "placed_at": "2026-11-20T10:15:00+01:00",
        "buyer": {"identifiers": [{"kind": "email", "value": f"customer{number}@example.com"}]},
        "currency": "EUR",
        "lines": [
            {
                "product": {"external_id": "bowl", "name": "Harvest Bowl"},
                "quantity": "1",
                "unit_price_minor": 1250,
                "total_minor": 1250,
            }
        ],
        "total_minor": 1250,
        "channel": "online",
    }


class Shop:
    """A shop that sends orders, and remembers which of them were acknowledged."""

    def __init__(self, regulars: Running) -> None:
        self.regulars = regulars
        self.key = regulars.run("key", "add", "shop", "--scope", "orders.write")
        self.sent = 0

    def send(self) -> None:
        """Send one more order, again and again until it is acknowledged."""
        self.sent += 1
        eventually(self._put, within_seconds=60)

    def _put(self) -> bool:
        try:
            answer = httpx.put(
                f"{self.regulars.url}/v1/orders/shop/{self.sent}",
                json=order(self.sent),
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=10,
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def all_arrived(self) -> bool:
        """Tell whether each order that was acknowledged is there, and counted once as its customer's fact."""
        with self.regulars.connected() as connection:
            [orders] = connection.execute("SELECT count(*) FROM orders_order").fetchone() or [None]
            facts = connection.execute("SELECT orders FROM orders_customer_facts").fetchall()
        return orders == self.sent and len(facts) == self.sent and {count for (count,) in facts} == {1}


@pytest.fixture
def shop(regulars: Running) -> Shop:
    shop = Shop(regulars)
    shop.send()
    eventually(shop.all_arrived)
    return shop


@pytest.fixture(scope="module")
def lasting_shop(enduring: Running) -> Shop:
    return Shop(enduring)


@pytest.fixture
def enduring_shop(lasting_shop: Shop) -> Shop:
    """A shop of a Regulars that stories share; whatever the one before has done, its orders arrive."""
    with lasting_shop.regulars.connected() as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'stream.make_room'")
    lasting_shop.send()
    eventually(lasting_shop.all_arrived, within_seconds=60)
    return lasting_shop


def worker_log(regulars: Running) -> str:
    return (regulars.home / "logs" / "worker.log").read_text()


@pytest.mark.parametrize("victim", sorted(VICTIMS.keys() - {"supervisor"}))
def test_what_is_killed_comes_back_by_itself(enduring: Running, enduring_shop: Shop, victim: str) -> None:
    enduring.kill(victim)
    for _ in range(3):
        enduring_shop.send()
    eventually(enduring_shop.all_arrived, within_seconds=60)
    enduring.wait_until_up()
    eventually(lambda: all(VICTIMS[name](enduring) for name in PARTS))
    assert enduring_shop.all_arrived()


def test_after_a_kill_of_the_supervisor_its_children_are_gone_and_a_new_start_works_at_once(
    regulars: Running, shop: Shop
) -> None:
    assert regulars.process
    children = psutil.Process(regulars.process.pid).children(recursive=True)
    assert len(children) > 6
    regulars.kill("supervisor")
    began = time.monotonic()
    regulars.start()
    assert time.monotonic() - began < 30
    shop.send()
    eventually(shop.all_arrived)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def test_a_stale_pid_file_does_not_hinder_the_start(regulars: Running, shop: Shop) -> None:
    pid_file = next(regulars.home.glob("postgres/data/postmaster.pid"))
    text = pid_file.read_text()
    regulars.stop()
    # The number now is that of a process of somebody else.
    pid_file.write_text("\n".join([str(os.getpid()), *text.split("\n")[1:]]))
    regulars.start()
    shop.send()
    eventually(shop.all_arrived)
    assert pid_file.read_text().split("\n")[0] != str(os.getpid())


def test_a_worker_that_was_left_alone_by_all_does_no_harm_beside_the_new_one(regulars: Running, shop: Shop) -> None:
    # As a worker that hangs on a machine that was thought dead.
    orphan = subprocess.Popen([*REGULARS, "worker"], env=regulars.environment, start_new_session=True)
    try:
        regulars.kill("supervisor")
        regulars.start()
        for _ in range(5):
            shop.send()
        eventually(shop.all_arrived)
        assert orphan.poll() is None, "the worker that was left alone ended, so that nothing was tried"
    finally:
        orphan.kill()
        orphan.wait()


def test_a_job_that_was_half_done_is_done_again(enduring: Running, enduring_shop: Shop) -> None:
    before = len(worker_log(enduring))
    # Its worker was killed in the midst of it, and its heartbeat is a minute old.
    with enduring.connected() as connection:
        connection.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
            " RETURNING id)"
            " INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, attempts, worker_id)"
            " SELECT 'stream.make_room', 'default', '{\"timestamp\": 1}', 'doing', 0, id FROM worker"
        )

    def nothing_left() -> bool:
        with enduring.connected() as connection:
            return not connection.execute(
                "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'stream.make_room'"
            ).fetchall()

    assert not nothing_left()
    eventually(nothing_left, within_seconds=60)
    assert "job_taken_up" in worker_log(enduring)[before:]


def test_a_job_that_was_half_done_and_whose_next_one_waits_already_is_left_to_that_one(
    enduring: Running, enduring_shop: Shop
) -> None:
    # The one that waits is for tomorrow, so that it does wait.
    with enduring.connected() as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, queueing_lock, scheduled_at)"
            " VALUES ('stream.make_room', 'default', '{\"timestamp\": 1}', 'doing', 'stream.make_room', NULL),"
            " ('stream.make_room', 'default', '{\"timestamp\": 2}', 'todo', 'stream.make_room', now() + interval '1 d')"
        )
    eventually(lambda: jobs_of(enduring, "stream.make_room") == ["todo"], within_seconds=60)
    assert jobs_of(enduring, "stream.take_up_stalled_jobs", "failed") == []


def jobs_of(regulars: Running, task: str, *states: str) -> list[str]:
    with regulars.connected() as connection:
        found = connection.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name = %s", [task])
        return [state for (state,) in found if not states or state in states]


def test_a_database_that_is_lost_under_jobs_lets_none_of_them_fail(enduring: Running, enduring_shop: Shop) -> None:
    with enduring.connected() as connection:
        connection.execute("LOCK TABLE staff_audit_seal, orders_order IN ACCESS EXCLUSIVE MODE")
        # One job that comes again by itself, and this one, which does not, stop there in the midst of their work.
        with enduring.connected() as other:
            other.execute(
                "INSERT INTO procrastinate_jobs (task_name, queue_name, args)"
                " VALUES ('orders.convert', 'default', '{\"currencies\": [\"CHF\"]}')"
            )
        eventually(lambda: jobs_of(enduring, "orders.convert") == ["doing"])
        eventually(lambda: jobs_of(enduring, "staff.seal_audit_trail") == ["doing"], within_seconds=30)
        eventually(lambda: waiting_for_a_lock(enduring) >= 2, within_seconds=60)
        enduring.kill("postgres")
        with contextlib.suppress(psycopg.OperationalError):
            connection.rollback()
    enduring.wait_until_up()
    eventually(lambda: jobs_of(enduring, "orders.convert") in ([], ["failed"]), within_seconds=90)
    assert jobs_of(enduring, "orders.convert") == []
    assert jobs_of(enduring, "staff.seal_audit_trail", "failed") == []


def test_a_worker_without_its_leash_ends_though_a_job_holds_it(enduring: Running, enduring_shop: Shop) -> None:
    with enduring.connected() as connection:
        connection.execute("LOCK TABLE staff_audit_seal IN ACCESS EXCLUSIVE MODE")
        eventually(lambda: jobs_of(enduring, "staff.seal_audit_trail") == ["doing"], within_seconds=30)
        [stuck] = VICTIMS["worker"](enduring)
        enduring.kill("the leash of worker")
        # The job still waits for the table, and does not let go of its worker.
        psutil.wait_procs([stuck], timeout=30)
        assert not stuck.is_running()
    eventually(lambda: jobs_of(enduring, "staff.seal_audit_trail", "doing") == [], within_seconds=60)


def waiting_for_a_lock(regulars: Running) -> int:
    with regulars.connected() as connection:
        found = connection.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted").fetchone()
        return int(found[0]) if found else 0


def test_a_job_that_takes_each_worker_down_is_given_up(enduring: Running, enduring_shop: Shop) -> None:
    with enduring.connected() as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, attempts)"
            " VALUES ('stream.make_room', 'default', '{\"timestamp\": 1}', 'doing', 4)"
        )

    def is_given_up() -> bool:
        with enduring.connected() as connection:
            found = connection.execute("SELECT status FROM procrastinate_jobs WHERE attempts >= 4").fetchall()
        return found == [("failed",)]

    eventually(is_given_up, within_seconds=60)
    assert jobs_of(enduring, "stream.make_room", "doing") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_within_seconds_when_asked_to_and_that_is_no_failure(
    regulars: Running, number: signal.Signals
) -> None:
    assert regulars.process
    began = time.monotonic()
    regulars.process.send_signal(number)
    assert regulars.process.wait(30) == 0
    assert time.monotonic() - began < 15
    assert regulars.left_over() == []
    said = (regulars.home / "serve.log").read_text().splitlines()
    assert said == [f"Regulars runs: {regulars.url}", f"Its logs are in {regulars.home / 'logs'}; Ctrl-C stops it."]


def test_it_can_be_stopped_while_it_starts(home: Path) -> None:
    running = Running(home)
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*REGULARS, "serve", "--port", str(running.port)], env=running.environment, stdout=log, stderr=log
        )
    eventually((home / "postgres" / "data").exists)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert running.left_over() == []


def test_a_second_start_in_the_same_home_is_refused(enduring: Running) -> None:
    second = Running(enduring.home)
    said = second.refusal("serve", "--port", str(second.port))
    assert said == (
        f"Regulars runs in {enduring.home} already; stop it first, or set REGULARS_HOME to another folder.\n"
    )
    enduring.wait_until_up()


def test_a_port_that_is_taken_is_said_so_before_anything_is_started(enduring: Running, home: Path) -> None:
    other = Running(home / "other")
    said = other.refusal("serve", "--port", str(enduring.port))
    assert said == f"Port {enduring.port} is taken by another program; choose another one with --port.\n"
    assert [path.name for path in other.home.iterdir()] == ["run.lock"]


def test_the_planted_loss_would_be_seen(enduring: Running, enduring_shop: Shop) -> None:
    # The positive control of `all_arrived`: an acknowledged order that is lost, and one that counts twice.
    enduring_shop.sent += 1
    assert not enduring_shop.all_arrived()
    enduring_shop.sent -= 1
    with enduring.connected() as connection:
        connection.execute("UPDATE orders_customer_facts SET orders = 2")
        connection.commit()
        assert not enduring_shop.all_arrived()
        connection.execute("UPDATE orders_customer_facts SET orders = 1")


def test_a_database_that_goes_while_the_dispatcher_waits_is_told_once(enduring: Running, enduring_shop: Shop) -> None:
    before = len(worker_log(enduring))
    enduring.kill("postgres")
    enduring_shop.send()
    eventually(enduring_shop.all_arrived, within_seconds=60)
    assert worker_log(enduring)[before:].count("database_lost") <= 1
