"""Run a command that ends when the process that asked for it ends, however that one ended.

`python -m regulars.kit.leash --signal INT -- command …` runs the command in a session of its own, and stops it once its
standard input closes. The one who holds the other end of that pipe may be killed: the kernel closes it all the same.
On Linux the kernel also ends the command should the leash itself be killed.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

DEFAULT_GRACE_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def leash_command(
    command: Sequence[str],
    *,
    stop: signal.Signals = signal.SIGTERM,
    grace_seconds: float = DEFAULT_GRACE_SECONDS,
    owner: tuple[int, int] | None = None,
) -> list[str]:
    """Return the command that runs `command` on a leash: asked to end by `stop`, killed after `grace_seconds`.

    `owner` is the user and group that it runs as, where they are not ours.
    """
    return [
        *(sys.executable, "-m", "regulars.kit.leash", "--signal", stop.name, "--grace", str(grace_seconds)),
        *(("--owner", str(owner[0]), str(owner[1])) if owner else ()),
        *("--", *command),
    ]


def follow_into_death(stop: signal.Signals) -> Callable[[], None] | None:
    """Return what makes the kernel send `stop` to a child when its parent dies; None where the kernel cannot."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop))

    return follow


def run(command: list[str], stop: signal.Signals, grace_seconds: float, owner: tuple[int, int] | None = None) -> int:
    """Run `command` until it ends or standard input closes; return its exit code."""
    # One thread only exists so far, and what runs between fork and exec is one call of C.
    child = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        user=owner[0] if owner else None,
        group=owner[1] if owner else None,
        extra_groups=[] if owner else None,
        preexec_fn=follow_into_death(stop),  # noqa: PLW1509
    )
    ending = threading.Event()

    def end() -> None:
        if ending.is_set():
            return
        ending.set()
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(stop)
        killer = threading.Timer(grace_seconds, _kill_group, [child.pid])
        killer.daemon = True
        killer.start()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        end()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    # What the command started and left behind goes with it.
    _kill_group(child.pid)
    return code if code >= 0 else 128 - code


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="regulars.kit.leash")
    parser.add_argument("--signal", default="SIGTERM")
    parser.add_argument("--grace", type=float, default=DEFAULT_GRACE_SECONDS)
    parser.add_argument("--owner", type=int, nargs=2)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    owner = (arguments.owner[0], arguments.owner[1]) if arguments.owner else None
    sys.exit(run(arguments.command, signal.Signals[arguments.signal], arguments.grace, owner))


if __name__ == "__main__":
    main()
