"""An operator asks the doctor: each thing is broken once, named, and mended by what the doctor says."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from tests.external import external_server
from tests.running import REGULARS, Running, eventually
from tests.stories.test_recovery import Shop

from regulars.faces.cli.running.doctor import database, machine

Findings = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def patient() -> Iterator[Running]:
    """A Regulars that is well; whoever breaks it mends it."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-doctor-"))
    folder.chmod(0o755)
    running = Running(folder)
    running.start()
    shop = Shop(running)
    shop.send()
    eventually(shop.all_arrived)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


def examined(running: Running, **environment: str) -> tuple[int, Findings]:
    """Ask the doctor; return the exit code, and what is found by name."""
    done = subprocess.run(
        [*REGULARS, "doctor", "--json"],
        env=running.environment | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, {finding["name"]: finding for finding in json.loads(done.stdout)}


@contextmanager
def altered(running: Running, broken: str, mended: str) -> Iterator[None]:
    """Break something in the database for a while."""
    with running.connected() as connection:
        connection.execute(broken)
    try:
        yield
    finally:
        with running.connected() as connection:
            connection.execute(mended)


def test_all_is_well_with_a_regulars_that_runs(patient: Running) -> None:
    code, found = examined(patient)
    assert code == 0, [finding for finding in found.values() if finding["state"] == "bad"]
    assert {name for name, finding in found.items() if finding["state"] == "good"} == {
        *("python", "home", "disk", "secrets", "assets", "left behind", "database", "clock", "migrations", "logins"),
        *("rights", "partitions", "subscriptions", "dead letters", "jobs", "worker", "proxies"),
    }
    # That only this machine reaches it is worth a word.
    assert found["address"]["state"] == "notice"
    said = patient.run("doctor").splitlines()
    assert said[0] == "✓ Python 3.11." or said[0].startswith("✓ Python 3.")
    assert all(line[:2] in {"✓ ", "· ", "  "} for line in said)


@contextmanager
def readable_secrets(running: Running) -> Iterator[None]:
    path = running.home / "secrets.json"
    path.chmod(0o644)
    yield
    path.chmod(0o600)


def rights_to_change(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "GRANT DELETE ON stream_event TO regulars_app",
        "REVOKE DELETE ON stream_event FROM regulars_app",
    )


def a_reader_that_writes(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "GRANT UPDATE ON orders_order TO regulars_readonly",
        "REVOKE UPDATE ON orders_order FROM regulars_readonly",
    )


def a_migration_to_be_run(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "UPDATE django_migrations SET app = 'later' WHERE app = 'rules_none' OR (app = 'sessions')",
        "UPDATE django_migrations SET app = 'sessions' WHERE app = 'later'",
    )


def no_partition_ahead(running: Running) -> AbstractContextManager[None]:
    month = f"{datetime.now(UTC) + timedelta(days=75):%Y_%m}"
    return altered(
        running, f"DROP TABLE stream_event_{month}", f"SELECT stream_make_partition(to_date('{month}', 'YYYY_MM'))"
    )


def a_stray_event(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "INSERT INTO stream_event (id, occurred_at, received_at, type, actor, source, payload, transaction, position)"
        " VALUES (gen_random_uuid(), '1999-01-01', now(), 'test.strayed', 'system:test', 'test', '{}', 1, 1)",
        "SET regulars.erasing = 'on'; DELETE FROM stream_event_default",
    )


@contextmanager
def a_subscription_behind(running: Running) -> Iterator[None]:
    with running.connected() as holding:
        holding.execute("SELECT * FROM stream_cursor WHERE subscription = 'orders.facts' FOR UPDATE")
        with altered(
            running,
            "INSERT INTO stream_event"
            " (id, occurred_at, received_at, type, actor, source, payload, transaction, position)"
            " SELECT gen_random_uuid(), now(), now() - interval '1 hour', type, actor, source, payload,"
            " stream_transaction(), nextval('stream_event_position') FROM stream_event"
            " WHERE type LIKE 'order.%' LIMIT 1",
            "SELECT 1",
        ):
            yield


def a_dead_letter(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "INSERT INTO stream_dead_letter SELECT gen_random_uuid(), 'orders.facts', id, occurred_at, customer_id,"
        " transaction, position, 'failed', 'ValueError', 'x.py:1 in x', 1, now(), now() FROM stream_event LIMIT 1",
        "DELETE FROM stream_dead_letter",
    )


def a_failed_job(running: Running) -> AbstractContextManager[None]:
    return altered(
        running,
        "INSERT INTO procrastinate_jobs (task_name, queue_name, args, status) VALUES ('x', 'nobody', '{}', 'failed')",
        "DELETE FROM procrastinate_jobs WHERE task_name = 'x'",
    )


@contextmanager
def a_worker_that_hangs(running: Running) -> Iterator[None]:
    processes = running.processes("worker")
    for process in processes:
        process.suspend()
    with altered(
        running,
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'",
        "UPDATE procrastinate_workers SET last_heartbeat = now()",
    ):
        yield
    for process in processes:
        process.resume()


@pytest.mark.parametrize(
    ("broken", "name", "sentence", "mend"),
    [
        (readable_secrets, "secrets", "Others can read", "chmod 600"),
        (rights_to_change, "rights", "could change stream_event", "regulars upgrade"),
        (a_reader_that_writes, "rights", "read-only login could write", "regulars upgrade"),
        (a_migration_to_be_run, "migrations", "1 changes of the tables are to be made", "regulars upgrade"),
        (no_partition_ahead, "partitions", "no partition for", "Start the worker"),
        (a_stray_event, "partitions", "1 events lie in the stream's default partition", "Nothing is lost"),
        (a_subscription_behind, "subscriptions", "orders.facts is 1 events behind", "handler_failed"),
        (a_dead_letter, "dead letters", "1 events could not be handed over", "Dead letters in the console"),
        (a_failed_job, "jobs", "1 jobs failed, 0 lost their worker", "worker's log"),
        (a_worker_that_hangs, "worker", "No worker has given a sign of life", "regulars serve"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_broken_is_named_with_how_to_mend_it(
    patient: Running, broken: Any, name: str, sentence: str, mend: str
) -> None:
    with broken(patient):
        code, found = examined(patient)
    assert code == 1
    assert found[name]["state"] == "bad"
    assert sentence in found[name]["sentence"]
    assert mend in found[name]["mend"]


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://regulars.example", "good"),
        ("http://localhost:8000", "notice"),
        ("http://regulars.example", "bad"),
    ],
)
def test_an_address_without_encryption_is_named(url: str, state: str) -> None:
    assert machine.address(url).state == state


def test_an_old_python_is_named() -> None:
    assert machine.python((3, 10)).state == "bad"


def test_a_home_that_is_not_there_is_named(home: Path) -> None:
    running = Running(home / "none")
    code, found = examined(running)
    assert code == 1
    assert found["home"]["state"] == "bad"
    assert "database" not in found
    assert not running.home.exists()


def test_a_home_without_a_database_is_left_without_one(home: Path) -> None:
    code, found = examined(Running(home))
    assert code == 0
    assert found["database"]["mend"] == "Run: regulars serve"
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(("free_gigabytes", "state"), [(0.5, "bad"), (3, "notice"), (50, "good")])
def test_a_disk_that_fills_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, free_gigabytes: float, state: str
) -> None:
    usage = SimpleNamespace(free=int(free_gigabytes * 2**30))
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    assert machine.disk(home).state == state


def test_assets_that_are_not_built_are_named(home: Path) -> None:
    finding = machine.assets(home)
    assert (finding.state, finding.mend) == ("bad", "In a checkout run: make assets; else install Regulars again.")


def test_a_clock_that_goes_wrong_is_named(patient: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with patient.connected() as connection:
        info = connection.info
        url = f"host={info.host} port={info.port} dbname={info.dbname} user={info.user} password={info.password}"
    assert database.clock(url).state == "good"
    monkeypatch.setattr(database, "MOST_APART", timedelta(seconds=-1))
    assert database.clock(url).state == "bad"


def test_one_login_for_all_is_worth_a_word(home: Path) -> None:
    with external_server() as server:
        running = Running(home)
        running.environment |= server.database_with_one_login()
        running.told("upgrade")
        code, found = examined(running)
        assert found["logins"]["state"] == "notice"
        assert found["rights"]["state"] == "good"
        # Nobody runs a worker on it, and what runs elsewhere is not known here.
        assert (code, found["worker"]["state"]) == (1, "bad")
        unreachable = {name: url.replace(str(server.port), "1") for name, url in running.environment.items()}
        code, found = examined(running, DATABASE_URL=unreachable["DATABASE_URL"])
    assert code == 1
    assert "No database server answers" in found["database"]["sentence"]


def test_a_regulars_that_does_not_run_is_looked_at_all_the_same_and_what_a_kill_left_is_named(made_home: Path) -> None:
    running = Running(made_home)
    code, found = examined(running)
    assert code == 0
    assert found["worker"] == {
        "name": "worker",
        "state": "notice",
        "sentence": "Regulars does not run.",
        "mend": "Run: regulars serve",
    }
    assert running.left_over() == []
    running.start()
    assert running.process
    children = psutil.Process(running.process.pid).children(recursive=True)
    running.kill("supervisor")
    psutil.wait_procs(children, timeout=30)
    assert examined(running)[1]["left behind"]["sentence"] == "The last Regulars was killed."


def test_a_server_that_got_loose_is_named(made_home: Path) -> None:
    running = Running(made_home)
    running.start()
    leashes = running.leashes("postgres")
    for leash in leashes:
        leash.suspend()
    try:
        assert running.process
        psutil.Process(running.process.pid).kill()
        running.process.wait()
        eventually(lambda: examined_machine(running) == "bad")
        running.start()
        running.stop()
    finally:
        for leash in leashes:
            leash.kill()
    assert running.left_over() == []


def examined_machine(running: Running) -> str:
    from regulars.kit.installation import read_installation

    return str(machine.left_behind(read_installation(running.environment)).state)
