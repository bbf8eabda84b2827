"""A file of a million rows on its way in: the last tenth must not take longer than the first."""

from __future__ import annotations

import csv
import itertools
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.running import REGULARS, Running

from bench.measure import Finding, Note, Result
from bench.system.home import System
from regulars.kit.sqlfile import read_statements

ROWS = 1_000_000
MOST = 1.2
LOOK_EVERY_SECONDS = 0.2
STATEMENTS = read_statements(Path(__file__).parent / "imports.sql")


def imports(system: System) -> Iterator[Finding]:
    """Import orders of one to three lines, some of new customers, with the command that a user would give."""
    running = system.running
    running.start()
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(_rows(system.customers))
            file.flush()
            seen = _watched(running, file.name)
    finally:
        running.stop()
    first, last = (_seconds(seen, share, share + 0.1) for share in (0.0, 0.9))
    whole = _seconds(seen, 0.0, 1.0)
    yield Result(f"Import of {ROWS:,} rows, the last tenth", last, "the first tenth", first, MOST, at_least=False)
    yield Note(f"  {ROWS / whole:,.0f} rows/s after the file was read")


def _rows(customers: int) -> Iterator[Sequence[object]]:
    """Yield a header and rows as a shop exports them, several of one order one below the other."""
    run, day = int(time.time()), datetime.now(UTC).date()
    yield ["Order", "Date", "Email", "Product", "Quantity", "Unit price"]
    lines = ((order, line) for order in itertools.count() for line in range(1 + order % 3))
    for order, line in itertools.islice(lines, ROWS):
        # Every fifth order is of somebody who has not bought before.
        who = f"new{run}-{order}" if order % 5 == 0 else f"known{order * 7919 % customers}"
        placed = day - timedelta(days=1 + order % 700)
        yield [
            f"I{run}-{order}",
            placed.isoformat(),
            f"{who}@example.com",
            f"P{1 + (order + 37 * line) % 5_000}",
            1,
            "12.50",
        ]


def _watched(running: Running, path: str) -> list[tuple[int, float]]:
    """Import the file; return how many rows had been done at which moments."""
    seen: list[tuple[int, float]] = []
    command = [*REGULARS, "import", path, "--source", "bench", "--currency", "EUR", "--quiet"]
    with running.connected() as connection, subprocess.Popen(command, env=running.environment) as importing:
        connection.autocommit = True
        while importing.poll() is None:
            found = connection.execute(STATEMENTS["rows_done"].sql).fetchone()
            if found and found[0] and (not seen or found[0] > seen[-1][0]):
                seen.append((found[0], time.perf_counter()))
            time.sleep(LOOK_EVERY_SECONDS)
    assert importing.returncode == 0, importing.returncode
    assert seen[-1][0] > 0.99 * ROWS, seen[-1]
    return seen


def _seconds(seen: Sequence[tuple[int, float]], start: float, end: float) -> float:
    """Return how long it took from one share of the rows to another, of those that were seen."""
    first, last = seen[0][0], seen[-1][0]

    def moment(share: float) -> float:
        wanted = first + share * (last - first)
        return next(at for rows, at in seen if rows >= wanted)

    return moment(end) - moment(start)
