"""Write the orders of some months, their lines and what came back of them, into one file for each month.

Few orders that have changed are read alone, and take their place among the others of their months, which the snapshot
before holds; where they are many, their months are read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from regulars.business.queries import get_business
from regulars.insights.lake import place
from regulars.insights.lake.numbers import Numbers, plain
from regulars.insights.lake.place import MONTHLY, Snapshot
from regulars.insights.lake.source import Source
from regulars.kit.money import minor_digits

if TYPE_CHECKING:
    import pyarrow as pa

# Months (UTC), as their first day.
Months = Collection[datetime]
# A part of what is to be written, which reads from a source.
Part = Callable[[Source], None]
# Beyond so many orders, whole months are sooner read than each of them is found.
MOST_MERGED = 50_000
# Beyond so many open files Arrow would begin a second one for a month; 0, which should mean any number, crashes it.
_MOST_MONTHS = 12_000
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)
# Files stay readable for whoever has little memory, and small enough to be read side by side.
_ROWS_PER_GROUP = 262_144
# Whose they are is looked up for many rows at once.
_ROWS_NUMBERED = 1_000_000
COMPRESSION: dict[str, Any] = {"compression": "zstd", "compression_level": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed since the snapshot `before`: some orders, and the months that hold them now or did so then."""

    before: Snapshot
    months: Months
    orders: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of files of which there is one for each month: where they are to lie, and what its statement is asked."""

    name: str
    folder: Path
    asked: dict[str, Any]
    numbers: Numbers

    @contextmanager
    def read(
        self, source: Source, span: tuple[datetime, datetime], *, ids: Sequence[UUID] | None = None
    ) -> Iterator[pa.RecordBatchReader]:
        """Yield what was bought between two moments, or only some orders of that, with the `month`, as 202611."""
        since, until = span
        with source.reader(self.name, since=since, until=until, ids=ids, **self.asked) as reader:
            yield self._as_kept(reader)

    def _as_kept(self, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """Add the month of `placed_at`, and to orders the number of whose they are."""
        import pyarrow as pa
        import pyarrow.compute as pc

        is_order = self.name == "orders"
        kept = [field.remove_metadata() for field in reader.schema if is_order or field.name != "placed_at"]
        added = [pa.field("customer_number", pa.int32())] if is_order else []
        schema = pa.schema([*kept, *added, pa.field("month", pa.int32())])

        def batches() -> Iterator[pa.RecordBatch]:
            for table in _together(reader) if is_order else (pa.Table.from_batches([batch]) for batch in reader):
                whose = [self.numbers.of(table["customer_id"])] if is_order else []
                moment = table["placed_at"].cast(pa.timestamp("us"))
                month = pc.add(pc.multiply(pc.year(moment), 100), pc.month(moment)).cast(pa.int32())
                columns = [*(table[field.name] for field in kept), *whose, month]
                yield from pa.table(columns, schema=schema).to_batches()

        return pa.RecordBatchReader.from_batches(schema, batches())


def changes_since(source: Source, before: Snapshot) -> Changes:
    """Return what has changed since a snapshot of the same database."""
    since = before.manifest.seen_until
    now_in = {month.astimezone(UTC) for month in source.table("months_of_changed", since=since)["month"].to_pylist()}
    changed = source.table("changed_orders", since=since)
    known = changed.filter(changed["is_new"].to_numpy(zero_copy_only=False) == 0)
    months = now_in | _months_holding(before, plain(known["order_id"]), now_in)
    return Changes(before=before, months=months, orders=plain(changed["order_id"]))


def _months_holding(snapshot: Snapshot, wanted: pa.Array, already: Months) -> set[datetime]:
    """Return the months of a snapshot that hold some of these orders, but for those that are known already."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = set()
    for file in snapshot.files("orders") if len(wanted) else []:
        month = _month(file)
        if (
            month not in already
            and pc.any(pc.is_in(plain(pq.read_table(file, columns=["order_id"])["order_id"]), value_set=wanted)).as_py()
        ):
            found.add(month)
    return found


def keep_the_others(changes: Changes, folder: Path) -> list[Path]:
    """Have the files of all other months in the new snapshot too; return those with orders, where they were."""
    before, months = changes.before, changes.months
    kept = {kind: [file for file in before.files(kind) if _month(file) not in months] for kind in MONTHLY}
    for files in kept.values():
        for file in files:
            place.keep(file, folder)
    return kept["orders"]


def parts_of_months(source: Source, folder: Path, changes: Changes | None, numbers: Numbers) -> list[Part]:
    """Return what writes the months in which something has changed, or all where `changes` is None; longest first.

    Orders wait for the numbers of their customers.
    """
    business = get_business()
    currencies = [*source.table("currencies")["currency"].to_pylist(), business.reporting_currency]
    digits = minor_digits(business.reporting_currency)
    told = {
        "reporting": business.reporting_currency,
        "currencies": currencies,
        "digits": [digits - minor_digits(currency) for currency in currencies],
    }
    asked: dict[str, dict[str, Any]] = {"lines": told, "orders": {}, "returned": told}
    kinds = [Kind(name=name, folder=folder / name, asked=asked[name], numbers=numbers) for name in asked]
    if changes is not None and len(changes.orders) <= MOST_MERGED:
        return [partial(_merge, changes, kind) for kind in kinds] if changes.months else []
    spans = _spans(None if changes is None else changes.months)
    return [
        partial(_write_by_month, kind, kind.folder / f"parts-{number}", span)
        for kind in kinds
        for number, span in enumerate(spans)
    ]


def _merge(changes: Changes, kind: Kind, source: Source) -> None:
    """Write the changed months: the rows of the snapshot before, those of the changed orders as they are now."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    ids = [UUID(bytes=each) for each in changes.orders.to_pylist()]
    with kind.read(source, (_BEGINNING, _END), ids=ids) as reader:
        changed = reader.read_all()
    for month in changes.months:
        rows = changed.filter(pc.equal(changed["month"], _number(month))).drop_columns("month")
        name = f"{name_of(month)}.parquet"
        file = changes.before.folder / kind.name / name
        if file.exists():
            held = pq.read_table(file)
            stayed = held.filter(pc.invert(pc.is_in(plain(held["order_id"]), value_set=changes.orders)))
            rows = pa.concat_tables([stayed, rows])
        if len(rows):
            pq.write_table(rows, kind.folder / name, row_group_size=_ROWS_PER_GROUP, **COMPRESSION)


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


def _write_by_month(kind: Kind, parts: Path, span: tuple[datetime, datetime], source: Source) -> None:
    """Write what was bought in a span of time into one file for each month of `placed_at`, by a folder of `parts`."""
    import pyarrow as pa
    from pyarrow import dataset

    with kind.read(source, span) as reader:
        dataset.write_dataset(
            reader,
            parts,
            format="parquet",
            file_options=dataset.ParquetFileFormat().make_write_options(**COMPRESSION),
            partitioning=dataset.partitioning(pa.schema([("month", pa.int32())])),
            max_rows_per_group=_ROWS_PER_GROUP,
            min_rows_per_group=_ROWS_PER_GROUP // 8,
            max_open_files=_MOST_MONTHS,
            existing_data_behavior="error",
        )
    for file in parts.glob("*/*.parquet"):
        number = file.parent.name
        file.rename(kind.folder / f"{number[:-2]:0>4}-{number[-2:]}.parquet")
        file.parent.rmdir()
    if parts.exists():
        parts.rmdir()


def _together(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield what comes batch by batch as tables of many rows."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        if sum(map(len, held)) >= _ROWS_NUMBERED:
            yield pa.Table.from_batches(held)
            held.clear()
    if held:
        yield pa.Table.from_batches(held)


def _number(month: datetime) -> int:
    return month.year * 100 + month.month


def name_of(month: datetime) -> str:
    """Return a month as in the names of its files, as `2026-11`."""
    return f"{month.year:04}-{month.month:02}"


def _month(file: Path) -> datetime:
    year, month = file.stem.split("-")
    return datetime(int(year), int(month), 1, tzinfo=UTC)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
