"""A reader of orders from text, for tests that show a file and say what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest
from ibis.backends.duckdb import Backend

from regulars.intake.contracts import Intake, Role, Settings
from regulars.intake.reading import read

ReadText = Callable[..., Intake]


@pytest.fixture(scope="session")
def connection() -> Backend:
    return ibis.duckdb.connect()


@pytest.fixture
def read_text(tmp_path: Path, connection: Backend) -> ReadText:
    """Return a function that writes each text to a file and reads the files."""

    def function(*contents: str | bytes, **settings: Any) -> Intake:
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"orders{number}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        columns = {Role(role): name for role, name in settings.pop("columns", {}).items()}
        return read(paths, Settings(columns=columns, **settings), connection=connection)

    return function


def orders_of(intake: Intake) -> list[dict[str, Any]]:
    """Return the orders in a stable order."""
    rows: list[dict[str, Any]] = intake.orders.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (str(row["occurred_on"]), row["customer"], row["order"], row["amount_minor"]))


def refused_of(intake: Intake) -> dict[str, int]:
    return {count.reason.code: count.count for count in intake.quality.refused}


def treated_of(intake: Intake) -> dict[str, int]:
    return {count.reason.code: count.count for count in intake.quality.treated}
