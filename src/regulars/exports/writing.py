"""Write items in the form that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pydantic_core

from regulars.exports.contracts import ExportFormat
from regulars.exports.kinds.protocol import Amount, Kind, Value, Wanted
from regulars.kit.cells import csv_line
from regulars.kit.money import minor_digits


@dataclass(frozen=True, slots=True)
class Written:
    """What items became, and how many rows they are."""

    content: bytes
    rows: int


def head_of(kind: Kind[Any], form: ExportFormat, wanted: Wanted) -> bytes:
    """Return what stands before the first item: the columns, or nothing."""
    match form:
        case ExportFormat.CSV:
            return csv_line(column.name for column in kind.columns(wanted.settled)).encode()
        case ExportFormat.PARQUET:
            # What serves pages loads this module, and is not to load Arrow.
            from regulars.exports import parquet

            return parquet.head_of(kind.columns(wanted.settled))
    return b""


def written(kind: Kind[Any], form: ExportFormat, items: Sequence[Any], wanted: Wanted) -> Written:
    """Return what items are in a file."""
    match form:
        case ExportFormat.CSV:
            lines = [csv_line(map(cell_of, row)) for row in kind.rows_of(items, wanted)]
            return Written("".join(lines).encode(), len(lines))
        case ExportFormat.PARQUET:
            # As above.
            from regulars.exports import parquet

            rows = list(kind.rows_of(items, wanted))
            return Written(parquet.part_of(kind.columns(wanted.settled), rows), len(rows))
    # Decimals are texts, so that none becomes a float; moments have their zone.
    objects = [pydantic_core.to_json(told) + b"\n" for told in kind.objects_of(items, wanted)]
    return Written(b"".join(objects), len(objects))


def cell_of(value: Value) -> str | int | float | Decimal | None:
    """Return a value as a cell: money in major units, several texts in one, moments with their zone."""
    match value:
        case Amount(minor, currency):
            return Decimal(minor).scaleb(-minor_digits(currency))
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Decimal():
            return _plain(value)
        case None | str() | int() | float():
            return value
    return "|".join(map(str, value))


def _plain(number: Decimal) -> Decimal:
    """Return a number without zeros that say nothing, and never as 1E+2."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
