"""Named, described SQL statements in files, so that SQL is read as SQL and each statement can be prepared by a test.

A file holds statements, each under a comment that names it and one or more that describe it:

    -- name: next_events
    -- The events after a cursor and before the horizon, in stream order.
    SELECT …
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\n", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with the description that stands above it."""

    name: str
    description: str
    sql: str


def read_statements(path: Path) -> Mapping[str, Statement]:
    """Return the statements of the file at `path` by name.

    Raises
    ------
    ValueError
        A name comes twice, or a statement has no description.
    """
    _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
    statements: dict[str, Statement] = {}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        lines = text.strip().splitlines()
        described = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
        if name in statements or not described:
            raise ValueError(f"{path.name}: {name} comes twice, or is not described")
        sql = "\n".join(line for line in lines if not line.startswith("--")).rstrip().rstrip(";")
        statements[name] = Statement(name, " ".join(described), sql)
    return statements
