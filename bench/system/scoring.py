"""Nightly scoring and its snapshot beside lifetimes' RFM summary of the same orders; facts and RFM moved by orders."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import psutil
import psycopg
from tests.running import Running

from bench.measure import Finding, Limit, Note, Result, timed
from bench.summary import lifetimes_summary
from bench.system.home import System
from bench.system.traffic import Connection, Request
from regulars.kit.sqlfile import read_statements

STATEMENTS = read_statements(Path(__file__).parent / "scoring.sql")
LOOK_EVERY_SECONDS = 0.2
STEP = re.compile(r"^(?P<ended_at>\S+) .*seconds=(?P<seconds>[\d.]+) step='?(?P<step>[^']*)'?")
# What is done with the scores themselves: between the two a run makes its report and what else is to be known.
WRITTEN, IN_PLACE = "Writing the scores", "Putting the scores in place"
# A day's share of two years' orders comes in between the first run and the second.
DAYS = 730
ORDERS_PER_SECOND, SECONDS, IN_A_CALL = 300, 20, 50
MOST_BEHIND_SECONDS = 1.0


def scoring(system: System) -> Iterator[Finding]:
    """Score all customers by the worker: at first, and as on the night after; then let orders come and watch."""
    running = system.running
    running.start()
    try:
        shop = _Shop(running)
        with running.connected() as connection:
            connection.autocommit = True
            # A run that was cut short when the home was stopped last is taken up again.
            _wait_for_the_end(running, connection)
            shutil.rmtree(running.home / "lake", ignore_errors=True)
            connection.execute(STATEMENTS["forget"].sql)
            first = _run(running, connection)
            asyncio.run(shop.tell(max(100, system.orders // DAYS), per_second=None))
            _catch_up(connection)
            second = _run(running, connection)
            lifetimes_seconds = _lifetimes(running.home / "lake" / "current")
            name, yardstick = "Scoring by night, with its snapshot", "lifetimes' RFM summary alone"
            yield Result(name, second.scoring_seconds, yardstick, lifetimes_seconds, target=1)
            yield from second.notes()
            yield Note(f"The first run of all, which reads all orders from the database: {first.scoring_seconds:.1f} s")
            yield from first.notes()
            yield Limit(
                f"Facts and RFM behind the stream, at {ORDERS_PER_SECOND} orders/s for {SECONDS} s",
                asyncio.run(_behind(shop, connection)),
                MOST_BEHIND_SECONDS,
                "s",
            )
            yield Note(f"  {shop.told:,} orders told over HTTP, in calls of {IN_A_CALL}")
    finally:
        running.stop()


@dataclass(frozen=True)
class _Taken:
    """What a run took: the scoring, and all of it.

    Scoring is by the clock from the beginning until all scores are written, and what it takes them to take their place
    when the run has found all else. `steps` are as the worker logged them; the memory is that of the run's own process.
    """

    scoring_seconds: float
    seconds: float
    steps: Sequence[tuple[str, float]]
    peak_gb: float
    load: float

    def notes(self) -> Iterator[Note]:
        """Say where the time went."""
        for step, seconds in self.steps:
            yield Note(f"  {seconds:7.1f} s  {step}")
        yield Note(f"  {self.seconds:.1f} s for the whole run, {self.scoring_seconds:.1f} of them for the scores")
        yield Note(f"  {self.peak_gb:.2f} GB of memory in its process; load average {self.load:.1f} at the end")


def _run(running: Running, connection: psycopg.Connection) -> _Taken:
    """Have the worker score all customers, from the asking to the end of the run."""
    running.run("insights", "run")
    peak_gb = _wait_for_the_end(running, connection)
    row = connection.execute(STATEMENTS["last_run"].sql).fetchone()
    assert row is not None
    run_id, state, started_at, customers, why, seconds = row
    assert state == "succeeded", why
    assert customers > 0
    ended: dict[str, tuple[datetime, float]] = {}
    # The last step is logged when it is over, a moment after others see what it did.
    while IN_PLACE not in ended:
        time.sleep(LOOK_EVERY_SECONDS)
        ended = {step: (ended_at, taken) for step, ended_at, taken in _steps(running, run_id)}
    scoring_seconds = (ended[WRITTEN][0] - started_at).total_seconds() + ended[IN_PLACE][1]
    told = [(step, taken) for step, (_, taken) in ended.items()]
    return _Taken(scoring_seconds, float(seconds), told, peak_gb, os.getloadavg()[0])


def _wait_for_the_end(running: Running, connection: psycopg.Connection) -> float:
    """Wait until no run is under way; return how much memory one took meanwhile, in GB."""
    peak_bytes = 0
    while True:
        row = connection.execute(STATEMENTS["last_run"].sql).fetchone()
        if row is None or row[1] != "running":
            return peak_bytes / 1e9
        for process in running.processes("regulars.insights.apart"):
            with contextlib.suppress(psutil.NoSuchProcess):
                peak_bytes = max(peak_bytes, process.memory_info().rss)
        time.sleep(LOOK_EVERY_SECONDS)


def _steps(running: Running, run_id: str) -> Iterator[tuple[str, datetime, float]]:
    """Yield the steps of a run, when each ended and its seconds, as the worker logged them."""
    log = (running.home / "logs" / "worker.log").read_text(encoding="utf-8")
    lines = (line for line in log.splitlines() if "insights_run_step" in line and run_id in line)
    found = (STEP.search(line) for line in lines)
    for each in filter(None, found):
        yield each["step"], datetime.fromisoformat(each["ended_at"]), float(each["seconds"])


def _lifetimes(snapshot: Path) -> float:
    """Return how long lifetimes takes for the RFM summary of the orders of a snapshot, from one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        orders = ibis.duckdb.connect().read_parquet(str(snapshot / "orders" / "*.parquet"))
        orders.select(
            customer=orders.customer_id.cast("string"),
            date=orders.placed_at.date(),
            amount=orders.amount_minor.cast("float64") / 100,
        ).to_parquet(path)
        return timed(lambda: lifetimes_summary(path, orders.placed_at.max().to_pyarrow().as_py().date()))[1]


def _catch_up(connection: psycopg.Connection) -> None:
    """Wait until facts and RFM are those of all orders, as they are by night."""
    while connection.execute(STATEMENTS["behind"].sql).fetchone() != (0.0,):
        time.sleep(LOOK_EVERY_SECONDS)


async def _behind(shop: _Shop, connection: psycopg.Connection) -> float:
    """Tell orders at a steady pace; return for how long at most one of them waited to move its customer's facts."""
    telling = asyncio.create_task(shop.tell(ORDERS_PER_SECOND * SECONDS, per_second=ORDERS_PER_SECOND))
    most = 0.0
    while not telling.done():
        row = await asyncio.to_thread(lambda: connection.execute(STATEMENTS["behind"].sql).fetchone())
        assert row is not None
        most = max(most, row[0])
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    await telling
    return most


class _Shop:
    """A shop that tells of new orders of customers who are known."""

    def __init__(self, running: Running) -> None:
        self._running, self._run = running, int(time.time())
        self._key = running.run("key", "add", "bench", "--scope", "orders.write")
        self._numbers = itertools.count()
        with running.connected() as connection:
            rows = connection.execute(STATEMENTS["some_addresses"].sql, {"percent": 5}).fetchall()
        self._addresses: Sequence[str] = [value for (value,) in rows]
        self.told = 0

    async def tell(self, orders: int, *, per_second: int | None) -> None:
        """Tell so many orders, in bulk; no faster than asked for."""
        connection, began = Connection(self._running.port), time.perf_counter()
        for done in range(0, orders, IN_A_CALL):
            if per_second is not None:
                await asyncio.sleep(max(0.0, began + done / per_second - time.perf_counter()))
            status, body = await connection.ask(self._request())
            assert status == 200, body[:300]
            assert body.count(b'"outcome":"created"') == IN_A_CALL, body[:300]
            self.told += IN_A_CALL
        connection.close()

    def _request(self) -> bytes:
        orders = [{"source": "bench", **self._order(next(self._numbers))} for _ in range(IN_A_CALL)]
        headers = {"Authorization": f"Bearer {self._key}"}
        return Request("POST", "/v1/orders/bulk", headers, {"orders": orders}).wire(self._running.port)

    def _order(self, number: int) -> dict[str, Any]:
        line = {"product": {"external_id": "P1"}, "quantity": "1", "unit_price_minor": 1250, "total_minor": 1250}
        return {
            "external_id": f"s{self._run}-{number}",
            "placed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "buyer": {"identifiers": [{"kind": "email", "value": self._addresses[number * 7 % len(self._addresses)]}]},
            "currency": "EUR",
            "lines": [line],
            "total_minor": 1250,
        }
