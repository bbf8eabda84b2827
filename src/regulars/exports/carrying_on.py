"""Do an export's work, batch by batch, from wherever it stands.

What a batch adds to the file is on the disk before the transaction commits that counts it and moves the place: whatever
is killed, the next start cuts the file to what was counted, and writes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any
from uuid import UUID

import structlog
from django.db import transaction

from regulars.exports import ending
from regulars.exports.contracts import ExportFormat, ExportKind, ExportState
from regulars.exports.files import FileCutShort, opened_at, parts_of, path_of, remove_file, write_down
from regulars.exports.kinds import KINDS
from regulars.exports.kinds.protocol import Wanted
from regulars.exports.models import Export as ExportRow
from regulars.exports.writing import head_of, written
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.stream.long_work import MOST_STARTS, Clock, alone_with, counts_as_start, never

BATCH_ITEMS = 500

log = structlog.get_logger(__name__)


def carry_on(export_id: UUID, *, clock: Clock, should_stop: Callable[[], bool] = never) -> bool:
    """Do what is left of an export that is under way; tell whether all was done that there was to do.

    It is False where somebody else is at it, or `should_stop` said so between two batches.
    """
    with alone_with(export_id) as is_mine:
        return is_mine and _work(export_id, clock, should_stop)


def _work(export_id: UUID, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    row = _take_up(export_id, clock)
    if row is None:
        return True
    if row.items_total is None:
        total = KINDS[ExportKind(row.kind)].count(_wanted(row))
        ExportRow.objects.filter(id=row.id).update(items_total=total)
    try:
        is_apart = row.format == ExportFormat.PARQUET
        with opened_at(parts_of(row.id) if is_apart else path_of(row.id), row.size_bytes) as file:
            is_through = _do_batches(row, file, clock, should_stop)
        if is_apart and is_through:
            _put_together(row.id, clock)
        return is_through
    except FileCutShort:
        log.warning("export_begun_anew", export_id=str(export_id))
        _begin_anew(export_id)
        return _work(export_id, clock, should_stop)
    except DomainError as error:
        # A condition that cannot be meant any more, or takes too long: another start would find the same.
        log.warning("export_not_possible", export_id=str(export_id), code=error.code)
        _fail(export_id, error.code, error.message, clock)
        return True
    except OSError as error:
        log.warning("export_not_writable", export_id=str(export_id), error=type(error).__name__, errno=error.errno)
        message = gettext("The file cannot be written; is there room on the disk?")
        _fail(export_id, "file_not_writable", message, clock)
        return True


@transaction.atomic
def _take_up(export_id: UUID, clock: Clock) -> ExportRow | None:
    """Return an export that is under way; None for one that is not, or is given up."""
    row = _under_way(export_id)
    if row is None:
        return None
    if not counts_as_start(export_id):
        return row
    row.starts += 1
    if row.starts > MOST_STARTS:
        sentence = gettext("The work was interrupted {count} times without getting on; it may be too much here.")
        ending.fail(row, "interrupted", sentence.format(count=MOST_STARTS), now=clock())
        return None
    row.save(update_fields=["starts"])
    return row


def _under_way(export_id: UUID) -> ExportRow | None:
    return (
        ExportRow.objects.select_for_update(no_key=True).filter(id=export_id, state=ExportState.RUNNING.value).first()
    )


def _do_batches(row: ExportRow, file: IO[bytes], clock: Clock, should_stop: Callable[[], bool]) -> bool:
    while True:
        goes_on = _do_batch(row, file, clock)
        if not goes_on:
            return True
        if should_stop():
            return False


@transaction.atomic
def _do_batch(row: ExportRow, file: IO[bytes], clock: Clock) -> bool:
    """Write a batch and move on; tell whether there may be more. Nothing is done where the export was cancelled."""
    found = _under_way(row.id)
    if found is None:
        return False
    kind, form, wanted = KINDS[ExportKind(found.kind)], ExportFormat(found.format), _wanted(found)
    items = kind.read(wanted, found.place, limit=BATCH_ITEMS)
    head = head_of(kind, form, wanted) if found.place is None else b""
    batch = written(kind, form, items, wanted)
    found.size_bytes = write_down(file, head + batch.content)
    found.items_done += len(items)
    found.rows += batch.rows
    if items:
        found.starts = 0
        found.place = list(kind.place_of(items[-1]))
    goes_on = len(items) == BATCH_ITEMS
    if goes_on or form is ExportFormat.PARQUET:
        found.save()
    else:
        ending.finish(found, now=clock())
    return goes_on


def _put_together(export_id: UUID, clock: Clock) -> None:
    """Make one file of the parts, outside of any transaction; the parts stay until it is told of."""
    # What serves pages loads this module, and is not to load Arrow.
    from regulars.exports import parquet

    if not parts_of(export_id).exists():
        return
    size_bytes = parquet.put_together(parts_of(export_id), path_of(export_id))
    with transaction.atomic():
        found = _under_way(export_id)
        if found is not None:
            found.size_bytes = size_bytes
            ending.finish(found, now=clock())
    if found is None:
        remove_file(export_id)
    parts_of(export_id).unlink(missing_ok=True)


def _wanted(row: ExportRow) -> Wanted:
    return Wanted(source=row.source, since=row.since, settled=row.settled)


@transaction.atomic
def _begin_anew(export_id: UUID) -> None:
    changes: dict[str, Any] = {"place": None, "size_bytes": 0, "items_done": 0, "rows": 0}
    ExportRow.objects.filter(id=export_id, state=ExportState.RUNNING.value).update(**changes)


@transaction.atomic
def _fail(export_id: UUID, code: str, message: str, clock: Clock) -> None:
    found = _under_way(export_id)
    if found is not None:
        ending.fail(found, code, message, now=clock())
