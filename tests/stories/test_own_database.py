"""An operator brings a PostgreSQL of one's own: version 16, over TCP, with a password for each login."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.external import PASSWORD, External, external_server
from tests.running import Running, eventually
from tests.stories.test_first_order import ORDER, put, sign_in

from regulars.faces.cli.running import connecting
from regulars.faces.cli.running.connecting import DatabaseUnusable, look_at


@pytest.fixture(scope="module")
def external() -> Iterator[External]:
    with external_server() as server:
        yield server


def running_with(home: Path, settings: dict[str, str]) -> Running:
    running = Running(home)
    running.environment |= settings
    return running


def an_order_becomes_a_fact_on_a_page(running: Running) -> None:
    browser = sign_in(running)
    key = running.run("key", "add", "shop", "--scope", "orders.write")
    first = put(running, key, 1)
    assert first.status_code == 200, first.text
    assert first.json()["customer_id"]
    for victim in ("worker", "web"):
        running.kill(victim)
    eventually(lambda: _still_the_same(running, key), within_seconds=60)

    def is_a_fact() -> bool:
        with running.connected() as connection:
            return connection.execute("SELECT orders, revenue_minor FROM orders_customer_facts").fetchall() == [
                (1, ORDER["total_minor"])
            ]

    eventually(is_a_fact, within_seconds=60)
    page = browser.get(f"/customers/{first.json()['customer_id']}")
    assert page.status_code == 200
    assert "Kovač" in page.text


def _still_the_same(running: Running, key: str) -> bool:
    try:
        return bool(put(running, key, 1).json()["outcome"] == "unchanged")
    except (httpx.TransportError, KeyError, ValueError):
        return False


@pytest.mark.parametrize("logins", ["three", "one"])
def test_an_order_becomes_a_fact_on_a_page(external: External, home: Path, logins: str) -> None:
    settings = external.database_with_three_logins() if logins == "three" else external.database_with_one_login()
    running = running_with(home, settings)
    running.start()
    try:
        an_order_becomes_a_fact_on_a_page(running)
        with (
            psycopg.connect(settings["DATABASE_URL"]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("DELETE FROM stream_event")
        assert not (home / "postgres").exists()
        # A second start finds all as it was.
        running.stop()
        running.start()
        key = running.run("key", "add", "again", "--scope", "orders.write")
        assert put(running, key, 1).json()["outcome"] == "unchanged"
    finally:
        running.stop()
    assert PASSWORD not in "".join(path.read_text() for path in home.glob("**/*.log"))


def test_the_read_only_login_reads_and_does_not_write(external: External, home: Path) -> None:
    settings = external.database_with_three_logins()
    running = running_with(home, settings)
    running.run("upgrade")
    with psycopg.connect(settings["DATABASE_READONLY_URL"], autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM orders_order").fetchone() == (0,)
        for statement in ("DELETE FROM orders_order", "SELECT * FROM staff_account", "CREATE TABLE mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def wrong_password(external: External) -> dict[str, str]:
    settings = external.database_with_one_login()
    return {name: url.replace("p%2Fw", "p%2Fv") for name, url in settings.items()}


def no_such_database(external: External) -> dict[str, str]:
    settings = external.database_with_one_login()
    return {name: f"{url}_none" for name, url in settings.items()}


def no_right_to_make_tables(external: External) -> dict[str, str]:
    external.run("DROP DATABASE IF EXISTS guestless")
    external.run("DROP ROLE IF EXISTS guest")
    external.make_login("guest")
    external.run("CREATE DATABASE guestless")
    return {"DATABASE_URL": external.url("guest", "guestless")}


def two_databases(external: External) -> dict[str, str]:
    one, two = external.database_with_three_logins(), external.database_with_three_logins()
    return one | {"DATABASE_READONLY_URL": two["DATABASE_READONLY_URL"]}


def nobody_there(_external: External) -> dict[str, str]:
    return {"DATABASE_URL": "postgresql://me:p%2Fw@127.0.0.1:1/shop"}


def unknown_host(_external: External) -> dict[str, str]:
    return {"DATABASE_URL": "postgresql://me:p%2Fw@no-such-host.invalid/shop"}


def password_as_it_is(_external: External) -> dict[str, str]:
    return {"DATABASE_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:5432/shop"}


def half_an_escape(_external: External) -> dict[str, str]:
    return {"DATABASE_URL": "postgresql://me:secret%zz@127.0.0.1:5432/shop"}


@pytest.mark.parametrize("command", ["serve", "upgrade"])
@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (wrong_password, 'where DATABASE_URL leads, refuses: password authentication failed for user "shop'),
        (no_such_database, 'refuses: database "shop'),
        (no_right_to_make_tables, "GRANT CREATE ON SCHEMA public TO guest"),
        (two_databases, "DATABASE_READONLY_URL leads to another database than DATABASE_URL"),
        (nobody_there, "No database server answers at 127.0.0.1:1, where DATABASE_URL leads."),
        (unknown_host, "No database server answers at no-such-host.invalid:5432"),
        (password_as_it_is, "DATABASE_URL cannot be read; in its password, write / @ : ? # % as"),
        (half_an_escape, "DATABASE_URL cannot be read"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_wrong_with_the_database_is_one_sentence_without_the_password(
    external: External, home: Path, mistake: Callable[..., Any], said: str, command: str
) -> None:
    running = running_with(home, mistake(external))
    options = ["--port", str(running.port)] if command == "serve" else []
    sentence = running.refusal(command, *options)
    assert said in sentence
    assert all(part not in sentence for part in (PASSWORD, "p%2F", "secret", "p/w"))


def test_a_server_that_is_too_old_is_refused(external: External, monkeypatch: pytest.MonkeyPatch) -> None:
    url = external.database_with_one_login()["DATABASE_URL"]
    assert look_at("default", url).major == 16
    monkeypatch.setattr(connecting, "OLDEST_MAJOR", 17)
    with pytest.raises(DatabaseUnusable, match="leads to PostgreSQL 16, but Regulars needs 17 or newer"):
        look_at("default", url)


def test_web_and_worker_do_not_run_on_tables_of_another_version(external: External, home: Path) -> None:
    running = running_with(home, external.database_with_one_login())
    for command in (["web", "--port", str(running.port)], ["worker"]):
        assert running.refusal(*command) == ("The database is not at this version's state yet; run regulars upgrade.\n")
    assert "up to date" in running.told("upgrade")
    assert "was up to date already" in running.told("upgrade")
