"""One call: sent, sent again where that is safe and may help, and read."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from regulars.client.errors import ApiError

TRIED_AGAIN_AFTER = frozenset({429, 502, 503, 504})
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 60.0

Json = dict[str, Any]
Sleep = Callable[[float], None]


class Caller:
    """Sends calls with a key.

    Each is safe to send again: a read by nature, a write by the idempotency key that is made once for all its attempts.
    """

    def __init__(self, http: httpx.Client, *, attempts: int, sleep: Sleep = time.sleep) -> None:
        self._http, self._attempts, self._sleep = http, attempts, sleep

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Read."""
        told = {name: value for name, value in (parameters or {}).items() if value is not None}
        return self._call("GET", path, params=told)

    def ask(self, path: str, body: Any) -> Any:
        """Read what a body asks for."""
        return self._call("POST", path, json=body)

    def tell(self, path: str, body: Any) -> Any:
        """Write what its own reference lets happen once, however often it is sent."""
        return self._call("POST", path, json=body)

    def write(self, method: str, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """Write."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._call(method, path, headers=headers, **({} if body is None else {"json": body}))

    def send_file(
        self, path: str, file: Path, parameters: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Any:
        """Write with a file as the body; it is read as it goes, from its beginning in each attempt."""
        headers = {
            "Idempotency-Key": idempotency_key or str(uuid.uuid4()),
            "Content-Type": "application/octet-stream",
        }

        def attempt() -> httpx.Response:
            with file.open("rb") as opened:
                return self._http.post(path, params=dict(parameters), headers=headers, content=opened)

        return self._until_answered(attempt).json()

    def fetch_file(self, path: str, goal: Path) -> None:
        """Read a file into `goal`, as it comes; nothing stands there until all has come."""
        partial = goal.with_name(f"{goal.name}.partial")

        def attempt() -> httpx.Response:
            with self._http.stream("GET", path) as answer, partial.open("wb") as out:
                if not answer.is_success:
                    answer.read()
                for chunk in answer.iter_bytes() if answer.is_success else ():
                    out.write(chunk)
                return answer

        try:
            self._until_answered(attempt)
            partial.replace(goal)
        finally:
            partial.unlink(missing_ok=True)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        return self._until_answered(lambda: self._http.request(method, path, **options)).json()

    def _until_answered(self, attempt: Callable[[], httpx.Response]) -> httpx.Response:
        for number in range(1, self._attempts + 1):
            last = number == self._attempts
            try:
                answer = attempt()
            except httpx.TransportError:
                if last:
                    raise
                self._sleep(_pause_seconds(number))
                continue
            if answer.is_success:
                return answer
            if last or answer.status_code not in TRIED_AGAIN_AFTER:
                raise ApiError.of(answer)
            self._sleep(_asked_for_seconds(answer) or _pause_seconds(number))
        raise AssertionError("the last attempt returns or raises")


def _asked_for_seconds(answer: httpx.Response) -> float | None:
    """Return how long the server asks to wait, within reason."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_PAUSE_SECONDS) if asked.isdecimal() else None


def _pause_seconds(attempt: int) -> float:
    """Return a growing pause, spread so that many clients do not come back at once."""
    longest = _FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1)
    return float(min(longest, _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0))  # noqa: S311  # No secret.
