"""A Regulars of its own with a shop in it, made on first use and kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.running import Running

from bench.orders import DATA

PASSWORD = "correct horse battery"  # Of an account that exists in a benchmark only.
EMAIL = "owner@example.com"
# Benchmarks ask faster than any one shop.
CALLS_PER_MINUTE = "10000000"
# What is filled has its number and so much as the last twelve digits of its id.
FIRST = 100_000_000_000
# What fills it knows the tables, so that Django is set up before it is loaded.
FILL = """
import sys
from regulars.faces.cli.running.setting_up import set_up_django
set_up_django()
from bench.system.fill import main
main(*sys.argv[1:])
"""


@dataclass(frozen=True)
class System:
    """A running system with so many customers and orders."""

    customers: int
    orders: int

    @cached_property
    def home(self) -> Path:
        """Its folder, filled."""
        home = DATA / f"system-{self.customers}-{self.orders}"
        if not (home / "filled").exists():
            self._make(home)
        return home

    @cached_property
    def running(self) -> Running:
        """It as its user runs it; to be started and stopped."""
        return _running(self.home)

    def _make(self, home: Path) -> None:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        running = _running(home)
        # The first start makes the tables and the subscriptions' cursors.
        running.start()
        running.run("staff", "add", EMAIL, stdin=PASSWORD)
        running.stop()
        subprocess.run(
            [sys.executable, "-c", FILL, str(self.customers), str(self.orders)],
            env=running.environment,
            check=True,
        )
        (home / "filled").touch()


def _running(home: Path) -> Running:
    os.environ["REGULARS_API_CALLS_PER_MINUTE"] = CALLS_PER_MINUTE
    return Running(home)
