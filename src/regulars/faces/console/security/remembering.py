"""Django's cache on one unlogged table of PostgreSQL: allauth counts attempts there, and remembers codes already used.

Django's own cache in a database reads before it writes, so that two who add the same key at once may both be told that
they were first: a code would work twice. Here each operation is one statement.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.utils import timezone

from regulars.stream.database import rows_from

_rows_of = rows_from(Path(__file__).parents[1] / "sql" / "remembering.sql")


class PostgresCache(BaseCache):
    """What is to be remembered is of JSON's kinds; keys are hashed, for they hold addresses."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is remembered under a key."""
        rows = _rows_of("get", self._told(key, version))
        return json.loads(rows[0][0]) if rows else default

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Remember something under a key."""
        _rows_of("set", self._told(key, version) | self._kept(value, timeout))

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Remember something under a key where nothing is; tell whether that was so."""
        return bool(_rows_of("add", self._told(key, version) | self._kept(value, timeout)))

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Remember what is there until another moment; tell whether something is."""
        return bool(_rows_of("touch", self._told(key, version) | self._kept(None, timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget what is remembered under a key; tell whether something was."""
        rows = _rows_of("delete", self._told(key, version))
        return bool(rows and rows[0][0])

    def clear(self) -> None:
        """Forget everything."""
        _rows_of("clear")

    def _told(self, key: str, version: int | None) -> dict[str, Any]:
        made = self.make_and_validate_key(key, version)
        return {"digest": hashlib.sha256(made.encode()).digest(), "now": timezone.now()}

    def _kept(self, value: Any, timeout: float | None) -> dict[str, Any]:
        until = self.get_backend_timeout(timeout)
        return {
            "value": json.dumps(value),
            "until": None if until is None else datetime.fromtimestamp(until, UTC),
        }


def forget_past(now: datetime) -> int:
    """Forget what need not be remembered any more; return how much that was."""
    return len(_rows_of("forget_past", {"now": now}))
