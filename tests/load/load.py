"""A Regulars under steady traffic, whose parts are killed meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg
from tests.load.clerk import Clerk
from tests.load.client import Client
from tests.load.club import LIFTED, Club
from tests.load.importer import ORDERS, File, Importer
from tests.load.kept import Kept, read
from tests.load.told import Told, together
from tests.load.writer import Writer
from tests.running import Running, eventually

CLIENTS, CLERKS = 4, 2
SCOPES = (
    *("orders.write", "customers.write", "events.write"),
    *("imports.run", "loyalty.write", "loyalty.adjust", "loyalty.manage"),
)
FLOWS_WITHIN_SECONDS = 90
SETTLES_WITHIN_SECONDS = 180
# What is left to be done, in words: nothing where no row comes.
_DUE = """
    SELECT 'the import of ' || source || ' is ' || state FROM imports_import
        WHERE state IN ('checking', 'running') OR (state = 'failed' AND error_code = 'interrupted')
    UNION ALL SELECT count(*) || ' jobs of ' || task_name || ' are ' || status::text
        FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY task_name, status
    UNION ALL SELECT reached.subscription || ' has come to ' || reached.transaction || ' of ' || last.transaction
        || ', and moved at ' || reached.moved_at
        FROM stream_cursor AS reached, (
            SELECT transaction, position FROM stream_event ORDER BY transaction DESC, position DESC LIMIT 1
        ) AS last
        WHERE (reached.transaction, reached.position) < (last.transaction, last.position)
"""


class Load:
    """Some clients that write, and files that are imported, up to so many one after the other."""

    def __init__(self, regulars: Running, *, seed: int, files: int = 1, orders: int = ORDERS) -> None:
        key = regulars.run("key", "add", "shop", *(word for scope in SCOPES for word in ("--scope", scope)))
        self.regulars = regulars
        self.club = Club(regulars.url, key)
        placed_at, members = self.club.opened_at, list(self.club.told.members.items())
        self.clients: list[Writer] = [
            Client(regulars.url, key, number, CLIENTS, seed=seed, placed_at=placed_at) for number in range(CLIENTS)
        ]
        self.clients += [
            Clerk(regulars.url, key, number, seed=seed, members=dict(members[number::CLERKS]))
            for number in range(CLERKS)
        ]
        self.importer = Importer(regulars, key, most=files, orders=orders, placed_at=placed_at)
        self.in_imports = 0

    @property
    def files(self) -> Sequence[File]:
        return self.importer.files

    def start(self) -> None:
        """Start it, and wait until all of it flows."""
        began = time.monotonic(), datetime.now(UTC)
        for thread in (*self.clients, self.importer):
            thread.start()
        self._wait_until_it_flows_again(*began)
        eventually(lambda: bool(self.files), within_seconds=60)

    def kill(self, victim: str) -> float:
        """Kill a part, do what a user would do then, and return how many seconds it took until all flowed again."""
        self.in_imports += self.importer.is_under_way()
        killed = time.monotonic(), datetime.now(UTC)
        self.regulars.kill(victim)
        if victim == "supervisor":
            self.regulars.start()
        self._wait_until_it_flows_again(*killed)
        return time.monotonic() - killed[0]

    def settle(self) -> Told:
        """Tell nothing new, wait until nothing is left to be done, and return what has been told."""
        threads: list[Writer | Importer] = [*self.clients, self.importer]
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), f"{thread.name} has not ended"
        deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
        while due := self._due():
            for file in self.files:
                self.importer.let_go_on(file)
            assert time.monotonic() < deadline, "\n".join(due)
            time.sleep(0.5)
        for command in self.importer.commands:
            command.wait(30)
        return together([self.club.told, *(client.told for client in self.clients)])

    def has_lifted(self, members: int) -> bool:
        """Tell whether so many members stand above the first tier by now."""
        return self._is(f"SELECT count(*) >= %s FROM loyalty_tiers_standing WHERE {LIFTED}", members)()

    def kept(self) -> Kept:
        """Return what stands in the database."""
        with self.regulars.connected() as connection:
            return read(connection)

    def _wait_until_it_flows_again(self, since: float, moment: datetime) -> None:
        """Wait until each client has been acknowledged a write that it sent since, and the stream has moved."""
        moves = self._is("SELECT bool_and(moved_at > %s) FROM stream_cursor", moment)
        flows = lambda: all(client.flowed_at > since for client in self.clients) and moves()  # noqa: E731
        eventually(flows, within_seconds=FLOWS_WITHIN_SECONDS)

    def _due(self) -> list[str]:
        """Return what is left to be done; that one cannot ask is one such thing."""
        with contextlib.suppress(psycopg.OperationalError), self.regulars.connected() as connection:
            return [str(due) for (due,) in connection.execute(_DUE).fetchall()]
        return ["the database is away"]

    def _is(self, query: str, *parameters: object) -> Callable[[], bool]:
        """Return what asks the database; the answer is no while it is away."""

        def ask() -> bool:
            with contextlib.suppress(psycopg.OperationalError), self.regulars.connected() as connection:
                found = connection.execute(query, parameters).fetchone()
                return bool(found and found[0])
            return False

        return ask
