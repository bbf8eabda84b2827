"""Tables as Parquet: parts that can be written on whatever is killed, put together to a file at the end.

A Parquet file has its index at its end and cannot be written on. So batches become a stream of Arrow, which can; when
all are there, it is read a part at a time and written in groups of rows. Only what writes files loads this module.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.exports.kinds.protocol import Amount, Column, ColumnType, Value

# So many rows are in memory at once, and stand together in the file.
GROUP_ROWS = 50_000
_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.TEXTS: pa.list_(pa.string()),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.QUANTITY: pa.decimal128(14, 3),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DAY: pa.date32(),
    ColumnType.MOMENT: pa.timestamp("us", tz="UTC"),
    ColumnType.MONEY: pa.int64(),
}


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the typed columns; one of money is called what it is in, minor units of the currency beside it."""
    return pa.schema([(_name_of(column), _TYPES[column.type]) for column in columns])


def head_of(columns: Sequence[Column]) -> bytes:
    """Return what stands before the first part."""
    return bytes(schema_of(columns).serialize())


def part_of(columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> bytes:
    """Return a part with some rows."""
    if not rows:
        return b""
    by_column = zip(*rows, strict=True)
    arrays = [
        pa.array([_plain(value, column.type) for value in values], _TYPES[column.type])
        for column, values in zip(columns, by_column, strict=True)
    ]
    return bytes(pa.record_batch(arrays, schema=schema_of(columns)).serialize())


def put_together(parts: Path, goal: Path) -> int:
    """Write the parts as one file, so that it stays whatever happens to the machine; return how long it is."""
    handle = os.open(goal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, pa.OSFile(str(parts)) as source, pa.ipc.open_stream(source) as stream:
        with pq.ParquetWriter(file, stream.schema, compression="zstd") as writer:
            for group in _groups(stream):
                writer.write_table(group, row_group_size=GROUP_ROWS)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _groups(stream: pa.RecordBatchReader) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in stream:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= GROUP_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _name_of(column: Column) -> str:
    return f"{column.name}_minor" if column.type is ColumnType.MONEY else column.name


def _plain(value: Value, kind: ColumnType) -> Any:
    """Return a value as Arrow takes it; an empty text says that nothing is known."""
    if value is None or value == "":
        return None
    if isinstance(value, Amount):
        return int(value.minor)
    return float(value) if kind is ColumnType.NUMBER and isinstance(value, int | Decimal) else value
