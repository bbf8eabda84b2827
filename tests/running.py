"""A whole Regulars, started as its user starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
from tests.victims import VICTIMS

from regulars.kit.installation import read_installation
from regulars.kit.leash import follow_into_death

STARTED_WITHIN_SECONDS = 60
REGULARS = [sys.executable, "-m", "regulars.faces.cli"]


def eventually(check: Callable[[], bool], within_seconds: float = 20) -> None:
    deadline = time.monotonic() + within_seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


class Running:
    """`regulars serve` in a home and on a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"REGULARS_HOME": str(home), "REGULARS_URL": self.url}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.home / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*REGULARS, "serve", "--port", str(self.port)],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A run of the tests that is killed takes it along.
                preexec_fn=follow_into_death(signal.SIGTERM),  # noqa: PLW1509  # One call of C.
            )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            assert self.process
            assert self.process.poll() is None, (self.home / "serve.log").read_text()
            # What a killed one left may answer for a while yet, until this one finds the port free.
            with contextlib.suppress(httpx.TransportError):
                if self.processes("web") and httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("Regulars did not answer in time")

    def copy_to(self, home: Path) -> None:
        """Copy all of it, which must be stopped, into an empty folder."""
        subprocess.run(["cp", "--archive", f"{self.home}/.", str(home)], check=True)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def kill(self, name: str) -> None:
        """Kill one of `VICTIMS` outright, once it stands."""
        killed: list[psutil.Process] = []

        def is_killed() -> bool:
            # Some end by themselves while one looks.
            with contextlib.suppress(psutil.NoSuchProcess):
                for victim in VICTIMS[name](self):
                    victim.kill()
                    killed.append(victim)
            return bool(killed)

        eventually(is_killed, within_seconds=60)
        psutil.wait_procs(killed, timeout=10)

    def processes(self, name: str) -> list[psutil.Process]:
        """Return the processes of a part, without the leash that holds them."""
        assert self.process
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            # Some end while one looks.
            with contextlib.suppress(psutil.NoSuchProcess):
                line = process.cmdline()
                leash = "regulars.kit.leash" in line
                if not leash and (process.name() == name or name in line):
                    found.append(process)
        return found

    def leashes(self, name: str) -> list[psutil.Process]:
        """Return the leash that holds a part."""
        assert self.process
        children = psutil.Process(self.process.pid).children()
        return [
            child for child in children if any(part == name or part.endswith(f"/{name}") for part in child.cmdline())
        ]

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection to its database, as the owner."""
        with psycopg.connect(read_installation(self.environment).urls["owner"]) as connection:
            yield connection

    def refusal_after_telling(self, *arguments: str) -> str:
        """Run a command that tells what it is about before it is refused, and return the sentence that says why."""
        done = subprocess.run(
            [*REGULARS, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) <= 2, done.stderr
        return done.stderr.splitlines()[-1]

    def refusal(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that is refused, and return the sentence that says why."""
        self.home.mkdir(exist_ok=True, parents=True)
        done = subprocess.run(
            [*REGULARS, *arguments], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr

    def left_over(self) -> list[str]:
        """Return the command lines of processes that still speak of this home."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = any(str(self.home) in part for part in process.cmdline()) or process.environ().get(
                    "REGULARS_HOME"
                ) == str(self.home)
            except psutil.Error:
                continue
            if mine and process.pid != os.getpid():
                found.append(" ".join(process.cmdline()))
        return found

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of this installation and return what it prints."""
        done = subprocess.run(
            [*REGULARS, *arguments], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def told(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of this installation and return what it tells beside its result."""
        done = subprocess.run(
            [*REGULARS, *arguments], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr.strip()
