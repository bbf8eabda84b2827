from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.kit.run_lock import AlreadyRunning, HomeUnusable, is_running, run_lock

HOLDER = """
import sys, time
from pathlib import Path
from regulars.kit.run_lock import run_lock
with run_lock(Path(sys.argv[1])) as was_killed:
    print(was_killed, flush=True)
    time.sleep(60)
"""


def holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() in {"True\n", "False\n"}
    return process


def test_a_home_is_held_by_one(tmp_path: Path) -> None:
    process = holder(tmp_path)
    assert is_running(tmp_path)
    with pytest.raises(AlreadyRunning, match=r"runs in .* already; stop it first"), run_lock(tmp_path):
        pass
    process.kill()
    process.wait()
    assert not is_running(tmp_path)


def test_the_next_one_is_told_whether_the_one_before_was_killed(tmp_path: Path) -> None:
    with run_lock(tmp_path) as was_killed:
        assert not was_killed
    with run_lock(tmp_path) as was_killed:
        assert not was_killed
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with run_lock(tmp_path) as was_killed:
        assert was_killed


def test_processes_that_the_holder_started_do_not_hold_it_on(tmp_path: Path) -> None:
    child = None
    with run_lock(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with run_lock(tmp_path):
        assert child.poll() is None
    child.kill()
    child.wait()


def test_a_home_that_was_never_used_is_not_running(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "new")


def test_a_home_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(HomeUnusable, match="cannot be written"), run_lock(blocked / "home"):
        pass
