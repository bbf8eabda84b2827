"""Statements are read from files by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.kit.sqlfile import read_statements


def test_statements_have_names_descriptions_and_sql(tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_text(
        "-- name: one\n-- The first.\n-- It is short.\nSELECT 1;\n\n-- name: two\n-- Another.\nSELECT 2\n", "utf-8"
    )
    found = read_statements(file)
    assert (found["one"].description, found["one"].sql) == ("The first. It is short.", "SELECT 1")
    assert list(found) == ["one", "two"]


@pytest.mark.parametrize(
    "text", ["-- name: one\nSELECT 1\n", "-- name: one\n-- A.\nSELECT 1\n-- name: one\n-- B.\nSELECT 2\n"]
)
def test_a_statement_without_description_or_with_anothers_name_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.sql"
    file.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="one"):
        read_statements(file)
