"""Cells as text: trimmed, with what means "nothing" turned into NULL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
from ibis.expr.types import IntegerValue, StringValue, Table, Value

from regulars.intake.values import MISSING_WORDS

NO = ibis.literal(value=False)


def text_of(column: Value) -> StringValue:
    """Return a column as text, whatever its type; a whole number in a column of floats has no decimals."""
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_floating():
        whole = column.try_cast("int64")
        return ibis.ifelse(whole.cast("float64") == column, whole.cast("string"), column.cast("string"))
    return column.cast("string")


def filled(column: Value) -> StringValue:
    """Return the trimmed text, NULL where the cell holds nothing or a word for nothing."""
    text = text_of(column).strip()
    nothing = (text.length() <= max(map(len, MISSING_WORDS))) & text.lower().isin(MISSING_WORDS)
    return ibis.ifelse(nothing, ibis.null("string"), text)


def hash_of(cells: Value) -> IntegerValue:
    """Return a 64-bit hash of an array of texts."""
    return _hash(cells)


def json_of(cells: Value) -> StringValue:
    """Return an array of texts as JSON."""
    return _to_json(cells).cast("string")


@ibis.udf.scalar.builtin(name="hash", signature=(("array<string>",), "uint64"))
def _hash(cells):  # type: ignore[no-untyped-def]
    """DuckDB's."""


@ibis.udf.scalar.builtin(name="to_json", signature=(("array<string>",), "string"))
def _to_json(cells):  # type: ignore[no-untyped-def]
    """DuckDB's."""


@contextmanager
def steps_kept() -> Iterator[None]:
    """Let each `select` and `mutate` stay a step of its own in the statement.

    Ibis would write the expression of a column wherever a later step names it: a chain of steps grows without bound.
    """
    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a small result."""
    with steps_kept():
        rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows
