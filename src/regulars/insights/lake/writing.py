"""Bring the lake up to date: write anew the months in which an order has changed, and keep the others.

What has changed is told by the stream. An order that has moved to another month has both written anew: the one it is in
now is asked of PostgreSQL, the one it was in of the lake itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.business.queries import get_business
from regulars.insights.lake import place
from regulars.insights.lake.alone import alone_in_lake
from regulars.insights.lake.place import FORM, MONTHLY, LastEvent, Manifest, Snapshot
from regulars.insights.lake.source import Source, opened
from regulars.kit.i18n import gettext
from regulars.kit.money import minor_digits
from regulars.kit.progress import Progress, silent

if TYPE_CHECKING:
    import pyarrow as pa

# Months (UTC), as their first day.
Months = Collection[datetime]
# Beyond so many open files Arrow would begin a second one for a month; 0, which should mean any number, crashes it.
_MOST_MONTHS = 12_000
_WHOLE = ("aliases", "customers", "products")
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)
# Files stay readable for whoever has little memory, and small enough to be read side by side.
_ROWS_PER_GROUP = 262_144


def write_snapshot(*, now: datetime, progress: Progress = silent) -> Snapshot:
    """Write a snapshot of this moment, which then holds; what has not changed since the one before is not read.

    One at a time: a second one waits.
    """
    with alone_in_lake(progress):
        return _write(now, progress)


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


def _write(now: datetime, progress: Progress) -> Snapshot:
    before = place.find_snapshot()
    with opened() as source, place.draft() as folder:
        progress(gettext("Looking for what has changed"), 0.0)
        stands = source.row("state")
        months = None if before is None else _changed_months(source, before)
        for part, (since, until) in _parts(months):
            progress(gettext("Reading the orders"), 0.1 + 0.7 * part)
            _write_months(source, folder, since, until)
        if before is not None and months is not None:
            _keep_the_others(before, folder, months)
        progress(gettext("Reading customers and products"), 0.8)
        for name in _WHOLE:
            _write_whole(source, folder, name)
        progress(gettext("Reading customers and products"), 1.0)
        return place.settle(folder, _manifest(stands, months, now))


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


def _parts(months: Months | None) -> Iterator[tuple[float, tuple[datetime, datetime]]]:
    """Yield the times to be read, months that follow each other as one, each with the share that lies behind."""
    if months is None:
        yield 0.0, (_BEGINNING, _END)
        return
    spans: list[tuple[datetime, datetime]] = []
    for month in sorted(months):
        if spans and spans[-1][1] == month:
            spans[-1] = (spans[-1][0], _next(month))
        else:
            spans.append((month, _next(month)))
    for number, span in enumerate(spans):
        yield number / len(spans), span


def _write_months(source: Source, folder: Path, since: datetime, until: datetime) -> None:
    """Write the orders of a time, their lines and what came back of them, into one file for each month."""
    business = get_business()
    currencies = [*source.table("currencies")["currency"].to_pylist(), business.reporting_currency]
    digits = minor_digits(business.reporting_currency)
    told = {
        "reporting": business.reporting_currency,
        "currencies": currencies,
        "digits": [digits - minor_digits(currency) for currency in currencies],
    }
    with source.reader("orders", since=since, until=until) as reader:
        _write_by_month(reader, folder / "orders", keep_moment=True)
    for kind in ("lines", "returned"):
        with source.reader(kind, since=since, until=until, **told) as reader:
            _write_by_month(reader, folder / kind, keep_moment=False)


def _write_by_month(reader: pa.RecordBatchReader, folder: Path, *, keep_moment: bool) -> None:
    """Write rows into one file for each month of `placed_at`."""
    import pyarrow as pa
    from pyarrow import dataset

    rows = _with_month(reader, keep_moment=keep_moment)
    dataset.write_dataset(
        rows,
        folder / "parts",
        format="parquet",
        file_options=dataset.ParquetFileFormat().make_write_options(compression="zstd", compression_level=1),
        partitioning=dataset.partitioning(pa.schema([("month", pa.int32())])),
        max_rows_per_group=_ROWS_PER_GROUP,
        min_rows_per_group=_ROWS_PER_GROUP // 8,
        max_open_files=_MOST_MONTHS,
        existing_data_behavior="error",
    )
    for file in (folder / "parts").glob("*/*.parquet"):
        number = file.parent.name
        file.rename(folder / f"{number[:-2]:0>4}-{number[-2:]}.parquet")
        file.parent.rmdir()
    if (folder / "parts").exists():
        (folder / "parts").rmdir()


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


def _keep_the_others(before: Snapshot, folder: Path, months: Months) -> None:
    for kind in MONTHLY:
        for file in before.files(kind):
            if _month(file) not in months:
                place.keep(file, folder)


def _write_whole(source: Source, folder: Path, name: str) -> None:
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
