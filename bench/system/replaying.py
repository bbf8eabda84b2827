"""Turn what a service sends to the database into a script of pgbench that sends the same, for others each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


@dataclass(frozen=True)
class Sent:
    """A statement as it was sent, with its parameters."""

    sql: str
    parameters: Mapping[str, Any]


@contextmanager
def recorded() -> Iterator[list[Sent]]:
    """Note all statements that are sent meanwhile."""
    sent: list[Sent] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *more: Any) -> Any:
        sent.append(Sent(sql, dict(parameters or {})))
        return execute(sql, parameters, *more)

    # Whatever a new connection asks first is none of the service's doing.
    connection.ensure_connection()
    with connection.execute_wrapper(note):
        yield sent


def variable(name: str) -> str:
    """Return what stands in a text for a variable of pgbench."""
    return f"\0{name}\0"


@dataclass
class Replay:
    """What varies of what was sent, by the text that stood for it, as a text with variables of pgbench.

    Ids that are neither in `varying` nor in `fixed` were made by the service: each is another one in each transaction,
    and the same one wherever it stands.
    """

    varying: Mapping[str, str]
    fixed: frozenset[str]
    new_id: Callable[[int], str]
    made: dict[str, str] = field(default_factory=dict)

    def script(self, sent: list[Sent], kept: Mapping[str, str]) -> str:
        """Return the transaction; of a statement that holds a text of `kept`, its rows become variables so named."""
        statements = ["BEGIN;"]
        for each in sent:
            text = _PLACEHOLDER.sub(partial(self._expression, each.parameters), each.sql)
            prefix = next((prefix for mark, prefix in kept.items() if mark in each.sql), None)
            statements.append(text + (f" \\aset {prefix}" if prefix else ";"))
        return "\n".join([*statements, "COMMIT;"])

    def _expression(self, parameters: Mapping[str, Any], match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = parameters[match[1]]
        if value is None:
            return "NULL"
        if isinstance(value, (bytes, memoryview)):
            return f"'\\x{bytes(value).hex()}'::bytea"
        if isinstance(value, (bool, int)):
            return str(value).upper()
        written = value.isoformat() if isinstance(value, datetime) else str(value)
        cast = "::uuid" if isinstance(value, UUID) else "::timestamptz" if isinstance(value, datetime) else ""
        return f"({self._text(written)}){cast}"

    def _text(self, written: str) -> str:
        """Return a text as an expression: the server puts together what varies in it, in as few steps as may be."""
        found = "|".join([*map(re.escape, self.varying), _UUID.pattern])
        pieces = re.split("\0(\\w+)\0", re.sub(found, self._varied, written))
        told = [f":{piece}::text" if is_name % 2 else _literal(piece) for is_name, piece in enumerate(pieces)]
        return " || ".join(piece for piece in told if piece != "''") or "''"

    def _varied(self, found: re.Match[str]) -> str:
        text = found[0]
        if text in self.varying:
            return self.varying[text]
        if text in self.fixed:
            return text
        return self.made.setdefault(text, self.new_id(len(self.made)))


def _literal(text: str) -> str:
    # A colon before a letter or a digit would begin a variable of pgbench.
    quoted = text.replace("'", "''")
    if not re.search(r":(?=\w)", quoted):
        return f"'{quoted}'"
    return "E'" + quoted.replace("\\", "\\\\").replace(":", r"\x3a") + "'"
