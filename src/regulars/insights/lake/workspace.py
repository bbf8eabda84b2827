"""An engine for the time of a work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

# A worker shares its machine; what does not fit is laid out on disk.
_MEMORY_LIMIT = "1GB"


@contextmanager
def workspace(folder: Path, name: str = "run") -> Iterator[Backend]:
    """Yield a DuckDB that lays out in a folder what does not fit into its memory, for one thread at a time."""
    import ibis

    connection = ibis.duckdb.connect(folder / f"{name}.duckdb", temp_directory=str(folder), memory_limit=_MEMORY_LIMIT)
    connection.raw_sql("SET enable_progress_bar = false")
    # Nobody asks in which order rows were written, and keeping it takes as long again.
    connection.raw_sql("SET preserve_insertion_order = false")
    try:
        yield connection
    finally:
        connection.disconnect()
