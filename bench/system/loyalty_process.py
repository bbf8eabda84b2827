"""The process of the measure `loyalty` that knows the services: fill, record, run, and tell the figures as JSON."""

from __future__ import annotations

import json
import re
import secrets
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psutil
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from bench.measure import timed
from bench.system.home import FIRST
from bench.system.replaying import Replay, Sent, recorded, variable
from bench.system.traffic import CONNECTIONS
from regulars.faces.cli.running.database import database_alone
from regulars.faces.cli.running.setting_up import installation
from regulars.kit.ids import new_id
from regulars.kit.postgres.binaries import find_binaries
from regulars.kit.sqlfile import read_statements
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.ledger import bulk, services
from regulars.loyalty.ledger.contracts import Grant
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.requests import Request
from regulars.stream.contracts import system

STATEMENTS = read_statements(Path(__file__).parent / "loyalty.sql")
NUMBERED = read_statements(Path(__file__).parent / "fill.sql")["numbered"].sql
ACTOR = system("bench")
TURNS, SECONDS = 3, 15
# Over so many programmes members are spread, beside the one that all are in.
PROGRAMS = 100
AT_ONCE = 500_000
DAY = timedelta(days=1)
COPIED = ("transaction", "entry", "lot", "event")


def main(customers: int) -> None:
    """Print the figures as one line of JSON."""
    with database_alone(installation()):
        bench = _Bench(customers)
        bench.fill()
        rates, cpu = bench.turns()
        print(json.dumps({"rates": rates, "cpu_ms": cpu, "bulk": bench.in_bulk()}))


def numbered(prefix: str, number: int) -> str:
    """Return the id of a row that is filled by its number."""
    return by_number(prefix, str(FIRST + number))


def by_number(prefix: str, number: str = variable("number")) -> str:
    """Return that id for a number as text, or for pgbench's variable."""
    return f"{prefix}-0000-7000-8000-{number}"


@dataclass(frozen=True)
class _Membership:
    """Members by their number: in one programme, or spread over many."""

    members: str
    accounts: str
    is_spread: bool

    def program(self, number: int) -> int:
        """Return the number of the programme that a member is in."""
        return 1 + number % PROGRAMS if self.is_spread else 0

    def version(self, number: int) -> ProgramVersion:
        """Return the version of that programme."""
        key = f"bench_{self.program(number)}"
        document: dict[str, Any] = {
            "program": key,
            "name": "Bench",
            "currencies": [{"key": "points", "name": "Points"}],
        }
        return ProgramVersion(
            program_id=UUID(numbered("018c0000", self.program(number))),
            program_key=key,
            number=1,
            effective_at=datetime(2020, 1, 1, tzinfo=UTC),
            document=Program.model_validate(document),
            digest="",
            zone=ZoneInfo("Europe/Vienna"),
        )

    def replay(self, number: int, key: str) -> Replay:
        """Return what varies of what was sent for a member under a key."""
        varying = {
            numbered(self.members, number): by_number(self.members),
            numbered(self.accounts, number): by_number(self.accounts),
            numbered("01890000", number): by_number("01890000"),
            key: f"{key}-{variable('time')}",
        }
        program = self.program(number)
        fixed = frozenset({numbered("018c0000", program)})
        if self.is_spread:
            varying[numbered("018c0000", program)] = by_number("018c0000", variable("program_number"))
            varying[f"bench_{program}"] = f"bench_{variable('program')}"
        # What is made in one transaction differs in three digits, and from that of other runs in the last sixteen. The
        # thirteen of the time are the first: nothing but their text is put together, which a service sends as it is.
        run = secrets.token_hex(8)
        return Replay(varying, fixed, lambda count: f"{variable('time')}{count:03x}{run}")


ONE = _Membership("018d0000", "018e0000", is_spread=False)
MANY = _Membership("018d0001", "018e0001", is_spread=True)


class _Bench:
    def __init__(self, customers: int) -> None:
        self.customers = customers
        self.half = customers // 2
        self.now = datetime.now(UTC)

    def fill(self) -> None:
        """Make all customers members; the first half has points that are redeemed, the others are granted some."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(NUMBERED)
            self._run(cursor, "is_filled", customers=self.customers)
            if not cursor.fetchall()[0][0]:
                self._run(cursor, "programs", programs=PROGRAMS)
                for first in range(1, self.customers + 1, AT_ONCE):
                    last = min(self.customers, first + AT_ONCE - 1)
                    for name in ("members", "accounts"):
                        self._run(cursor, name, programs=PROGRAMS, first=first, last=last)
        members = [UUID(numbered(ONE.members, number)) for number in range(1, self.half + 1)]
        self._bonus(self._grant(points=10**9, rule="seed"), "once", members)
        with connections["owner"].cursor() as cursor:
            self._run(cursor, "yardstick", customers=self.customers)
            cursor.execute("VACUUM (ANALYZE)")

    @staticmethod
    def _run(cursor: CursorWrapper, name: str, **parameters: Any) -> None:
        cursor.execute(STATEMENTS[name].sql, parameters)

    def _grant(self, **different: Any) -> Grant:
        told: dict[str, Any] = {
            "points": 10,
            "granted_at": self.now,
            "activates_at": self.now,
            "expires_at": None,
            "source_kind": "order",
        }
        return Grant(**(told | {"rule": "base", "version": 1} | different))

    def _bonus(self, what: Grant, occurrence: str, members: list[UUID] | None = None) -> int:
        told: dict[str, Any] = {"what": what, "currency": "points", "occurrence": occurrence, "version": ONE.version(1)}
        return bulk.grant_to_many(**told, now=what.granted_at, actor=ACTOR, member_ids=members)

    # --- one at a time ---

    def turns(self) -> tuple[dict[str, list[float]], dict[str, float]]:
        """Return the rates of each, measured in turns, and the milliseconds of processor that one takes the server."""
        scripts: dict[str, Any] = {
            "bare": (self._bare(), "owner", None),
            "grant": (self._granting(ONE), "default", "grant"),
            "redeem": (self._redeeming(ONE), "default", "redeem"),
            "spread": (self._granting(MANY), "default", "grant"),
        }
        connections.close_all()
        rates: dict[str, list[float]] = {name: [] for name in scripts}
        cpu: dict[str, list[float]] = {name: [] for name in scripts}
        for _ in range(TURNS):
            for name, (script, login, kind) in scripts.items():
                before = self._posted(kind)
                rate, milliseconds, done = self._pgbench(script, login)
                rates[name].append(rate)
                cpu[name].append(milliseconds)
                assert self._posted(kind) - before == done * (kind is not None), "each transaction has posted one"
        return rates, {name: statistics.median(each) for name, each in cpu.items()}

    def _posted(self, kind: str | None) -> int:
        with connections["owner"].cursor() as cursor:
            self._run(cursor, "posted", kind=kind)
            return int(cursor.fetchall()[0][0])

    def _bare(self) -> str:
        draws = [rf"\set number random(1, {self.customers})", r"\set delta random(-5000, 5000)"]
        statements = [f"{STATEMENTS[name].sql};" for name in ("update_account", "insert_history")]
        return "\n".join([*draws, "BEGIN;", *statements, "COMMIT;"])

    def _draws(self, first: int, last: int) -> str:
        """Draw a member, and a number that no other transaction of any client has."""
        serial = [r"\set serial :serial + 1", r"\set time :start + :serial * " + f"{CONNECTIONS} + :client_id"]
        number = rf"\set number random({FIRST + first}, {FIRST + last})"
        program = [rf"\set program 1 + :number % {PROGRAMS}", rf"\set program_number :program + {FIRST}"]
        return "\n".join([number, *program, *serial, ""])

    def _granting(self, of: _Membership) -> str:
        number = self.customers

        def grant_points(key: str) -> None:
            what = self._grant(source_id=new_id(), expires_at=self.now + 366 * DAY)
            told: dict[str, Any] = {"member_id": UUID(numbered(of.members, number)), "currency": "points", "what": what}
            memo: dict[str, Any] = {"order": str(what.source_id)}
            asked: dict[str, Any] = {
                "version": of.version(number),
                "now": self.now,
                "actor": ACTOR,
                "idempotency_key": key,
            }
            services.grant_points(**told, **asked, memo=memo)

        key, sent = _recorded(grant_points)
        return self._draws(self.half + 1, self.customers) + of.replay(number, key).script(sent, {})

    def _redeeming(self, of: _Membership) -> str:
        number = 1
        member_id = UUID(numbered(of.members, number))

        @transaction.atomic
        def redeem(key: str) -> None:
            cause = new_id()
            request = Request(ACTOR, key, {"redeem": str(cause)})
            by: dict[str, Any] = {"version": of.version(number), "now": self.now, "actor": ACTOR}
            desk = open_desk([member_id], **by, request=request, is_whole=True)
            price = services.Price(points=1, currencies=["points"])
            told: dict[str, Any] = {"memo": {"reward": "coffee"}, "answer": {"redemption_id": str(cause)}}
            services.spend_points(desk, member_id, price, cause=cause, reserve=False, **told)

        key, sent = _recorded(redeem)
        with connections["default"].cursor() as cursor:
            self._run(cursor, "lot_of", account=numbered(of.accounts, number))
            [(lot_id,)] = cursor.fetchall()
        replay = of.replay(number, key)
        replay.varying = {**replay.varying, lot_id: variable("open_lot_id")}
        return self._draws(1, self.half) + replay.script(sent, {"restored_at": "open_"})

    def _pgbench(self, script: str, login: str) -> tuple[float, float, int]:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            command = [find_binaries().program("pgbench"), "--no-vacuum", "--protocol", "prepared"]
            command += ["--client", str(CONNECTIONS), "--jobs", "2", "--time", str(SECONDS), "--file", file.name]
            command += ["--define", "serial=0", "--define", f"start={time.time_ns() // 10**6}"]
            before = self._processor_seconds()
            done = subprocess.run([*command, installation().urls[login]], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "aborted" not in done.stderr, done.stderr
        transactions = int(re.findall(r"actually processed: (\d+)", done.stdout)[0])
        spent = self._processor_seconds() - before
        return (
            float(re.findall(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)[0]),
            1e3 * spent / transactions,
            transactions,
        )

    @cached_property
    def _server(self) -> psutil.Process:
        cluster = installation().cluster
        server = cluster.left_running() if cluster else None
        assert server, "the system has a server of its own"
        return server

    def _processor_seconds(self) -> float:
        """Return what the server's processes have spent that have ended."""
        time.sleep(0.5)
        times = self._server.cpu_times()
        return float(times.children_user + times.children_system)

    # --- very many at once ---

    def in_bulk(self) -> list[dict[str, Any]]:
        """Return how long a bonus to all members and the expiry of its points take, and a COPY of what they write."""
        granted_at = datetime.now(UTC)
        what = self._grant(granted_at=granted_at, activates_at=granted_at, expires_at=granted_at + DAY, rule="bonus")
        count, seconds = timed(lambda: self._bonus(what, granted_at.isoformat()))
        assert count == self.customers, count
        bonus = self._beside_copy(f"A bonus to {count:,} members", granted_at, seconds)
        expired_at = datetime.now(UTC)
        told: dict[str, Any] = {
            "version": ONE.version(1),
            "until": granted_at + 2 * DAY,
            "now": expired_at,
            "actor": ACTOR,
        }
        count, seconds = timed(lambda: bulk.expire_due(**told))
        assert count == self.customers, count
        return [bonus, self._beside_copy(f"The expiry of {count:,} lots", expired_at, seconds)]

    def _beside_copy(self, name: str, at: datetime, seconds: float) -> dict[str, Any]:
        rows, copy_seconds = {}, 0.0
        for table in COPIED:
            rows[table], spent = self._copy(table, at)
            copy_seconds += spent
        total = sum(rows.values())
        rates: dict[str, Any] = {"rate": total / seconds, "copy_rate": total / copy_seconds}
        return {"name": name, "seconds": seconds, "rows": rows, **rates}

    def _copy(self, table: str, at: datetime) -> tuple[int, float]:
        """Copy what was posted at a moment into a table without index or trigger; return its rows and the seconds."""
        query = STATEMENTS[f"rows_of_{table}"].sql.replace("%(at)s", f"'{at.isoformat()}'")
        with tempfile.TemporaryFile() as file, connections["owner"].cursor() as cursor:
            # In a transaction of its own: what is copied into a table that is new would not be logged.
            cursor.execute("DROP TABLE IF EXISTS bench_copy")
            cursor.execute(f"CREATE TABLE bench_copy AS {query} LIMIT 0")
            with cursor.copy(f"COPY ({query}) TO STDOUT") as out:
                for block in out:
                    file.write(block)
            file.seek(0)

            def copy() -> int:
                with cursor.copy("COPY bench_copy FROM STDIN") as into:
                    while block := file.read(2**20):
                        into.write(block)
                return int(cursor.rowcount)

            return timed(copy)


def _recorded(call: Callable[[str], None]) -> tuple[str, list[Sent]]:
    """Return the key that a service was called with, and what it sent; the first time it may have had more to do."""
    for _ in range(2):
        key = f"bench-{secrets.token_hex(8)}"
        with recorded() as sent:
            call(key)
    return key, sent
