"""Tell a waiting person how far long work has come."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on: what is being done (translated), and the share of all the work that is done (0 to 1)."""

    def __call__(self, doing: str, done: float) -> None:
        """Show `doing`, with the share `done` of all the work behind it."""


def silent(doing: str, done: float) -> None:
    """Show nothing."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0 to 1 is the part of `progress` from `start` to `end`."""

    def scaled(doing: str, done: float) -> None:
        progress(doing, start + (end - start) * done)

    return scaled
