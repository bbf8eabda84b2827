"""Run named statements on Django's connection. It stands here since the stream is the lowest rung with a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from regulars.kit.arrays import array_literal
from regulars.kit.sqlfile import read_statements

Row = tuple[Any, ...]


class RowsOf(Protocol):
    """Runs a statement by its name."""

    def __call__(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run the statement `name` and return its rows; none where it returns none."""


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
