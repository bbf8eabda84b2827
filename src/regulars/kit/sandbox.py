"""A sandbox: a copy of an installation with a clock of its own, in a home that says so.

The clock was set to a moment at some time, and goes on from there; all processes of the home read it from one file.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from regulars.kit.errors import DomainError, WrongSetting
from regulars.kit.i18n import gettext

_FILE = "sandbox.json"


class NoSandbox(DomainError):
    """The home is that of an installation, and no sandbox."""

    code = "no_sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxClock:
    """A clock that was set to `moment` when the machine's said `set_at`."""

    moment: datetime
    set_at: datetime

    def at(self, machine: datetime) -> datetime:
        """Return what it says when the machine's clock says `machine`."""
        return self.moment + (machine - self.set_at)


def is_sandbox(home: Path) -> bool:
    """Tell whether a home is that of a sandbox."""
    return (home / _FILE).exists()


def set_clock(home: Path, moment: datetime) -> None:
    """Set the clock of a sandbox; a home that has none becomes a sandbox by it."""
    draft = home / f"{_FILE}.{uuid.uuid4().hex}"
    told = {"moment": moment.astimezone(UTC).isoformat(), "set_at": machine_time().isoformat()}
    draft.write_text(json.dumps(told), encoding="utf-8")
    # Whole or not at all: others read it meanwhile.
    draft.replace(home / _FILE)


def read_clock(home: Path) -> SandboxClock:
    """Return the clock of a sandbox.

    Raises
    ------
    NoSandbox
        The home is none.
    WrongSetting
        The file does not hold what was written there.
    """
    try:
        told = json.loads((home / _FILE).read_text(encoding="utf-8"))
        return SandboxClock(**{name: datetime.fromisoformat(told[name]) for name in ("moment", "set_at")})
    except FileNotFoundError:
        raise NoSandbox(gettext("{home} is no sandbox; regulars sandbox make makes one.").format(home=home)) from None
    except (ValueError, TypeError, KeyError):
        message = gettext("{path} does not hold what Regulars wrote there; make another sandbox.")
        raise WrongSetting(message.format(path=home / _FILE)) from None


def clock_of(home: Path) -> Callable[[], datetime]:
    """Return what tells the time in a sandbox; the file is read again when it has changed."""
    path = home / _FILE
    known: tuple[int, int, SandboxClock] | None = None

    def now() -> datetime:
        nonlocal known
        stat = path.stat()
        if known is None or known[:2] != (stat.st_mtime_ns, stat.st_ino):
            known = (stat.st_mtime_ns, stat.st_ino, read_clock(home))
        return known[2].at(machine_time())

    return now


def machine_time() -> datetime:
    """Return what the machine's clock says, in a sandbox too."""
    return datetime.now(UTC)
