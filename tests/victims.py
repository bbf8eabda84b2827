"""What of a running Regulars can be killed, by name; `Running.kill` is the one way to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from tests.running import Running

PARTS = ("postgres", "web", "worker")


def supervisor(regulars: Running) -> list[psutil.Process]:
    assert regulars.process
    return [psutil.Process(regulars.process.pid)]


def main_of(name: str) -> Callable[[Running], list[psutil.Process]]:
    """Return what finds the first process of a part, without those that it started itself."""

    def find(regulars: Running) -> list[psutil.Process]:
        found = regulars.processes(name)
        return [process for process in found if process.parent() not in found]

    return find


def leash_of(name: str) -> Callable[[Running], list[psutil.Process]]:
    """Return what finds the leash that holds a part."""
    return lambda regulars: regulars.leashes(name)


def children_of_web(regulars: Running) -> list[psutil.Process]:
    [main] = main_of("web")(regulars)
    # Python's own keeper of shared things is no server.
    return [child for child in main.children() if "resource_tracker" not in " ".join(child.cmdline())]


def backends(regulars: Running) -> list[psutil.Process]:
    """Return the processes of PostgreSQL that serve a connection of ours."""
    [main] = main_of("postgres")(regulars)
    return [child for child in main.children() if "regulars_" in " ".join(child.cmdline())]


VICTIMS: Mapping[str, Callable[[Running], list[psutil.Process]]] = {
    "web": main_of("web"),
    "a child of web": lambda regulars: children_of_web(regulars)[:1],
    "all children of web": children_of_web,
    "worker": main_of("worker"),
    "postgres": main_of("postgres"),
    "a backend of postgres": lambda regulars: backends(regulars)[-1:],
    "the leash of postgres": leash_of("postgres"),
    "the leash of web": leash_of("web"),
    "the leash of worker": leash_of("worker"),
    "supervisor": supervisor,
}
