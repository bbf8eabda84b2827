"""The statements of the nights."""

from __future__ import annotations

from pathlib import Path

from regulars.stream.database import rows_from

rows_of = rows_from(Path(__file__).parent / "sql" / "nights.sql")
