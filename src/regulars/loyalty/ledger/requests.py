"""Writes that are asked for under a key are done once: the same again is answered as the first time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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


def open_accounts(account_ids: Collection[UUID], request: Request | None = None) -> Answer | None:
    """Wait for others who ask under the same key or write to the same accounts, and lock both.

    Return the first answer to a request that was answered before; then nothing is locked.

    Raises
    ------
    KeyUsed
        Something else was asked for under the key.
    Busy
        Others took too long.
    """
    key = request.key if request else None
    parameters = {"client": request and str(request.actor), "key": key, "accounts": sorted(account_ids)}
    for answer, digest in patiently("open", parameters):
        if request is None or bytes(digest) != request.digest:
            raise KeyUsed(gettext("This key was used for something else; take a new one for what is new."))
        return dict(json.loads(answer))
    return None


def keep_answer(request: Request, answer: Answer, *, now: datetime) -> None:
    """Keep the answer to a request, with what it did; without a key there is nothing to keep."""
    if request.key is not None:
        rows_of(
            "answer",
            {
                "client": str(request.actor),
                "key": request.key,
                "digest": request.digest,
                "answer": json.dumps(answer),
                "now": now,
            },
        )
