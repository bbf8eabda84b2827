"""A PostgreSQL that somebody else runs: version 16, on a TCP port, with passwords."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from regulars.kit.leash import leash_command
from regulars.kit.postgres import Cluster

SUPERUSER_PASSWORD = "the superuser's"
# Each of the signs that a password in an address must write otherwise.
PASSWORD = "p/w@:?#%&1"


class External:
    """A server, and what its administrator does for Regulars."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.cluster = Cluster(home, port=self.port, new_major=16)
        self._databases = 0

    @contextmanager
    def running(self) -> Iterator[External]:
        self.cluster.create(SUPERUSER_PASSWORD)
        account = self.cluster.account
        command = leash_command(
            [*self.cluster.server_command(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            stop=signal.SIGINT,
            owner=(account.uid, account.gid) if account else None,
        )
        with (self.cluster.home / "log").open("wb") as log:
            server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
        try:
            self.cluster.wait_until_ready(server)
            yield self
        finally:
            assert server.stdin
            server.stdin.close()
            server.wait(30)

    def url(self, user: str, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url("postgres", database, SUPERUSER_PASSWORD), autocommit=True) as connection:
            connection.execute(statement)

    def make_login(self, name: str) -> None:
        with psycopg.connect(self.url("postgres", "postgres", SUPERUSER_PASSWORD), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD))
            )

    def database_with_three_logins(self) -> dict[str, str]:
        """Make a database with its logins, and return the settings that lead there."""
        name = self._new_name()
        logins = {"DATABASE_OWNER_URL": "owner", "DATABASE_URL": "app", "DATABASE_READONLY_URL": "readonly"}
        for login in logins.values():
            self.make_login(f"{name}_{login}")
        self.run(f"CREATE DATABASE {name} OWNER {name}_owner")
        return {setting: self.url(f"{name}_{login}", name) for setting, login in logins.items()}

    def database_with_one_login(self) -> dict[str, str]:
        """Make a database with one login that owns it, and return the setting that leads there."""
        name = self._new_name()
        self.make_login(name)
        self.run(f"CREATE DATABASE {name} OWNER {name}")
        return {"DATABASE_URL": self.url(name, name)}

    def _new_name(self) -> str:
        self._databases += 1
        return f"shop{self._databases}"


@contextmanager
def external_server() -> Iterator[External]:
    """Run such a server in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="regulars-external-"))
    home.chmod(0o755)
    try:
        with External(home).running() as external:
            yield external
    finally:
        shutil.rmtree(home, ignore_errors=True)
