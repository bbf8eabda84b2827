"""Orders put over HTTP, beside the bare INSERTs of the same rows into the same tables by pgbench."""

from __future__ import annotations

import itertools
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.running import Running

from bench.measure import Finding, Note, Share
from bench.system.home import System
from bench.system.traffic import CONNECTIONS, Request, durations, rate
from regulars.kit.installation import read_installation
from regulars.kit.postgres.binaries import find_binaries
from regulars.kit.sqlfile import read_statements

SECONDS = 15.0
TURNS = 3
MANY = 100
LEAST = {1: 0.05, MANY: 0.1}
TABLES = ("orders_order", "orders_line", "orders_tender", "stream_event")
STATEMENTS = read_statements(Path(__file__).parent / "upserts.sql")


def upserts(system: System) -> Iterator[Finding]:
    """Put new orders of known customers, one and a hundred in a call; both sides in turns, on the same tables."""
    running = system.running
    running.start()
    try:
        shop = Orders(running, system.customers)
        for orders, least in LEAST.items():
            ours, bare = zip(*((shop.put(orders), shop.insert(orders)) for _ in range(TURNS)), strict=True)
            yield Share(
                f"Orders put over HTTP, {orders} in a call, {CONNECTIONS} connections",
                statistics.median(ours),
                "the same rows by bare INSERTs",
                statistics.median(bare),
                "orders/s",
                least,
            )
        yield Note(f"  rows of an order, the same on both sides: {shop.rows_of_both()}")
    finally:
        running.stop()


class Orders:
    """A shop that tells of its orders, and the yardstick that writes the same rows."""

    def __init__(self, running: Running, customers: int) -> None:
        self._running, self._customers = running, customers
        self._run = int(time.time())
        self._key = running.run("key", "add", "bench", "--scope", "orders.write")
        self._addresses = self._some_addresses()
        self._numbers = itertools.count()
        self._turn = itertools.count()

    def put(self, orders: int) -> float:
        """Return how many orders a second are kept."""
        requests = (self._request(orders) for _ in itertools.count())
        created = b'"outcome":"created"'
        found = rate(self._running.port, requests, seconds=SECONDS, good=lambda body: body.count(created) == orders)
        return found * orders

    def put_once(self, orders: int) -> None:
        """Put so many orders in one call."""
        taken = durations(self._running.port, [self._request(orders)])
        assert taken

    def insert(self, orders: int) -> float:
        """Return how many orders a second pgbench writes, as many in a transaction."""
        url = read_installation(self._running.environment).urls["default"]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(_script())
            script.flush()
            # Prepared, so that it spends its time on rows, and not on reading the same statements again.
            command = [find_binaries().program("pgbench"), "--no-vacuum", "--protocol", "prepared"]
            command += [
                "--client",
                str(CONNECTIONS),
                "--jobs",
                "2",
                "--time",
                str(round(SECONDS)),
                "--file",
                script.name,
            ]
            variables = {"customers": self._customers, "run": self._run, "turn": next(self._turn), "number": 0}
            for name, value in (variables | {"orders": orders}).items():
                command += ["--define", f"{name}={value}"]
            done = subprocess.run([*command, url], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return orders * float(re.findall(r"^tps = ([\d.]+)", done.stdout, flags=re.MULTILINE)[0])

    def rows_of_both(self) -> str:
        """Return how many rows an order has in each table, where both sides agree.

        Raises
        ------
        AssertionError
            They do not; then the ratio compares different things.
        """
        with self._running.connected() as connection:
            ours, bare = (
                connection.execute(STATEMENTS["rows_of_one"].sql, {"beginning": f"{side}{self._run}-%"}).fetchone()
                for side in ("h", "p")
            )
        assert ours == bare, (ours, bare)
        return ", ".join(f"{table} {count}" for table, count in zip(TABLES, ours or (), strict=True))

    def _some_addresses(self) -> Sequence[str]:
        with self._running.connected() as connection:
            found = connection.execute(STATEMENTS["some_addresses"].sql, {"percent": 5}).fetchall()
        return [value for (value,) in found]

    def _request(self, orders: int) -> bytes:
        told = [self._order(next(self._numbers)) for _ in range(orders)]
        headers = {"Authorization": f"Bearer {self._key}"}
        if orders > 1:
            body = {"orders": [{"source": "bench", **each} for each in told]}
            return Request("POST", "/v1/orders/bulk", headers, body).wire(self._running.port)
        [one] = told
        number = one.pop("external_id")
        return Request("PUT", f"/v1/orders/bench/{number}", headers, one).wire(self._running.port)

    def _order(self, number: int) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        products = (f"P{1 + (number * each * 31) % 5_000}" for each in (1, 2))
        return {
            "external_id": f"h{self._run}-{number}",
            "placed_at": now,
            "buyer": {"identifiers": [{"kind": "email", "value": self._addresses[number * 7 % len(self._addresses)]}]},
            "currency": "EUR",
            "channel": "online",
            "lines": [
                {
                    "product": {"external_id": product},
                    "quantity": "1",
                    "unit_price_minor": 1250,
                    "tax_minor": 200,
                    "total_minor": 1250,
                }
                for product in products
            ],
            "total_minor": 2500,
            "tenders": [{"kind": "card", "amount_minor": 2500, "paid_at": now}],
        }


def _script() -> str:
    """Return a transaction of one multi-row INSERT per table, of the rows of `:orders` orders."""
    orders = STATEMENTS["orders"].sql
    inserts = [
        re.sub(r"\bFROM orders\b", f"FROM ({orders}) AS orders", STATEMENTS[f"insert_{table}"].sql) for table in TABLES
    ]
    draws = [r"\set number :number + 1", r"\set buyer random(1, :customers)"]
    return "\n".join([*draws, "BEGIN;", *(f"{insert};" for insert in inserts), "COMMIT;"])
