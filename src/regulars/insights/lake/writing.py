"""Bring the lake up to date: write anew the months in which an order has changed, and keep the others.

What has changed is told by the stream. An order that has moved to another month has both written anew: the one it is in
now is asked of PostgreSQL, the one it was in of the lake itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.business.queries import get_business
from regulars.insights.lake import place
from regulars.insights.lake.alone import alone_in_lake
from regulars.insights.lake.place import FORM, MONTHLY, LastEvent, Manifest, Snapshot
from regulars.insights.lake.source import Source, opened
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.kit.progress import Progress, part_of, silent

if TYPE_CHECKING:
    import pyarrow as pa

# Months (UTC), as their first day.
Months = Collection[datetime]
# A part of what is to be written, which reads from a source.
Part = Callable[[Source], None]
# Is given the snapshot before, and the files of its orders that are in the new one too.
Kept = Callable[[Snapshot, Sequence[Path]], None]
# Beyond so many open files Arrow would begin a second one for a month; 0, which should mean any number, crashes it.
_MOST_MONTHS = 12_000
_WHOLE = ("aliases", "customers", "products")
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)
# Files stay readable for whoever has little memory, and small enough to be read side by side.
_ROWS_PER_GROUP = 262_144


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
        months = None if before is None else _changed_months(source, before)
        if before is not None and months is not None:
            kept(before, _keep_the_others(before, folder, months))
        progress(gettext("Reading orders, customers and products"), 0.1)
        parts = _parts_of_months(source, folder, months) + [partial(_write_whole, folder, name) for name in _WHOLE]
        _do_by_two(parts, source, other, part_of(progress, 0.1, 1.0))
        return place.settle(folder, _manifest(stands, months, now))


def _do_by_two(parts: Sequence[Part], source: Source, other: Source, progress: Progress) -> None:
    """Do parts of the work, two at a time: a server reads for each connection by one process."""
    waiting = deque(parts)

    def work(by: Source, tell: Progress) -> None:
        # Both take from the left, where what takes longest stands.
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


def _manifest(stands: dict[str, Any], months: Months | None, now: datetime) -> Manifest:
    last = {name: stands[name] for name in ("transaction", "position", "id")}
    return Manifest(
        form=FORM,
        made_at=now.isoformat(),
        seen_until=stands["seen_until"],
        last_event=LastEvent(**last) if last["id"] else None,
        rewritten=None if months is None else tuple(sorted(map(_name, months))),
    )


def _changed_months(source: Source, before: Snapshot) -> Months | None:
    """Return the months to be written anew; None for all, where the snapshot is of another database or time."""
    if not _is_known(source, before):
        return None
    since = before.manifest.seen_until
    now_in = {month.astimezone(UTC) for month in source.table("months_of_changed", since=since)["month"].to_pylist()}
    changed = source.table("changed_orders", since=since)
    known = changed.filter(changed["is_new"].to_numpy(zero_copy_only=False) == 0)
    return now_in | _months_holding(before, known["order_id"], now_in)


def _months_holding(snapshot: Snapshot, orders: pa.ChunkedArray, already: Months) -> set[datetime]:
    """Return the months of a snapshot that hold some of these orders, but for those that are known already."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = _plain(orders)
    found = set()
    for file in snapshot.files("orders") if len(wanted) else []:
        month = _month(file)
        if (
            month not in already
            and pc.any(
                pc.is_in(_plain(pq.read_table(file, columns=["order_id"])["order_id"]), value_set=wanted)
            ).as_py()
        ):
            found.add(month)
    return found


def _plain(ids: pa.ChunkedArray) -> pa.Array:
    """Return identifiers as their bytes, which Arrow can compare."""
    import pyarrow as pa

    parts = [chunk.storage for chunk in ids.chunks]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.binary(16))


def _spans(months: Months | None) -> list[tuple[datetime, datetime]]:
    """Return the times to be read, months that follow each other as one."""
    if months is None:
        return [(_BEGINNING, _END)]
    spans: list[tuple[datetime, datetime]] = []
    for month in sorted(months):
        if spans and spans[-1][1] == month:
            spans[-1] = (spans[-1][0], _next(month))
        else:
            spans.append((month, _next(month)))
    return spans


def _parts_of_months(source: Source, folder: Path, months: Months | None) -> list[Part]:
    """Return what writes the orders of some months, their lines and what came back, into one file for each month."""
    business = get_business()
    currencies = [*source.table("currencies")["currency"].to_pylist(), business.reporting_currency]
    digits = minor_digits(business.reporting_currency)
    told = {
        "reporting": business.reporting_currency,
        "currencies": currencies,
        "digits": [digits - minor_digits(currency) for currency in currencies],
    }
    parameters: dict[str, dict[str, Any]] = {"lines": told, "orders": {}, "returned": told}
    return [
        partial(_write_by_month, folder / kind / f"parts-{number}", kind, since=since, until=until, **parameters[kind])
        for kind in parameters
        for number, (since, until) in enumerate(_spans(months))
    ]


def _write_by_month(parts: Path, kind: str, source: Source, **parameters: Any) -> None:
    """Write what a statement gives into one file for each month of `placed_at`, beside the folder of its `parts`."""
    import pyarrow as pa
    from pyarrow import dataset

    with source.reader(kind, **parameters) as reader:
        dataset.write_dataset(
            _with_month(reader, keep_moment=kind == "orders"),
            parts,
            format="parquet",
            file_options=dataset.ParquetFileFormat().make_write_options(compression="zstd", compression_level=1),
            partitioning=dataset.partitioning(pa.schema([("month", pa.int32())])),
            max_rows_per_group=_ROWS_PER_GROUP,
            min_rows_per_group=_ROWS_PER_GROUP // 8,
            max_open_files=_MOST_MONTHS,
            existing_data_behavior="error",
        )
    for file in parts.glob("*/*.parquet"):
        number = file.parent.name
        file.rename(parts.parent / f"{number[:-2]:0>4}-{number[-2:]}.parquet")
        file.parent.rmdir()
    if parts.exists():
        parts.rmdir()


def _with_month(reader: pa.RecordBatchReader, *, keep_moment: bool) -> pa.RecordBatchReader:
    """Add the month of `placed_at` as a number, as 202611."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = [field for field in reader.schema if keep_moment or field.name != "placed_at"]
    schema = pa.schema([field.remove_metadata() for field in kept] + [pa.field("month", pa.int32())])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            moment = batch["placed_at"].cast(pa.timestamp("us"))
            month = pc.add(pc.multiply(pc.year(moment), 100), pc.month(moment)).cast(pa.int32())
            yield pa.record_batch([*(batch[field.name] for field in kept), month], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _keep_the_others(before: Snapshot, folder: Path, months: Months) -> list[Path]:
    """Have the files of all other months in the new snapshot too; return those with orders, where they were."""
    kept = {kind: [file for file in before.files(kind) if _month(file) not in months] for kind in MONTHLY}
    for files in kept.values():
        for file in files:
            place.keep(file, folder)
    return kept["orders"]


def _write_whole(folder: Path, name: str, source: Source) -> None:
    import pyarrow.parquet as pq

    with (
        source.reader(name) as reader,
        pq.ParquetWriter(
            folder / f"{name}.parquet", reader.schema.remove_metadata(), compression="zstd", compression_level=1
        ) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)


def _name(month: datetime) -> str:
    return f"{month.year:04}-{month.month:02}"


def _month(file: Path) -> datetime:
    year, month = file.stem.split("-")
    return datetime(int(year), int(month), 1, tzinfo=UTC)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
