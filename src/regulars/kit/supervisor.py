"""Keep a few processes running: restart what dies, and let none outlive the one who started them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from regulars.kit.errors import DomainError
from regulars.kit.leash import leash_command

_POLL_SECONDS = 0.1
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
# A log that has grown longer makes way at the next start; one old log is kept.
_LONGEST_LOG_BYTES = 50 * 2**20
# Who has run for so long has started well; its next death begins with the short pause again.
_SETTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    stop: signal.Signals = signal.SIGTERM
    grace_seconds: float = 20.0
    owner: tuple[int, int] | None = None
    before_start: Callable[[], None] | None = None


@dataclass(slots=True)
class _Running:
    service: Service
    process: subprocess.Popen[bytes]
    started_at: float
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    restart_at: float | None = None

    def wait(self, now: float) -> None:
        """Wait before the next start, twice as long each time."""
        self.restart_at = now + self.pause_seconds
        self.pause_seconds = min(2 * self.pause_seconds, _LONGEST_PAUSE_SECONDS)


class Supervisor:
    """Starts services in order, restarts them, and stops them in the opposite order.

    `say` is told what happens, in a sentence's worth of values: the event, the service's name, and its exit code.
    """

    def __init__(self, say: Callable[[str, str, int | None], None]) -> None:
        self._say = say
        self._running: list[_Running] = []
        self._stopping = False

    def start(self, service: Service) -> subprocess.Popen[bytes]:
        """Start `service`, and keep it running from now on; return the leash that holds it."""
        process = _spawn(service)
        self._running.append(_Running(service, process, time.monotonic()))
        self._say("started", service.name, None)
        return process

    def ask_to_stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Make `run` return soon. May be called by a signal."""
        self._stopping = True

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, until somebody asks to stop or `until` holds."""
        while not self._stopping and not until():
            for running in self._running:
                self._look_after(running)
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop all, the last one started first."""
        for running in reversed(self._running):
            if running.process.stdin:
                running.process.stdin.close()
            running.process.wait()
            self._say("stopped", running.service.name, running.process.returncode)
        self._running.clear()

    def _look_after(self, running: _Running) -> None:
        now = time.monotonic()
        if running.restart_at is None:
            code = running.process.poll()
            if code is None:
                return
            if now - running.started_at > _SETTLED_SECONDS:
                running.pause_seconds = _FIRST_PAUSE_SECONDS
            self._say("died", running.service.name, code)
            running.wait(now)
        elif now >= running.restart_at:
            try:
                if running.service.before_start:
                    running.service.before_start()
                running.process = _spawn(running.service)
            except (DomainError, OSError):
                # What hinders it (a full disk, say) may pass; the others go on meanwhile.
                self._say("failed", running.service.name, None)
                running.wait(now)
                return
            running.started_at, running.restart_at = time.monotonic(), None
            self._say("restarted", running.service.name, None)


def say_nothing(_event: str, _name: str, _code: int | None) -> None:
    """Leave what happens to the processes to their logs."""


def _spawn(service: Service) -> subprocess.Popen[bytes]:
    """Start the service on a leash whose other end is our pipe."""
    command = leash_command(
        service.command, stop=service.stop, grace_seconds=service.grace_seconds, owner=service.owner
    )
    environment = os.environ | service.environment
    if service.log is None:
        return subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, start_new_session=True, env=environment
        )
    service.log.parent.mkdir(parents=True, exist_ok=True)
    if service.log.exists() and service.log.stat().st_size > _LONGEST_LOG_BYTES:
        service.log.replace(service.log.with_suffix(".old.log"))
    with service.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, env=environment
        )
