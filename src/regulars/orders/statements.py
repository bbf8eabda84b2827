"""The statements of orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regulars.stream.database import Row, rows_from

rows_of = rows_from(Path(__file__).parent / "sql" / "orders.sql")


def insert(name: str, rows: list[dict[str, Any]]) -> list[Row]:
    """Run a statement that takes one array per column, with the columns of `rows`; do nothing without rows."""
    if not rows:
        return []
    return rows_of(name, {column: [row[column] for row in rows] for column in rows[0]})
