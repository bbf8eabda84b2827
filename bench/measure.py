"""Time two ways of doing one thing in one run, and say the ratio."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol, TypeVar

PACKAGES = ("duckdb", "ibis-framework", "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "lifetimes")

R = TypeVar("R")


class Finding(Protocol):
    """What a measure yields: its text is the line that is printed, and `met` whether the target was met."""

    @property
    def met(self) -> bool: ...


@dataclass(frozen=True)
class Result:
    """The ratio to a yardstick that ran in the same run, and its target (`at_least`, or at most)."""

    name: str
    seconds: float
    yardstick: str
    yardstick_seconds: float
    target: float
    at_least: bool = True

    @property
    def ratio(self) -> float:
        """How many times faster than the yardstick (`at_least`), or how many times as long (at most)."""
        return self.yardstick_seconds / self.seconds if self.at_least else self.seconds / self.yardstick_seconds

    @property
    def met(self) -> bool:
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def __str__(self) -> str:
        kind = "x faster than" if self.at_least else "x the time of"
        sign = "at least" if self.at_least else "at most"
        return (
            f"{self.name}: {self.ratio:,.2f} {kind} {self.yardstick} ({sign} {self.target:g}) "
            f"[{self.seconds:.3f} s, {self.yardstick_seconds:.3f} s]{_verdict(self)}"
        )


@dataclass(frozen=True)
class Share:
    """The share that a rate is of the yardstick's, measured in turns with it, and the least that it may be."""

    name: str
    rate: float
    yardstick: str
    yardstick_rate: float
    unit: str
    least: float

    @property
    def met(self) -> bool:
        return self.rate >= self.least * self.yardstick_rate

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.rate / self.yardstick_rate:.3f} of {self.yardstick} "
            f"(at least {self.least:g}) [{self.rate:,.0f} and {self.yardstick_rate:,.0f} {self.unit}]{_verdict(self)}"
        )


@dataclass(frozen=True)
class Times:
    """The 95th percentile of many answers' times, as a multiple of a yardstick's in the same run."""

    name: str
    p95: float
    median: float
    yardstick: str
    yardstick_p95: float
    yardstick_median: float
    most: float

    @property
    def met(self) -> bool:
        return self.p95 <= self.most * self.yardstick_p95

    def __str__(self) -> str:
        return (
            f"{self.name}: p95 {self.p95 / self.yardstick_p95:.1f} x that of {self.yardstick} (at most {self.most:g}) "
            f"[p95 {1e3 * self.p95:.1f} and {1e3 * self.yardstick_p95:.1f} ms, "
            f"median {1e3 * self.median:.1f} and {1e3 * self.yardstick_median:.1f} ms]{_verdict(self)}"
        )


@dataclass(frozen=True)
class Limit:
    """An amount and the most that it may be."""

    name: str
    amount: float
    most: float
    unit: str

    @property
    def met(self) -> bool:
        return self.amount <= self.most

    def __str__(self) -> str:
        return f"{self.name}: {self.amount:,.2f} {self.unit} (at most {self.most:g}){_verdict(self)}"


@dataclass(frozen=True)
class Agreement:
    """How far both sides' answers lie apart: a ratio of times means little where they answer different things."""

    name: str
    differences: Mapping[str, float]
    most: float

    @property
    def met(self) -> bool:
        return all(abs(difference) <= self.most for difference in self.differences.values())

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {difference:.1e}" for name, difference in self.differences.items())
        return f"{self.name}: relative differences {shown} (at most {self.most:g}){_verdict(self)}"


@dataclass(frozen=True)
class Note:
    """Something worth knowing that has no target."""

    text: str
    met: bool = True

    def __str__(self) -> str:
        return self.text


def _verdict(finding: Finding) -> str:
    return "" if finding.met else "   MISSED"


def seconds(work: Callable[[], object], *, turns: int = 3, warm: bool = True) -> float:
    """Return the median time of `work`, after one turn that is not counted."""
    if warm:
        work()
    return statistics.median(timed(work)[1] for _ in range(turns))


def timed(work: Callable[[], R]) -> tuple[R, float]:
    """Return what `work` gives and the time of this single turn."""
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def machine() -> str:
    """Describe the machine and the versions that matter."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {python}; {versions}"
