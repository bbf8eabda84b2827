"""Writes that are asked for under a key are done once: the same again is answered as the first time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.statements import rows_of
from regulars.stream.contracts import Actor
from regulars.stream.database import Row

Answer = Mapping[str, Any]


class KeyUsed(DomainError):
    """The key was used for something else."""

    code = "idempotency_key_used"


class Busy(DomainError):
    """Others write there for longer than somebody is let wait."""

    code = "busy"


@dataclass(frozen=True, slots=True)
class Request:
    """A write that is asked for: by whom, under which key if any, and what for."""

    actor: Actor
    key: str | None
    inputs: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """A hash of what is asked for, the same however it is ordered."""
        return hashlib.sha256(json.dumps(self.inputs, sort_keys=True, default=str).encode()).digest()


def patiently(statement: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Run a statement that waits for others, for some seconds at most.

    Raises
    ------
    Busy
        Others took too long.
    """
    try:
        return rows_of(statement, parameters)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy(gettext("Somebody else is writing here; ask again in a moment.")) from None
        raise


def keep_answer(request: Request | None, answer: Answer, *, now: datetime) -> None:
    """Keep the answer to a request, with what it did; without a key there is nothing to keep."""
    kept = answered(request, answer)
    if kept["answer"] is not None:
        rows_of("answer", {**kept, "now": now})


def answered(request: Request | None, answer: Answer | None) -> dict[str, Any]:
    """Return what the database is told of a request and its answer: nothing where it has no key."""
    if request is None or request.key is None or answer is None:
        return dict.fromkeys(("client", "key", "digest", "answer"))
    return {
        "client": str(request.actor),
        "key": request.key,
        "digest": request.digest,
        "answer": json.dumps(answer),
    }


def first_answer(request: Request | None, answer: str, digest: bytes) -> Answer:
    """Return what was answered to a request the first time.

    Raises
    ------
    KeyUsed
        Something else was asked for under the key.
    """
    if request is None or bytes(digest) != request.digest:
        raise KeyUsed(gettext("This key was used for something else; take a new one for what is new."))
    return dict(json.loads(answer))
