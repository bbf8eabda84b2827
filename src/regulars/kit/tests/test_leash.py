"""A command on a leash ends when the one who asked for it ends, however that was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from regulars.kit.leash import leash_command

# Says when it is there, ends with 7 when asked to, and leaves a child that ignores that.
PATIENT = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def leashed(program: str, **options: Any) -> subprocess.Popen[str]:
    command = leash_command([sys.executable, "-c", program], **options)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def pids_said_by(process: subprocess.Popen[str]) -> list[psutil.Process]:
    assert process.stdout
    return [psutil.Process(int(word)) for word in process.stdout.readline().split()]


def are_gone(processes: list[psutil.Process], within_seconds: float = 10) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=within_seconds)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert leashed(f"raise SystemExit({code})").wait(10) == code


def test_a_command_that_a_signal_ended_is_told_as_a_shell_does() -> None:
    process = leashed("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert process.wait(10) == 128 + signal.SIGKILL


def test_the_command_is_asked_to_end_once_the_pipe_closes_and_what_it_left_is_killed() -> None:
    process = leashed(PATIENT)
    pids = pids_said_by(process)
    assert process.stdin
    process.stdin.close()
    assert process.wait(10) == 7
    assert are_gone(pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_leash_ends_the_command(number: signal.Signals) -> None:
    process = leashed(PATIENT)
    pids = pids_said_by(process)
    process.send_signal(number)
    assert process.wait(10) == 7
    assert are_gone(pids)


def test_a_command_that_does_not_end_is_killed_after_its_grace() -> None:
    process = leashed(STUBBORN, grace_seconds=0.3)
    pids = pids_said_by(process)
    began = time.monotonic()
    assert process.stdin
    process.stdin.close()
    assert process.wait(10) == 128 + signal.SIGKILL
    assert are_gone(pids)
    assert time.monotonic() - began > 0.3


def test_the_command_ends_when_the_leash_itself_is_killed() -> None:
    process = leashed(PATIENT)
    command, _child = pids_said_by(process)
    process.kill()
    process.wait()
    assert are_gone([command])


def test_the_command_ends_when_the_leashs_parent_is_killed(tmp_path: Path) -> None:
    said = tmp_path / "said"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; from regulars.kit.leash import leash_command;"
            f"subprocess.Popen(leash_command([sys.executable, '-c', {PATIENT!r}]),"
            f" stdin=subprocess.PIPE, stdout=open({str(said)!r}, 'w'), start_new_session=True); time.sleep(60)",
        ]
    )
    eventually(lambda: said.exists() and said.read_text().endswith("\n"))
    pids = [psutil.Process(int(word)) for word in said.read_text().split()]
    leashes = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait()
    assert are_gone([*pids, *leashes])


def test_a_process_without_a_leash_would_be_left() -> None:
    # The positive control of the tests above: without the leash the child lives on.
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time;"
            "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True);"
            "time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    pids = pids_said_by(parent)
    parent.kill()
    parent.wait()
    assert not are_gone(pids, within_seconds=1)
    for left in pids:
        left.kill()


def test_the_command_runs_as_whom_it_is_told_to(as_root: None) -> None:
    command = leash_command(["/bin/sh", "-c", "id -u; id -g; id -G"], owner=(65534, 65534))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.read().split() == ["65534"] * 3
    assert process.wait(10) == 0


def eventually(check: Callable[[], bool], within_seconds: float = 10) -> None:
    deadline = time.monotonic() + within_seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
