"""An operator backs up while all runs, loses everything, and has it back; the stream goes on in its order."""

from __future__ import annotations

import json
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.external import External, external_server
from tests.running import Running, eventually
from tests.stories.conftest import folder_of_a_story, running_in
from tests.stories.test_first_order import sign_in
from tests.stories.test_recovery import Shop

# What differs by right on another server: its identity and the shift of its clock, and what its workers do there.
OF_THE_SERVER = {"stream_clock", "procrastinate_workers", "procrastinate_periodic_defers", "procrastinate_events"}


@pytest.fixture
def other_home() -> Iterator[Path]:
    with folder_of_a_story() as folder:
        yield folder


@pytest.fixture(scope="module")
def external() -> Iterator[External]:
    with external_server() as server:
        yield server


def rows_of(url: str) -> dict[str, tuple[int, str]]:
    """Return each table's count and the digest of its rows, whatever their order."""
    found = {}
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            # Jobs that come each few seconds by themselves are there at one moment and gone at the next.
            kept = " WHERE NOT args ? 'timestamp'" if name == "procrastinate_jobs" else ""
            digest = sql.SQL(
                "SELECT count(*), md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) FROM {} AS row"
            ).format(sql.Identifier(name)) + sql.SQL(kept)
            [found[name]] = connection.execute(digest).fetchall()
    return {name: rows for name, rows in found.items() if name not in OF_THE_SERVER}


def owner_url(running: Running) -> str:
    with running.connected() as connection:
        info = connection.info
        return f"host={info.host} port={info.port} dbname={info.dbname} user={info.user} password={info.password}"


@contextmanager
def held_back(running: Running) -> Iterator[None]:
    """Leave the cursor of the customers' facts behind, and the audit trail unsealed: no worker comes by meanwhile."""
    with running.connected() as holding:
        holding.execute("SELECT * FROM stream_cursor WHERE subscription = 'orders.facts' FOR UPDATE")
        holding.execute("SELECT pg_advisory_xact_lock(hashtext('staff_audit_seal'))")
        yield


@dataclass
class Backed:
    """A shop of five orders and its backup, of when nobody had been told of two of them; Regulars is stopped."""

    shop: Shop
    path: Path
    before: dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def backed(made: Running) -> Iterator[Backed]:
    with folder_of_a_story() as folder:
        made.copy_to(folder)
        with running_in(folder) as running:
            shop = Shop(running)
            sign_in(running)
            for _ in range(3):
                shop.send()
            eventually(shop.all_arrived)
            with held_back(running):
                shop.send()
                shop.send()
                path = Path(running.run("backup"))
                before = rows_of(owner_url(running))
            eventually(shop.all_arrived)
        yield Backed(shop, path, before)


@pytest.fixture
def stopped(backed: Backed, home: Path) -> Running:
    """A copy of the shop that was backed up, for a story of its own; with a copy of the backup."""
    backed.shop.regulars.copy_to(home)
    return Running(home)


def manifest_of(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        member = tar.extractfile("manifest.json")
        assert member
        return dict(json.load(member))


def backup_in(running: Running) -> Path:
    [path] = (running.home / "backups").iterdir()
    return path


def test_a_backup_is_one_file_for_its_owner_only_that_says_what_it_holds(backed: Backed) -> None:
    path, before = backed.path, backed.before
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["manifest.json", "secrets.json", "database.dump"]
    manifest = manifest_of(path)
    assert manifest["rows"]["orders_order"] == 5
    counted = {name: count for name, (count, _) in before.items()}
    # Of the jobs, those that come by themselves are in the backup, if one was there at its moment.
    assert manifest["rows"]["procrastinate_jobs"] >= counted.pop("procrastinate_jobs")
    assert {name: manifest["rows"][name] for name in counted} == counted
    assert "orders.0001_initial" in manifest["migrations"]
    assert manifest["postgres_major"] == 18


def test_all_rows_come_back_into_an_empty_home_and_the_stream_goes_on(backed: Backed, other_home: Path) -> None:
    other = Running(other_home)
    assert "Restored." in other.told("restore", str(backed.path))
    with_database_of(other, lambda url: compare(rows_of(url), backed.before))
    # The links and sessions signed before are good still.
    secrets = [json.loads((home / "secrets.json").read_text()) for home in (backed.shop.regulars.home, other_home)]
    assert secrets[0]["secret_key"] == secrets[1]["secret_key"]

    other.start()
    try:
        there = Shop(other)
        there.sent = backed.shop.sent
        # What waited at the backup is told first, and what comes new after it; each once.
        eventually(there.all_arrived, within_seconds=60)
        there.send()
        eventually(there.all_arrived, within_seconds=60)
        with other.connected() as connection:
            events = connection.execute(
                "SELECT received_at FROM stream_event ORDER BY transaction, position"
            ).fetchall()
            [(shift,)] = connection.execute("SELECT shift FROM stream_clock").fetchall()
        assert events == sorted(events)
        assert shift != 0
    finally:
        other.stop()


def test_without_settling_the_clock_the_order_would_be_lost(backed: Backed, other_home: Path) -> None:
    # The positive control of the test above: on a new server the numbers of transactions begin low.
    other = Running(other_home)
    other.run("restore", str(backed.path))

    def look(url: str) -> None:
        with psycopg.connect(url) as connection:
            [(shift, last, now)] = connection.execute(
                "SELECT shift, (SELECT max(transaction) FROM stream_event), pg_current_xact_id()::text::bigint"
                " FROM stream_clock"
            ).fetchall()
        assert shift + now > last
        assert now <= last

    with_database_of(other, look)


def test_a_backup_is_of_one_moment_while_orders_come_in(regulars: Running, other_home: Path) -> None:
    shop = Shop(regulars)
    stop = threading.Event()

    def keep_sending() -> None:
        while not stop.is_set():
            shop.send()

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        eventually(lambda: shop.sent > 5)
        path = regulars.run("backup", "--out", str(other_home))
    finally:
        stop.set()
        sender.join()
    other = Running(other_home / "home")
    other.home.mkdir(mode=0o755)
    other.told("restore", path)

    def is_whole(url: str) -> None:
        with psycopg.connect(url) as connection:
            [(orders, lines, events)] = connection.execute(
                "SELECT (SELECT count(*) FROM orders_order), (SELECT count(*) FROM orders_line),"
                " (SELECT count(*) FROM stream_event WHERE type LIKE 'order.%')"
            ).fetchall()
        assert 0 < orders < shop.sent
        assert orders == lines
        assert events >= orders

    with_database_of(other, is_whole)


def test_a_backup_goes_to_a_server_of_ones_own_and_back(backed: Backed, other_home: Path, external: External) -> None:
    other = Running(other_home)
    other.environment |= external.database_with_three_logins()
    other.told("restore", str(backed.path))
    compare(rows_of(other.environment["DATABASE_OWNER_URL"]), backed.before)
    # Its programs are those of version 16; what they write, the newest reads.
    back = other.run("backup")
    assert manifest_of(Path(back))["postgres_major"] == 16
    third = Running(other_home / "third")
    third.home.mkdir(mode=0o755)
    third.told("restore", back)
    with_database_of(third, lambda url: compare(rows_of(url), backed.before))


def test_what_is_there_is_replaced_only_when_told_to_and_asked(backed: Backed, stopped: Running) -> None:
    regulars, path = stopped, backup_in(stopped)
    regulars.start()
    shop = Shop(regulars)
    shop.sent = backed.shop.sent
    shop.send()
    eventually(shop.all_arrived)
    assert "stop it before a restore" in regulars.refusal_after_telling("restore", str(path), "--replace", "--yes")
    regulars.stop()
    key = (regulars.home / "secrets.json").read_text()
    assert "holds data; --replace puts" in regulars.refusal_after_telling("restore", str(path))
    assert "Nobody is there to answer" in regulars.refusal_after_telling("restore", str(path), "--replace")
    assert (regulars.home / "secrets.json").read_text() == key
    regulars.told("restore", str(path), "--replace", "--yes")
    with_database_of(regulars, lambda url: compare(rows_of(url), backed.before))
    regulars.start()
    try:
        eventually(lambda: _counts(regulars) == (5, 5))
    finally:
        regulars.stop()


def _counts(running: Running) -> tuple[int, int]:
    with running.connected() as connection:
        [found] = connection.execute(
            "SELECT (SELECT count(*) FROM orders_order), (SELECT count(*) FROM orders_customer_facts)"
        ).fetchall()
    return found


def damaged_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def something_else(path: Path) -> None:
    path.write_text("a letter")


def without_the_database(path: Path) -> None:
    rewrite(path, {"database.dump": None})


def of_a_later_version(path: Path) -> None:
    rewrite(path, {"manifest.json": lambda manifest: manifest | {"version": "99.0.0"}})


def with_a_table_of_a_later_version(path: Path) -> None:
    rewrite(
        path,
        {
            "manifest.json": lambda manifest: (
                manifest | {"migrations": [*manifest["migrations"], "rewards.0001_initial"]}
            )
        },
    )


def rewrite(path: Path, changes: dict[str, Any]) -> None:
    """Write a backup anew, with a part left out or the manifest changed."""
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(path) as tar:
        tar.extractall(scratch)
        for name, change in changes.items():
            part = Path(scratch) / name
            if change is None:
                part.unlink()
            else:
                part.write_text(json.dumps(change(json.loads(part.read_text()))))
        with tarfile.open(path, "w") as made:
            for part in sorted(Path(scratch).iterdir()):
                made.add(part, arcname=part.name)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damaged_in_the_middle, "is damaged, or is not what regulars backup wrote"),
        (cut_short, "is damaged, or is not what regulars backup wrote"),
        (something_else, "is damaged, or is not what regulars backup wrote"),
        (without_the_database, "is damaged, or is not what regulars backup wrote"),
        (of_a_later_version, "was made by version 99.0.0, but this is"),
        (with_a_table_of_a_later_version, "it knows rewards.0001_initial"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_backup_that_is_not_whole_or_too_new_is_refused_and_nothing_is_lost(
    stopped: Running, damage: Callable[[Path], object], said: str
) -> None:
    path = backup_in(stopped)
    damage(path)
    kept: list[dict[str, tuple[int, str]]] = []
    with_database_of(stopped, lambda url: kept.append(rows_of(url)))
    assert said in stopped.refusal_after_telling("restore", str(path), "--replace", "--yes")
    with_database_of(stopped, lambda url: compare(rows_of(url), kept[0]))


def test_a_file_that_is_not_there_is_said_so(home: Path) -> None:
    assert Running(home).refusal("restore", "none.tar") == "There is no file none.tar.\n"


def test_a_backup_needs_no_running_regulars(regulars: Running) -> None:
    shop = Shop(regulars)
    shop.send()
    eventually(shop.all_arrived)
    regulars.stop()
    path = Path(regulars.run("backup", "--out", str(regulars.home / "mine.tar")))
    assert path.name == "mine.tar"
    assert tarfile.is_tarfile(path)
    assert regulars.left_over() == []


def with_database_of(running: Running, look: Callable[[str], object]) -> None:
    """Start the database of an installation alone, and look at it."""
    from regulars.faces.cli.running.database import running_database
    from regulars.kit.installation import read_installation

    here = read_installation(running.environment)
    with running_database(here):
        look(here.urls["owner"])


def compare(found: dict[str, tuple[int, str]], expected: dict[str, tuple[int, str]]) -> None:
    assert found.keys() == expected.keys()
    assert {name: rows for name, rows in found.items() if rows != expected[name]} == {}
    assert found["orders_order"][0] == 5
