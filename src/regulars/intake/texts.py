"""Cells as text: trimmed, with what means "nothing" turned into NULL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ibis
from ibis.expr.types import IntegerValue, StringValue, Table, Value

from regulars.intake.values import MISSING_WORDS

NO = ibis.literal(value=False)
# Spreadsheets and web pages leave other blanks than ours: those that do not break, and those without width.
_BLANK = r"[\s\v\x{00A0}\x{202F}\x{200B}\x{FEFF}]"
_LONGEST_MISSING_WORD = max(map(len, MISSING_WORDS))


def text_of(column: Value) -> StringValue:
    """Return a column as text, whatever its type; a whole number in a column of floats has no decimals."""
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_floating():
        whole = column.try_cast("int64")
        return ibis.ifelse(whole.cast("float64") == column, whole.cast("string"), column.cast("string"))
    return column.cast("string")


def filled(table: Table, columns: Sequence[str]) -> Table:
    """Trim columns of text, and turn cells that hold nothing or a word for nothing into NULL."""
    trimmed = table.mutate({name: _trimmed(table[name]) for name in columns})
    return trimmed.mutate({name: _unless_missing(trimmed[name]) for name in columns})


def _trimmed(text: StringValue) -> StringValue:
    # Trimming is dear, and hardly any cell needs it.
    return ibis.ifelse(text.re_search(f"^{_BLANK}|{_BLANK}$"), text.re_replace(f"^{_BLANK}+|{_BLANK}+$", ""), text)


def _unless_missing(text: StringValue) -> StringValue:
    # One CASE in the other: only short texts are compared with the words.
    nothing = ibis.ifelse(text.length() <= _LONGEST_MISSING_WORD, text.lower().isin(MISSING_WORDS), NO)
    return ibis.ifelse(nothing, ibis.null("string"), text)


def hash_of(cells: Value) -> IntegerValue:
    """Return a 64-bit hash of an array of texts."""
    return _hash(cells)


def one_in(text: StringValue, share: int) -> StringValue:
    """Keep one of `share` different values, wherever it stands, and turn the others into NULL."""
    return text if share == 1 else ibis.ifelse(_hash_text(text) % share == 0, text, ibis.null("string"))


def json_of(cells: Value) -> StringValue:
    """Return an array of texts as JSON."""
    return _to_json(cells).cast("string")


@ibis.udf.scalar.builtin(name="hash", signature=(("array<string>",), "uint64"))
def _hash(cells):  # type: ignore[no-untyped-def]
    """DuckDB's."""


@ibis.udf.scalar.builtin(name="hash", signature=(("string",), "uint64"))
def _hash_text(text):  # type: ignore[no-untyped-def]
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


def count_of(table: Table) -> int:
    """Return how many rows the table has."""
    return int(rows_of(table.aggregate(rows=table.count()))[0]["rows"])
