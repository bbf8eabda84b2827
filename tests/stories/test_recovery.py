"""Whatever is killed, Regulars answers again by itself, or at the next start; nothing that it promised is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from tests.running import REGULARS, Running
from tests.stories.test_first_order import eventually

LEASHES = ["postgres", "web", "worker"]


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


def mains(regulars: Running, name: str) -> list[psutil.Process]:
    """Return the first process of a part, without those that it started itself."""
    found = regulars.processes(name)
    return [process for process in found if process.parent() not in found]


def killed(victims: list[psutil.Process]) -> None:
    assert victims
    for victim in victims:
        victim.kill()


def children_of_web(regulars: Running) -> list[psutil.Process]:
    [main] = mains(regulars, "web")
    # Python's own keeper of shared things is no server.
    return [child for child in main.children() if "resource_tracker" not in " ".join(child.cmdline())]


KILLS: dict[str, Callable[[Running], list[psutil.Process]]] = {
    "web": lambda regulars: mains(regulars, "web"),
    "a child of web": lambda regulars: children_of_web(regulars)[:1],
    "all children of web": children_of_web,
    "worker": lambda regulars: mains(regulars, "worker"),
    "postgres": lambda regulars: mains(regulars, "postgres"),
    "a backend of postgres": lambda regulars: mains(regulars, "postgres")[0].children()[-1:],
    "the leash of postgres": lambda regulars: regulars.leashes("postgres"),
    "the leash of web": lambda regulars: regulars.leashes("web"),
    "the leash of worker": lambda regulars: regulars.leashes("worker"),
}


@pytest.mark.parametrize("victim", list(KILLS))
def test_what_is_killed_comes_back_by_itself(regulars: Running, shop: Shop, victim: str) -> None:
    killed(KILLS[victim](regulars))
    for _ in range(3):
        shop.send()
    eventually(shop.all_arrived, within_seconds=60)
    regulars.wait_until_up()
    eventually(lambda: all(mains(regulars, name) for name in LEASHES))


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


def test_a_job_that_was_half_done_is_done_again(regulars: Running, shop: Shop) -> None:
    # Its worker was killed in the midst of it, and its heartbeat is a minute old.
    with regulars.connected() as connection:
        connection.execute(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
            " RETURNING id)"
            " INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, attempts, worker_id)"
            " SELECT 'stream.make_room', 'default', '{\"timestamp\": 1}', 'doing', 0, id FROM worker"
        )

    def nothing_left() -> bool:
        with regulars.connected() as connection:
            return not connection.execute(
                "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'stream.make_room'"
            ).fetchall()

    assert not nothing_left()
    eventually(nothing_left, within_seconds=60)
    assert "job_taken_up" in (regulars.home / "logs" / "worker.log").read_text()


def test_a_job_that_takes_each_worker_down_is_given_up(regulars: Running, shop: Shop) -> None:
    with regulars.connected() as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status, attempts)"
            " VALUES ('stream.make_room', 'default', '{\"timestamp\": 1}', 'doing', 4)"
        )

    def is_given_up() -> bool:
        with regulars.connected() as connection:
            found = connection.execute("SELECT status FROM procrastinate_jobs WHERE attempts >= 4").fetchall()
        return found == [("failed",)]

    eventually(is_given_up, within_seconds=60)


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


def test_a_second_start_in_the_same_home_is_refused(regulars: Running) -> None:
    second = Running(regulars.home)
    said = second.refusal("serve", "--port", str(second.port))
    assert said == (
        f"Regulars runs in {regulars.home} already; stop it first, or set REGULARS_HOME to another folder.\n"
    )
    regulars.wait_until_up()


def test_a_port_that_is_taken_is_said_so_before_anything_is_started(regulars: Running, home: Path) -> None:
    other = Running(home / "other")
    said = other.refusal("serve", "--port", str(regulars.port))
    assert said == f"Port {regulars.port} is taken by another program; choose another one with --port.\n"
    assert [path.name for path in other.home.iterdir()] == ["run.lock"]


def test_the_planted_loss_would_be_seen(regulars: Running, shop: Shop) -> None:
    # The positive control of `all_arrived`: an acknowledged order that is lost, and one that counts twice.
    shop.sent += 1
    assert not shop.all_arrived()
    shop.sent -= 1
    with regulars.connected() as connection:
        connection.execute("UPDATE orders_customer_facts SET orders = 2")
        connection.commit()
    assert not shop.all_arrived()


def test_a_database_that_goes_while_the_dispatcher_waits_is_told_once(regulars: Running, shop: Shop) -> None:
    killed(KILLS["postgres"](regulars))
    shop.send()
    eventually(shop.all_arrived, within_seconds=60)
    log = (regulars.home / "logs" / "worker.log").read_text()
    assert log.count("database_lost") <= 1
