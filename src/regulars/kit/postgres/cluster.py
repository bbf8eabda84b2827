"""One PostgreSQL cluster in a folder: made, started, recovered after a kill, and reached through a socket."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.postgres.account import SHARED_STATE, Account, others_can_enter, server_account
from regulars.kit.postgres.binaries import NEWEST, Binaries, find_binaries

SUPERUSER = "postgres"
# A data directory that is complete, and about to take the place of one of an older version.
MOVED = "moved"
# The kernel takes 107 bytes for the path of a socket; PostgreSQL adds its own name to the folder's.
LONGEST_SOCKET_FOLDER = 80
READY_WITHIN_SECONDS = 60.0
STOPPED_WITHIN_SECONDS = 30
_POLL_SECONDS = 0.05
_MEMORY_SHARE = 8
_BUFFERS_MB = (64, 2048)


class ClusterFailed(DomainError):
    """The embedded PostgreSQL could not be made or started."""

    code = "postgres_failed"


@dataclass(frozen=True)
class Cluster:
    """A cluster below `home`; where its server may not enter there, below a folder that all can enter."""

    home: Path
    port: int = 5432
    # What a new data directory is made with, and how it is called: moving to a new version makes one beside the old.
    new_major: int = NEWEST
    data_name: str = "data"

    @cached_property
    def account(self) -> Account | None:
        """Whom the server runs as, or None where it is us."""
        return server_account()

    @cached_property
    def folder(self) -> Path:
        """The folder that holds `data/` and, where its path is short enough, the socket."""
        wanted = self.home.resolve() / "postgres"
        if self.account is None or others_can_enter(self.home):
            return wanted
        return SHARED_STATE / hashlib.sha256(str(wanted).encode()).hexdigest()[:12]

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / self.data_name

    @cached_property
    def socket_folder(self) -> Path:
        """The folder of the socket."""
        if len(str(self.folder / "run")) <= LONGEST_SOCKET_FOLDER:
            return self.folder / "run"
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"regulars-{name}"

    @property
    def major(self) -> int | None:
        """The major version that the data directory was made by, or None where there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    @cached_property
    def binaries(self) -> Binaries:
        """The programs that fit the data directory; for a new one, those that it is to be made with."""
        return find_binaries(self.major or self.new_major, self.account)

    def url(self, user: str, password: str, database: str) -> str:
        """Return the address of `database` as `user`, in libpq's form."""
        return (
            f"postgresql://{quote(user)}:{quote(password)}@/{quote(database)}"
            f"?host={quote(str(self.socket_folder), safe='')}&port={self.port}"
        )

    def create(self, password: str) -> None:
        """Make the data directory, with `password` for the superuser; do nothing where it stands.

        Raises
        ------
        ClusterFailed
            `initdb` failed; the message carries its last line.
        """
        self._make_folders()
        self._end_a_move()
        if self.major is not None:
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            file = Path(scratch) / "password"
            file.write_text(password, encoding="utf-8")
            for path in (Path(scratch), file):
                if self.account:
                    self.account.own(path)
            # Made apart and then named: what a kill leaves half made is never taken for a data directory.
            making = self.folder / "making"
            shutil.rmtree(making, ignore_errors=True)
            self._run(
                "initdb",
                *("--pgdata", str(making), "--username", SUPERUSER, "--pwfile", str(file)),
                *(
                    "--auth",
                    "scram-sha-256",
                    "--encoding",
                    "UTF8",
                    "--no-locale",
                    "--data-checksums",
                    "--no-instructions",
                ),
            )
            shutil.rmtree(self.data, ignore_errors=True)
            making.rename(self.data)

    def take_the_place_of(self, old: Cluster) -> Path:
        """Put this data directory where the one of `old` stands, which is kept beside it; return its new path.

        Neither server runs. A kill in between is made good by the next `create`.
        """
        kept = self.folder / f"data-{old.major}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
        self.data.rename(self.folder / MOVED)
        old.data.rename(kept)
        self._end_a_move()
        return kept

    def _end_a_move(self) -> None:
        home = self.folder / Cluster.data_name
        if (self.folder / MOVED).exists() and not home.exists():
            (self.folder / MOVED).rename(home)

    def server_command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "port": str(self.port),
            "shared_buffers": f"{_buffers_mb()}MB",
            "max_connections": "100",
            "max_wal_size": "2GB",
            # Nobody follows this server, so that what fills a new table or index need not be written twice.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            # Details and statements would carry what people wrote into the log.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            "log_min_messages": "warning",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries.program("postgres"), "-D", str(self.data), *options]

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        done = subprocess.run(  # noqa: S603
            [self.binaries.program("pg_isready"), "-q", "-h", str(self.socket_folder), "-p", str(self.port)],
            check=False,
            timeout=10,
        )
        return done.returncode == 0

    def wait_until_ready(self, server: subprocess.Popen[bytes], within_seconds: float = READY_WITHIN_SECONDS) -> None:
        """Wait for the server to take connections.

        Raises
        ------
        ClusterFailed
            It ended instead, or took too long.
        """
        deadline = time.monotonic() + within_seconds
        while not self.is_ready():
            if server.poll() is not None:
                raise ClusterFailed(gettext("The embedded PostgreSQL ended as it started; its log says why."))
            if time.monotonic() > deadline:
                raise ClusterFailed(gettext("The embedded PostgreSQL did not start in time; its log says why."))
            time.sleep(_POLL_SECONDS)

    def run_sql(self, sql: str, password: str, database: str = SUPERUSER) -> str:
        """Run statements as the superuser through psql, and return what they print.

        Raises
        ------
        ClusterFailed
            A statement failed.
        """
        done = subprocess.run(  # noqa: S603
            [
                self.binaries.program("psql"),
                *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_folder)),
                *("-p", str(self.port), "-U", SUPERUSER, "-d", database, "-f", "-"),
            ],
            input=sql,
            env=os.environ | {"PGPASSWORD": password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ClusterFailed(
                gettext("The embedded PostgreSQL refused its set-up: {line}").format(line=_last_line(done.stderr))
            )
        return done.stdout

    def clear_what_a_kill_left(self) -> None:
        """End a server that outlived its supervisor, and remove the pid file of one that did not."""
        server = self.left_running()
        if server is not None:
            self._stop(server)
        # A number that has gone to another process since would make the server believe itself running already.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{self.port}", f".s.PGSQL.{self.port}.lock"):
            (self.socket_folder / name).unlink(missing_ok=True)

    def left_running(self) -> psutil.Process | None:
        """Return the server that runs on the data directory, or None."""
        try:
            number = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
            process = psutil.Process(number)
            ours = process.name() == "postgres" and Path(process.cwd()).resolve() == self.data.resolve()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if ours else None

    def _stop(self, server: psutil.Process) -> None:
        """Ask for a fast shutdown, then an immediate one, then kill."""
        for ask in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(psutil.NoSuchProcess):
                server.send_signal(ask)
            if _has_ended(server, STOPPED_WITHIN_SECONDS):
                return

    def _make_folders(self) -> None:
        if self.folder.parent == SHARED_STATE:
            SHARED_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (self.folder, self.socket_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_sure_it_is_ours(folder)
            if self.account:
                self.account.own(folder)

    def _make_sure_it_is_ours(self, folder: Path) -> None:
        """Refuse a folder, or a link in its place, that somebody else made where everybody may make one."""
        found = folder.lstat()
        owners = {os.geteuid(), self.account.uid if self.account else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
            raise ClusterFailed(
                gettext("{folder} belongs to somebody else; remove it, or choose another home.").format(folder=folder)
            )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [self.binaries.program(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **(self.account.as_options() if self.account else {}),
        )
        if done.returncode:
            raise ClusterFailed(
                gettext("{program} of the embedded PostgreSQL failed: {line}").format(
                    program=program, line=_last_line(done.stderr)
                )
            )


def _has_ended(process: psutil.Process, within_seconds: float) -> bool:
    """Wait for a process that may be somebody else's child; one that its parent has not buried yet has ended too."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _buffers_mb() -> int:
    """Return an eighth of the memory, within bounds: the server shares its machine with web, worker and the science."""
    least, most = _BUFFERS_MB
    return max(least, min(most, psutil.virtual_memory().total // _MEMORY_SHARE // 2**20))


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
