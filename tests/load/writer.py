"""A program that writes without rest, and repeats what was not acknowledged until it is."""

from __future__ import annotations

import random
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from tests.load.told import Told

# What the API's own page says may be sent again; all else is an answer that should not come.
AGAIN = frozenset({409, 429, 502, 503, 504})
LONGEST_PAUSE_SECONDS = 0.05
BETWEEN_ATTEMPTS_SECONDS = 0.2
WALKS_AWAY = 0.03
# That two calls stood in each other's way: a caller is never to hear of it. To wait for long is another matter: `busy`.
NEVER = frozenset({"try_again"})
Json = dict[str, Any]


class Writer(threading.Thread, ABC):
    """One of several. Each numbers what it tells by itself, with its own number, so that no two tell of the same."""

    def __init__(self, name: str, url: str, key: str, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.told = Told()
        # When the last attempt that was acknowledged began.
        self.flowed_at = 0.0
        # Whether an attempt of the last write got no answer, so that it may yet have been done.
        self.was_broken = False
        self._url, self._key = url, key
        self._random = random.Random(f"{seed}-{name}")
        self._stop_asked = threading.Event()
        self._count = 0

    @abstractmethod
    def kinds(self) -> Mapping[Callable[[], None], int]:
        """Return what it tells, and how often each of it."""

    def stop(self) -> None:
        """Tell nothing new; what is broken at this moment is not repeated."""
        self._stop_asked.set()

    def run(self) -> None:
        kinds = self.kinds()
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=15) as self._http:
            while not self._stop_asked.is_set():
                try:
                    self._random.choices(list(kinds), weights=list(kinds.values()))[0]()
                except Exception:
                    self.told.surprises.append(traceback.format_exc())
                self._stop_asked.wait(self._random.uniform(0, LONGEST_PAUSE_SECONDS))

    def _write(self, method: str, path: str, body: Json, refusals: frozenset[str] = frozenset()) -> Json | None:
        """Write under one idempotency key until it is acknowledged; None where this program walks away before.

        What is refused with one of the codes of `refusals` is answered so: with the problem, which has a `code`.
        """
        headers = {"Idempotency-Key": f"{self.name} {self._tick()}"}
        self.was_broken = False
        while True:
            began = time.monotonic()
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self.told.figures["broken"] += 1
                self.was_broken = True
            else:
                if answer.is_success:
                    self.flowed_at = began
                    self.told.figures["acknowledged"] += 1
                    self.told.figures["replayed"] += "Idempotency-Replayed" in answer.headers
                    return dict(answer.json())
                code = code_of(answer)
                if code in refusals:
                    self.flowed_at = began
                    self.told.figures[f"refused as {code}"] += 1
                    return dict(answer.json())
                if answer.status_code not in AGAIN or code in NEVER:
                    self.told.surprises.append(f"{method} {path} was answered {answer.status_code}: {answer.text}")
                    return None
                self.told.figures[f"answered {answer.status_code} {code}"] += 1
            if self._stop_asked.is_set() or self._random.random() < WALKS_AWAY:
                self.told.figures["walked away"] += 1
                return None
            time.sleep(BETWEEN_ATTEMPTS_SECONDS)

    def _saw(self, person: str, customer_id: str) -> None:
        self.told.customers.setdefault(person, set()).add(customer_id)

    def _tick(self) -> int:
        self._count += 1
        return self._count


def code_of(answer: httpx.Response) -> str:
    """Return what a problem is called; nothing where somebody before Regulars has answered."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json()["code"])
    return ""
