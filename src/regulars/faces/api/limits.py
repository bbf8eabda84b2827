"""How much a key may ask in a minute, and how many wrong keys are looked up."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse

from regulars.faces.api.errors import Refused
from regulars.faces.api.statements import rows_of
from regulars.kit.i18n import gettext
from regulars.staff.contracts import ApiKey

WINDOW_SECONDS = 60
WRONG_KEYS_PER_WINDOW = 120
_MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left in this window."""

    limit: int
    used: int
    resets_in_seconds: int

    @property
    def is_used_up(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """Return what the caller is told of it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.resets_in_seconds),
        }

    def mark(self, answer: HttpResponse) -> None:
        """Write it on an answer."""
        for name, value in self.headers().items():
            answer[name] = value


def count_call(key: ApiKey, *, now: datetime) -> Allowance:
    """Count a call of a key, in a transaction of its own; return what is left."""
    window, into = divmod(int(now.timestamp()), WINDOW_SECONDS)
    [(used,)] = rows_of("count_call", {"api_key_id": key.id, "window": window})
    return Allowance(settings.API_CALLS_PER_MINUTE, used, WINDOW_SECONDS - into)


def too_many(allowance: Allowance) -> Refused:
    """Return the refusal of one call too many."""
    return Refused(
        429,
        "too_many_requests",
        gettext("This key may call {limit} times a minute.").format(limit=allowance.limit),
        headers=allowance.headers() | {"Retry-After": str(allowance.resets_in_seconds)},
    )


class Guesses:
    """Wrong keys that this process has seen in this window.

    Past a number, keys that were never good here are refused without being looked up. A program whose key has been good
    before is let through, so that guessing locks nobody out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = self._wrong = 0
        self._good: set[bytes] = set()

    def check(self, token: str, *, now: datetime) -> None:
        """Let a key be looked up.

        Raises
        ------
        Refused
            Too many wrong ones have been.
        """
        window, into = divmod(int(now.timestamp()), WINDOW_SECONDS)
        if self._window != window or self._wrong < WRONG_KEYS_PER_WINDOW or _digest(token) in self._good:
            return
        message = gettext("Too many calls came with wrong keys.")
        raise Refused(429, "too_many_wrong_keys", message, headers={"Retry-After": str(WINDOW_SECONDS - into)})

    def count(self, *, now: datetime) -> None:
        """Count a wrong key."""
        window = int(now.timestamp()) // WINDOW_SECONDS
        with self._lock:
            self._wrong = self._wrong + 1 if self._window == window else 1
            self._window = window

    def remember(self, token: str) -> None:
        """Remember a key that was good."""
        digest = _digest(token)
        if digest in self._good:
            return
        with self._lock:
            if len(self._good) >= _MOST_REMEMBERED:
                self._good.clear()
            self._good.add(digest)

    def forget(self) -> None:
        """Begin anew, as a test does."""
        with self._lock:
            self._window = self._wrong = 0
            self._good.clear()


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=16).digest()


guesses = Guesses()
