"""Write items in the form that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pydantic_core

from regulars.exports.contracts import ExportFormat
from regulars.exports.kinds.protocol import Kind, Wanted
from regulars.kit.cells import csv_line


@dataclass(frozen=True, slots=True)
class Written:
    """What items became, and how many rows they are."""

    content: bytes
    rows: int


def head_of(kind: Kind[Any], form: ExportFormat, wanted: Wanted) -> bytes:
    """Return what stands before the first item: the names of the columns, or nothing."""
    return csv_line(kind.columns(wanted.settled)).encode() if form is ExportFormat.CSV else b""


def written(kind: Kind[Any], form: ExportFormat, items: Sequence[Any], wanted: Wanted) -> Written:
    """Return what items are in a file."""
    if form is ExportFormat.CSV:
        lines = [csv_line(row) for row in kind.rows_of(items, wanted)]
        return Written("".join(lines).encode(), len(lines))
    # Decimals are texts, so that none becomes a float; moments have their zone.
    return Written(b"".join(pydantic_core.to_json(kind.object_of(item)) + b"\n" for item in items), len(items))
