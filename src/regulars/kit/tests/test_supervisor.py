"""What dies is started again, with pauses that grow; what is asked to stop stops in order."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from regulars.kit import supervisor as module
from regulars.kit.errors import DomainError
from regulars.kit.supervisor import Service, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


class Story:
    """What a supervisor said, and when."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, int | None]] = []
        self.moments: list[float] = []

    def __call__(self, event: str, name: str, code: int | None) -> None:
        self.lines.append((event, name, code))
        self.moments.append(time.monotonic())

    def moments_of(self, event: str) -> list[float]:
        return [moment for (found, *_), moment in zip(self.lines, self.moments, strict=True) if found == event]


def run_until(supervisor: Supervisor, check: Callable[[], bool], within_seconds: float = 30) -> None:
    deadline = time.monotonic() + within_seconds
    supervisor.run(until=lambda: check() or time.monotonic() > deadline)
    assert check(), "it did not happen in time"


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_service_that_dies_is_started_again_with_pauses_that_grow(story: Story) -> None:
    supervisor = Supervisor(story)
    supervisor.start(Service(name="web", command=[sys.executable, "-c", "raise SystemExit(3)"]))
    run_until(supervisor, lambda: len(story.moments_of("died")) == 4)
    supervisor.stop()
    assert ("died", "web", 3) in story.lines
    pauses = [
        again - died for died, again in zip(story.moments_of("died"), story.moments_of("restarted"), strict=False)
    ]
    assert pauses[0] >= 0.5
    assert pauses[1] > 1.5 * pauses[0]
    assert pauses[2] > 1.5 * pauses[1]


def test_the_pause_is_short_again_for_a_service_that_had_run_well(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTLED_SECONDS", 0.0)
    supervisor = Supervisor(story)
    supervisor.start(Service(name="web", command=[sys.executable, "-c", "raise SystemExit(3)"]))
    run_until(supervisor, lambda: len(story.moments_of("died")) == 4)
    supervisor.stop()
    pauses = [
        again - died for died, again in zip(story.moments_of("died"), story.moments_of("restarted"), strict=False)
    ]
    assert max(pauses) < 1


def test_the_others_go_on_while_one_cannot_be_started_again(story: Story) -> None:
    refusals = []

    def refuse() -> None:
        refusals.append(1)
        raise DomainError("not now")

    supervisor = Supervisor(story)
    other = supervisor.start(Service(name="other", command=SLEEPER))
    supervisor.start(Service(name="web", command=[sys.executable, "-c", ""], before_start=refuse))
    run_until(supervisor, lambda: len(refusals) == 2)
    assert other.poll() is None
    assert ("failed", "web", None) in story.lines
    supervisor.stop()


def test_services_stop_in_the_opposite_order_of_their_start(story: Story) -> None:
    supervisor = Supervisor(story)
    processes = [supervisor.start(Service(name=name, command=SLEEPER)) for name in ("postgres", "web", "worker")]
    supervisor.stop()
    assert [name for event, name, _ in story.lines if event == "stopped"] == ["worker", "web", "postgres"]
    assert all(process.returncode == 128 + signal.SIGTERM for process in processes)


def test_run_ends_when_asked_to_and_starts_nothing_again(story: Story) -> None:
    supervisor = Supervisor(story)
    supervisor.start(Service(name="web", command=SLEEPER))
    threading.Timer(0.3, supervisor.ask_to_stop).start()
    supervisor.run()
    supervisor.stop()
    assert "restarted" not in [event for event, *_ in story.lines]


def test_a_service_gets_its_environment_and_writes_to_its_log(story: Story, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "web.log"
    supervisor = Supervisor(story)
    supervisor.start(
        Service(
            name="web",
            command=[sys.executable, "-c", "import os; print(os.environ['COLOUR'], flush=True)"],
            environment={"COLOUR": "evergreen"},
            log=log,
        )
    ).wait(10)
    supervisor.stop()
    assert log.read_text() == "evergreen\n"


def test_a_long_log_makes_way_at_the_next_start(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_LOG_BYTES", 3)
    log = tmp_path / "web.log"
    log.write_text("long")
    supervisor = Supervisor(story)
    supervisor.start(Service(name="web", command=[sys.executable, "-c", "print('new')"], log=log)).wait(10)
    supervisor.stop()
    assert log.read_text() == "new\n"
    assert (tmp_path / "web.old.log").read_text() == "long"


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    program = (
        "import sys; from regulars.kit.supervisor import Service, Supervisor, say_nothing\n"
        "supervisor = Supervisor(say_nothing)\n"
        f"supervisor.start(Service(name='web', command={SLEEPER!r}))\n"
        "print('started', flush=True)\n"
        "supervisor.run()\n"
    )
    process = psutil.Popen([sys.executable, "-c", program], stdout=-1, env=os.environ, text=True)
    assert process.stdout.readline() == "started\n"
    deadline = time.monotonic() + 10
    while len(process.children(recursive=True)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    children = process.children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
