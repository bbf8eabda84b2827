"""`python -m regulars.demo.report` leaves the orders and the report of the demo shop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.demo.showing import has_display


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regulars.demo.report", "--out", str(folder), *options],
        env=os.environ | {"ONCE": "1", "LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_writes_orders_and_their_report(tmp_path: Path) -> None:
    done = run_demo(tmp_path, "--customers", "400", "--until", "2026-11-20")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "report.html") in done.stdout
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    result = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert result["metrics"]["currency"] == "EUR"
    assert 350 < result["metrics"]["customers"] <= 400


def test_a_day_that_is_none_ends_in_one_sentence(tmp_path: Path) -> None:
    done = run_demo(tmp_path, "--until", "yesterday")
    assert done.returncode == 2
    assert done.stderr.strip() == "--until takes a day as 2026-11-20, not yesterday."


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({"DISPLAY": ":0", "ONCE": "1"}, "linux", False),
    ],
)
def test_a_browser_opens_only_before_a_person(environment: dict[str, str], platform: str, expected: bool) -> None:
    assert has_display(environment, platform) is expected
