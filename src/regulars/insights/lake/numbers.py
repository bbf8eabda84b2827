"""Give each customer a small number, by which orders are read without looking for an id among a million.

A customer keeps its number from snapshot to snapshot, so that files that stay as they are need not be written anew.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from regulars.insights.lake.place import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa


class Numbers:
    """The numbers of all customers, once they have been given; who asks before waits."""

    def __init__(self, before: Snapshot | None) -> None:
        """Begin with the numbers of the snapshot before, or anew."""
        self._before = before
        self._given: Future[tuple[pa.Array, pa.Array]] = Future()
        self.count = 0 if before is None else before.manifest.numbers

    def give(self, customers: pa.Table) -> pa.Table:
        """Return the customers with a `number`: that of the snapshot before, or one that nobody has had."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        ids = plain(customers["customer_id"])
        numbers = np.full(len(ids), -1, np.int32)
        if self._before is not None:
            known = pq.read_table(self._before.file("customers"), columns=["customer_id", "number"])
            place = pc.index_in(ids, value_set=plain(known["customer_id"]))
            was_there = place.is_valid().to_numpy(zero_copy_only=False)
            numbers[was_there] = known["number"].to_numpy()[place.drop_null().to_numpy()]
        new = np.flatnonzero(numbers < 0)
        numbers[new] = np.arange(self.count, self.count + len(new))
        self.count += len(new)
        self._given.set_result((ids, pa.array(numbers)))
        return customers.append_column("number", pa.array(numbers))

    def fail(self, error: BaseException) -> None:
        """Let whoever waits know that there will be none."""
        if not self._given.done():
            self._given.set_exception(error)

    def of(self, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
        """Return the number of each id, null for nobody's."""
        import pyarrow.compute as pc

        known, numbers = self._given.result()
        return numbers.take(pc.index_in(plain(ids), value_set=known))


def plain(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return identifiers as their bytes, which Arrow can compare."""
    import pyarrow as pa

    if isinstance(ids, pa.ExtensionArray):
        return ids.storage
    parts = [chunk.storage for chunk in ids.chunks]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.binary(16))
