"""The statements of imports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connection

from regulars.kit.sqlfile import read_statements

STATEMENTS = read_statements(Path(__file__).parent / "sql" / "imports.sql")


def rows_of(name: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run the statement `name` and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name].sql, parameters)
        return list(cursor.fetchall())
