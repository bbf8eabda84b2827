"""Bring the lake up to date: write anew the months in which an order has changed, and keep the others.

What has changed is told by the stream. An order that has moved to another month has both written anew: the one it is in
now is asked of PostgreSQL, the one it was in of the lake itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from regulars.insights.lake import place
from regulars.insights.lake.alone import alone_in_lake
from regulars.insights.lake.months import (
    COMPRESSION,
    Changes,
    Part,
    changes_since,
    keep_the_others,
    name_of,
    parts_of_months,
)
from regulars.insights.lake.numbers import Numbers
from regulars.insights.lake.place import FORM, LastEvent, Manifest, Snapshot
from regulars.insights.lake.source import Source, opened
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, part_of, silent

# Is given the snapshot before, and the files of its orders that are in the new one too.
Kept = Callable[[Snapshot, Sequence[Path]], None]
_WHOLE = ("aliases", "products")


def write_snapshot(*, now: datetime, kept: Kept | None = None, progress: Progress = silent) -> Snapshot:
    """Write a snapshot of this moment, which then holds; what has not changed since the one before is not read.

    One at a time: a second one waits. `kept` is told of the orders' files that stay as they are, before others are
    written.
    """
    with alone_in_lake(progress):
        return _write(now, kept or _nobody, progress)


def current_snapshot(*, now: datetime, progress: Progress = silent) -> Snapshot:
    """Return the snapshot that holds, where nothing has happened to orders and customers since; else write one."""
    found = place.find_snapshot()
    if found is not None:
        with opened() as source:
            if not _has_moved_on(source, found):
                return found
    return write_snapshot(now=now, progress=progress)


def _has_moved_on(source: Source, snapshot: Snapshot) -> bool:
    """Tell whether the stream knows of more than a snapshot does, or is another one than it was."""
    return not _is_known(source, snapshot) or bool(source.row("moved_on", since=snapshot.manifest.seen_until)["found"])


def _is_known(source: Source, snapshot: Snapshot) -> bool:
    """Tell whether the last event that a snapshot saw is there; it is not after a restore, and then all has changed."""
    last = snapshot.manifest.last_event
    if last is None:
        return False
    return bool(source.row("knows_event", transaction=last.transaction, position=last.position, id=last.id)["found"])


def _write(now: datetime, kept: Kept, progress: Progress) -> Snapshot:
    before = place.find_snapshot()
    with opened() as source, place.draft() as folder, opened(as_shown=source.shown()) as other:
        progress(gettext("Looking for what has changed"), 0.0)
        stands = source.row("state")
        changes = None if before is None or not _is_known(source, before) else changes_since(source, before)
        if changes is not None:
            kept(changes.before, keep_the_others(changes, folder))
        progress(gettext("Reading orders, customers and products"), 0.1)
        numbers = Numbers(None if changes is None else changes.before)
        parts: list[Part] = [
            partial(_write_customers, folder, numbers),
            *parts_of_months(source, folder, changes, numbers),
            *(partial(_write_whole, folder, name) for name in _WHOLE),
        ]
        _do_by_two(parts, source, other, part_of(progress, 0.1, 1.0))
        return place.settle(folder, _manifest(stands, changes, numbers, now))


def _do_by_two(parts: Sequence[Part], source: Source, other: Source, progress: Progress) -> None:
    """Do parts of the work, two at a time: a server reads for each connection by one process."""
    waiting = deque(parts)

    def work(by: Source, tell: Progress) -> None:
        # Both take from the left, where what others wait for stands, and then what takes longest.
        while (part := _next_of(waiting)) is not None:
            part(by)
            tell(gettext("Reading orders, customers and products"), 1 - len(waiting) / len(parts))

    with ThreadPoolExecutor(max_workers=1) as pool:
        beside = pool.submit(work, other, silent)
        try:
            work(source, progress)
        finally:
            waiting.clear()
        beside.result()


def _next_of(waiting: deque[Part]) -> Part | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _nobody(before: Snapshot, files: Sequence[Path]) -> None:
    """Tell nobody which files stay as they are."""


def _manifest(stands: dict[str, Any], changes: Changes | None, numbers: Numbers, now: datetime) -> Manifest:
    last = {name: stands[name] for name in ("transaction", "position", "id")}
    return Manifest(
        form=FORM,
        made_at=now.isoformat(),
        seen_until=stands["seen_until"],
        last_event=LastEvent(**last) if last["id"] else None,
        rewritten=None if changes is None else tuple(sorted(map(name_of, changes.months))),
        numbers=numbers.count,
    )


def _write_customers(folder: Path, numbers: Numbers, source: Source) -> None:
    import pyarrow.parquet as pq

    try:
        customers = numbers.give(source.table("customers").replace_schema_metadata())
    except BaseException as error:
        numbers.fail(error)
        raise
    pq.write_table(customers, folder / "customers.parquet", **COMPRESSION)


def _write_whole(folder: Path, name: str, source: Source) -> None:
    import pyarrow.parquet as pq

    with (
        source.reader(name) as reader,
        pq.ParquetWriter(folder / f"{name}.parquet", reader.schema.remove_metadata(), **COMPRESSION) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
