"""Ask over HTTP for the price of a few system calls a request: the client is not what is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8


class WrongAnswer(RuntimeError):
    """An answer that a benchmark must not count."""


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None

    def wire(self, port: int) -> bytes:
        """Return the bytes that are sent."""
        body = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body)), **self.headers}
        if body:
            headers["Content-Type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Connection:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, wire: bytes) -> tuple[int, bytes]:
        """Send a request; return the status and the body of its answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        self._writer.write(wire)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = _header(head, b"content-length")
        if length is None:
            raise WrongAnswer("an answer of unknown length")
        return status, await self._reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()


def _header(head: bytes, name: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return int(value)
    return None


def rate(port: int, requests: Iterator[bytes], *, seconds: float, good: Callable[[bytes], bool]) -> float:
    """Return how many requests a second are answered on all connections together; each answer is 200 and `good`."""

    async def one(until: float) -> int:
        connection, answered = Connection(port), 0
        while time.perf_counter() < until:
            status, body = await connection.ask(next(requests))
            if status != 200 or not good(body):
                raise WrongAnswer(f"{status} {body[:300]!r}")
            answered += 1
        connection.close()
        return answered

    async def all_of_them() -> float:
        began = time.perf_counter()
        answered = await asyncio.gather(*(one(began + seconds) for _ in range(CONNECTIONS)))
        return sum(answered) / (time.perf_counter() - began)

    return asyncio.run(all_of_them())


def durations(port: int, wires: list[bytes]) -> list[float]:
    """Return how long each request took in seconds, one after the other on one connection; each is answered by 200."""

    async def one_by_one() -> list[float]:
        connection, taken = Connection(port), []
        for wire in wires:
            began = time.perf_counter()
            status, body = await connection.ask(wire)
            taken.append(time.perf_counter() - began)
            if status != 200:
                raise WrongAnswer(f"{status} for {wire[:200]!r}: {body[:300]!r}")
        connection.close()
        return taken

    return asyncio.run(one_by_one())
