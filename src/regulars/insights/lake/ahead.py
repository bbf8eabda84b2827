"""Read the orders of the months that stay as they are, while the others are written to the next snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from regulars.insights.lake.place import Snapshot, held

if TYPE_CHECKING:
    from regulars.insights.lake.parts import Part


class ReadAhead:
    """Reads on an engine of its own, laid out in a folder, with the days of a zone, once `lake.reading` is `loaded`."""

    def __init__(self, folder: Path, zone: str, *, loaded: Future[ModuleType]) -> None:
        self._folder, self._zone, self._loaded = folder, zone, loaded
        self._names: frozenset[str] = frozenset()
        self._begun: Future[Part | None] | None = None

    def begin(self, before: Snapshot, files: Sequence[Path]) -> None:
        """Begin to read some files of the snapshot before."""
        if files:
            self._names = frozenset(file.name for file in files)
            with_one = ThreadPoolExecutor(max_workers=1)
            self._begun = with_one.submit(self._read, before, files)
            with_one.shutdown(wait=False)

    def _read(self, before: Snapshot, files: Sequence[Path]) -> Part | None:
        self._loaded.result()
        import pyarrow.parquet as pq

        from regulars.insights.lake.parts import read_part
        from regulars.insights.lake.workspace import workspace
        from retention.in_memory import MOST_ROWS

        if sum(pq.read_metadata(file).num_rows for file in files) > MOST_ROWS:
            return None
        with held(before), workspace(self._folder, "ahead") as connection:
            return read_part(connection.read_parquet([str(file) for file in files]), self._zone)

    def take(self, snapshot: Snapshot) -> tuple[list[Part], list[Path]]:
        """Return what has been read of the next snapshot, once it has, and which of its files are left to be read."""
        part = None if self._begun is None else self._begun.result()
        # It is held by who asked for it alone.
        self._begun = None
        files = snapshot.files("orders")
        return ([], files) if part is None else ([part], [file for file in files if file.name not in self._names])
