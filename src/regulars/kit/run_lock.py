"""One home, one Regulars: a lock that the kernel releases however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext


class AlreadyRunning(DomainError):
    """Another process runs this installation."""

    code = "already_running"


class HomeUnusable(DomainError):
    """The folder that an installation keeps its things in cannot be written."""

    code = "home_unusable"


@contextmanager
def run_lock(home: Path) -> Iterator[bool]:
    """Hold the home for oneself; tell whether the one before was killed.

    Raises
    ------
    AlreadyRunning
        Another process holds it.
    HomeUnusable
        It cannot be written.
    """
    with _lock_file(home) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                gettext(
                    "Regulars runs in {home} already; stop it first, or set REGULARS_HOME to another folder."
                ).format(home=home)
            ) from None
        file.seek(0)
        # Who ends in order empties the file; a number that stands there is that of one who could not.
        was_killed = bool(file.read())
        _write(str(os.getpid()), file.fileno())
        try:
            yield was_killed
        finally:
            _write("", file.fileno())


def _lock_file(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return (home / "run.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise HomeUnusable(
            gettext("{home} cannot be written ({reason}); set REGULARS_HOME to a folder of your own.").format(
                home=home, reason=error.strerror
            )
        ) from None


def is_running(home: Path) -> bool:
    """Tell whether a process holds the home."""
    try:
        with (home / "run.lock").open("r", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _write(text: str, file: int) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, text.encode("ascii"), 0)
