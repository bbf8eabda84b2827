"""The statements that running needs, and the plain connections that some of them go through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from regulars.kit.sqlfile import read_statements

STATEMENTS = read_statements(Path(__file__).parent / "sql" / "running.sql")


def rows_of(
    connection: psycopg.Connection, name: str, parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run the statement `name` on a connection that is not Django's, and return its rows."""
    return connection.execute(STATEMENTS[name].sql, parameters).fetchall()


def value_of(connection: psycopg.Connection, name: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """Return the one value of the statement `name`."""
    [(value,)] = rows_of(connection, name, parameters)
    return value
