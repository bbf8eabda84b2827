"""Cells of tables that people open in a spreadsheet: none is taken for a formula, and each can be read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

# A cell that begins so is a formula to a spreadsheet, and may do anything there.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: it gets an apostrophe before it, where it would be one.

    So does one that would look like it had got one, so that `plain_cell` gives every text back as it was.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """Return the text for which `safe_cell` made a cell."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def csv_line(cells: Iterable[object]) -> str:
    """Return a line of a CSV. Texts are made safe; a number is one, also where it is below zero."""
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()
