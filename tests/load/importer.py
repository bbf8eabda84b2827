"""A shop that sends in one file of orders after the other, and leaves each to Regulars once it runs."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import httpx
import psycopg
from tests.load.client import PEOPLE, email
from tests.running import REGULARS, Running

ORDERS = 10_000
BAD_EVERY = 97
# So many of the orders are placed by members, after they had become such.
MEMBERS_EVERY = 40
LOOK_SECONDS = 0.2
BEGUN = frozenset({"running", "done"})


@dataclass(frozen=True)
class File:
    """A file of orders, a few of whose rows are bad; it says by itself what must become of it."""

    source: str
    placed_at: datetime
    orders: int = ORDERS

    @cached_property
    def rows(self) -> list[tuple[str, str, str, int]]:
        return [
            (f"{self.source}-{number}", self._buyer(number), self._moment(number), 100 + number * 7 % 9_000)
            for number in range(1, self.orders + 1)
        ]

    def _buyer(self, number: int) -> str:
        return f"c{number % 700}" if number % MEMBERS_EVERY else email(number // MEMBERS_EVERY % PEOPLE)

    def _moment(self, number: int) -> str:
        if number % BAD_EVERY == 0:
            return "never"
        first = datetime(2025, 1, 1, 12, tzinfo=UTC)
        moment = first + timedelta(days=number % 300) if number % MEMBERS_EVERY else self.placed_at
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def good(self) -> list[tuple[str, str, str, int]]:
        return [row for row in self.rows if row[2] != "never"]

    @property
    def bad_rows(self) -> list[int]:
        return [number for number, row in enumerate(self.rows, start=1) if row[2] == "never"]

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.source}.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("nr", "wer", "wann", "summe"))
            writer.writerows((*row[:3], f"{row[3] // 100}.{row[3] % 100:02d}") for row in self.rows)
        return path


class Importer(threading.Thread):
    """Sends in files by the command, as a user does, again where it was not taken in; `files` are those that were.

    An import that was given up, since kills interrupted it again and again, goes on where it had come to.
    """

    def __init__(self, regulars: Running, key: str, *, most: int, orders: int, placed_at: datetime) -> None:
        super().__init__(name="importer", daemon=True)
        self._key = key
        self.files: list[File] = []
        self.commands: list[subprocess.Popen[bytes]] = []
        self._regulars, self._most, self._orders, self._placed_at = regulars, most, orders, placed_at
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Send in nothing new; what was taken in is for Regulars to finish."""
        self._stop_asked.set()

    def run(self) -> None:
        for number in range(1, self._most + 1):
            if self._stop_asked.is_set():
                return
            file = File(f"file{number}", self._placed_at, self._orders)
            self._send_in(file)
            while not self._stop_asked.is_set() and "done" not in self.states(file):
                self.let_go_on(file)
                self._stop_asked.wait(LOOK_SECONDS)

    def let_go_on(self, file: File) -> None:
        """Have an import go on that was given up for its interruptions, and for nothing else."""
        query = "SELECT id FROM imports_import WHERE source = %s AND state = 'failed' AND error_code = 'interrupted'"
        for (identity,) in self._ask(query, file.source):
            # Whether it was heard is seen at the import itself, the next time.
            with contextlib.suppress(httpx.TransportError):
                url = f"{self._regulars.url}/v1/imports/{identity}/start"
                httpx.post(url, headers={"Authorization": f"Bearer {self._key}"}, timeout=15)

    def is_under_way(self) -> bool:
        """Tell whether a file is being imported, and has come somewhere."""
        return bool(self.files) and bool(
            self._ask(
                "SELECT 1 FROM imports_import WHERE source = %s AND state = 'running' AND imported > 0",
                self.files[-1].source,
            )
        )

    def states(self, file: File) -> set[str]:
        """Return the states of a file's imports; none where nobody can be asked."""
        rows = self._ask("SELECT state FROM imports_import WHERE source = %s", file.source)
        return {str(state) for (state,) in rows}

    def _send_in(self, file: File) -> None:
        """Run the command until an import of the file has begun: that is its acknowledgement."""
        path = file.write(self._regulars.home)
        columns = "order=nr,customer=wer,date=wann,amount=summe"
        command = [*REGULARS, "import", str(path), "--source", file.source, "--columns", columns, "--quiet"]
        while not self._stop_asked.is_set():
            with (self._regulars.home / "import.log").open("ab") as log:
                process = subprocess.Popen(command, env=self._regulars.environment, stdout=log, stderr=log)
            self.commands.append(process)
            while process.poll() is None and not self.states(file) & BEGUN:
                time.sleep(LOOK_SECONDS)
            if self._has_begun(file):
                self.files.append(file)
                return

    def _has_begun(self, file: File) -> bool:
        """Ask until there is an answer: the database may be away when the command ends."""
        while True:
            with contextlib.suppress(psycopg.OperationalError), self._regulars.connected() as connection:
                query = "SELECT 1 FROM imports_import WHERE source = %s AND state = ANY(%s)"
                return connection.execute(query, [file.source, list(BEGUN)]).fetchone() is not None
            time.sleep(LOOK_SECONDS)

    def _ask(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with contextlib.suppress(psycopg.OperationalError), self._regulars.connected() as connection:
            return connection.execute(query, parameters).fetchall()
        return []
