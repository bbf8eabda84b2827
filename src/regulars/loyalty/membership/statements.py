"""The statements of the membership."""

from __future__ import annotations

from pathlib import Path

from regulars.stream.database import rows_from

rows_of = rows_from(Path(__file__).parent / "sql" / "membership.sql")
