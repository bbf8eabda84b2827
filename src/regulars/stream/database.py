"""Run named statements on Django's connection. It stands here since the stream is the lowest rung with a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import InterfaceError, connection

from regulars.kit.arrays import array_literal
from regulars.kit.sqlfile import read_statements

Row = tuple[Any, ...]
# The states of SQL in which the server tells that it ends the connection, or takes none; libpq's own errors have none.
LOST = frozenset({"08000", "08001", "08003", "08004", "08006", "25P03", "57P01", "57P02", "57P03", "57P05"})


class RowsOf(Protocol):
    """Runs a statement by its name."""

    def __call__(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run the statement `name` and return its rows; none where it returns none."""


def is_lost(error: BaseException) -> bool:
    """Tell whether this thread's connection is gone, or an error says so: then nothing else is to blame for it.

    The connection alone does not tell: where the server is back at once, Django has made a new one by now.
    """
    return connection.connection is None or bool(connection.connection.closed) or tells_of_loss(error)


def tells_of_loss(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, says that a connection was lost or could not be had."""
    while error is not None:
        if isinstance(error, (InterfaceError, psycopg.InterfaceError)):
            return True
        if isinstance(error, psycopg.OperationalError) and (error.sqlstate is None or error.sqlstate in LOST):
            return True
        error = error.__cause__
    return False


def rows_from(file: Path) -> RowsOf:
    """Return what runs the statements of `file`, which are read now, so that a broken file stops the start."""
    statements = read_statements(file)

    def rows_of(name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(statements[name].sql, parameters and _written(parameters))
            return list(cursor.fetchall()) if cursor.description else []

    return rows_of


def _written(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: array_literal(value) if isinstance(value, list) else value for name, value in parameters.items()}
