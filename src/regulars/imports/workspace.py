"""A DuckDB in a folder of its own, for the time that a file is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from regulars.kit.scratch import scratch_folder

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

# A worker shares its machine; what does not fit is laid out on disk.
_MEMORY_LIMIT = "400MB"


@contextmanager
def workspace() -> Iterator[Backend]:
    """Yield a connection whose tables are gone afterwards."""
    import ibis

    with scratch_folder() as folder:
        connection = ibis.duckdb.connect(
            folder / "import.duckdb", temp_directory=str(folder), memory_limit=_MEMORY_LIMIT
        )
        connection.raw_sql("SET enable_progress_bar = false")
        try:
            yield connection
        finally:
            connection.disconnect()
