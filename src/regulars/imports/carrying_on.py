"""Do an import's work, batch by batch, from wherever it stands.

A batch, its counts and the place that they lead to are one transaction: whatever is killed, what was committed is
known, and the rest is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from uuid import UUID

import structlog
from django.db import DataError, transaction

from regulars.imports import ending
from regulars.imports.contracts import ImportKind, ImportState, Item, Refusal
from regulars.imports.kept import json_of_recognised
from regulars.imports.kinds import kind_of
from regulars.imports.kinds.protocol import Became, Outcome, Reading
from regulars.imports.models import Import as ImportRow
from regulars.imports.models import Refusal as RefusalRow
from regulars.imports.reading import FileNotImportable, opened
from regulars.kit.i18n import activate, gettext
from regulars.stream.contracts import Actor
from regulars.stream.long_work import MOST_STARTS, Clock, alone_with, counts_as_start, never
from regulars.stream.services import make_room

BATCH_ITEMS = 500
# How much smaller the first batch is after each start that did not get on: even where something is killed every few
# seconds, some of it gets done.
_SMALLER_BY = 5
_REFUSALS_AT_ONCE = 5_000

log = structlog.get_logger(__name__)


def carry_on(import_id: UUID, *, clock: Clock, should_stop: Callable[[], bool] = never) -> bool:
    """Do what is left of an import that is under way; tell whether all was done that there was to do.

    It is False where somebody else is at it, or `should_stop` said so between two batches.
    """
    with alone_with(import_id) as is_mine:
        return is_mine and _work(import_id, clock, should_stop)


def _work(import_id: UUID, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    row = _take_up(import_id, clock)
    if row is None:
        return True
    activate(row.language)
    try:
        with opened(row, row.settled or {}) as reading:
            if not _begin(row, reading):
                return True
            make_room(reading.moments())
            return _do_batches(row, reading, clock, should_stop)
    except FileNotImportable as error:
        _give_up(row, error.code, error.message, clock)
        return True


@transaction.atomic
def _take_up(import_id: UUID, clock: Clock) -> ImportRow | None:
    """Return an import that is under way; None for one that is not, or is given up."""
    row = _under_way(import_id)
    if row is None:
        return None
    if not counts_as_start(import_id):
        return row
    row.starts += 1
    if row.starts > MOST_STARTS:
        sentence = gettext("The work was interrupted {count} times without getting on; the file may be too much here.")
        ending.fail(row, "interrupted", sentence.format(count=MOST_STARTS), now=clock())
        return None
    row.save(update_fields=["starts"])
    return row


def _under_way(import_id: UUID) -> ImportRow | None:
    states = [ImportState.CHECKING.value, ImportState.RUNNING.value]
    return ImportRow.objects.select_for_update(no_key=True).filter(id=import_id, state__in=states).first()


def _same_run(row: ImportRow) -> ImportRow | None:
    """Return the row, locked, where it still is as this process left it; None where the run was cancelled."""
    found = _under_way(row.id)
    is_mine = found and (found.state, found.through_row, found.started_at) == (
        row.state,
        row.through_row,
        row.started_at,
    )
    return found if is_mine else None


@transaction.atomic
def _begin(row: ImportRow, reading: Reading) -> bool:
    """Keep what reading found, unless an earlier start has; tell whether the import is still under way."""
    found = _same_run(row)
    if found is None:
        return False
    if found.rows_total is None:
        found.refused = _keep_refusals(row.id, reading.iter_refused())
        found.rows_total, found.rows_done = reading.rows, found.refused
        found.recognised = json_of_recognised(reading.recognised)
        found.save()
    return True


def _do_batches(row: ImportRow, reading: Reading, clock: Clock, should_stop: Callable[[], bool]) -> bool:
    items = reading.iter_items(after=row.through_row)
    while batch := list(islice(items, _batch_items(row))):
        done = _do_batch(row, batch, clock)
        if done is None:
            return True
        row = done
        if should_stop():
            return False
    _finish(row, clock)
    return True


def _batch_items(row: ImportRow) -> int:
    """Return how many items the next batch has."""
    return max(1, BATCH_ITEMS // int(_SMALLER_BY ** max(0, row.starts - 1)))


@transaction.atomic
def _do_batch(row: ImportRow, items: Sequence[Item], clock: Clock) -> ImportRow | None:
    """Put a batch and move on, in one transaction; return the row as it then is, None where the run was cancelled."""
    found = _same_run(row)
    if found is None:
        return None
    is_dry = found.state == ImportState.CHECKING
    meant = [item for item in items if item.state is not None]
    outcomes = _put(found, meant, clock, is_dry=is_dry)
    refusals = [refusal for item in items for refusal in item.refused]
    for item, outcome in zip(meant, outcomes, strict=True):
        if outcome.became is Became.REFUSED:
            already = {refusal.row for refusal in item.refused}
            refusals += [
                Refusal(row=number, code=outcome.code, message=outcome.message)
                for number in item.rows
                if number not in already
            ]
    became = [outcome.became for outcome in outcomes]
    found.imported += became.count(Became.IMPORTED)
    found.updated += became.count(Became.UPDATED)
    found.unchanged += became.count(Became.UNCHANGED)
    found.refused += _keep_refusals(row.id, iter(refusals))
    found.rows_done += sum(len(item.rows) for item in items)
    found.through_row = items[-1].place
    found.starts = 0
    found.save()
    return found


def _put(row: ImportRow, items: Sequence[Item], clock: Clock, *, is_dry: bool) -> list[Outcome]:
    """Put the items; those that the database cannot hold are refused one by one. A dry run takes all back."""
    if not items:
        return []
    kind, actor = kind_of(ImportKind(row.kind)), Actor.parse(row.started_by)
    try:
        with transaction.atomic():
            outcomes = kind.put(items, source=row.source, now=clock(), actor=actor)
            transaction.set_rollback(is_dry)
            return outcomes
    except DataError:
        if len(items) > 1:
            return [outcome for item in items for outcome in _put(row, [item], clock, is_dry=is_dry)]
        log.warning("import_item_not_storable", import_id=str(row.id), row=items[0].place)
        message = gettext("A value is one that cannot be kept: too long, too large, or not text.")
        return [Outcome(became=Became.REFUSED, code="not_storable", message=message)]


def _keep_refusals(import_id: UUID, refusals: Iterator[Refusal]) -> int:
    """Keep which rows are refused, and why; return how many."""
    kept = 0
    while some := list(islice(refusals, _REFUSALS_AT_ONCE)):
        RefusalRow.objects.bulk_create(
            RefusalRow(of_import_id=import_id, row=each.row, code=each.code, message=each.message) for each in some
        )
        kept += len(some)
    return kept


@transaction.atomic
def _finish(row: ImportRow, clock: Clock) -> None:
    found = _same_run(row)
    if found is not None:
        ending.finish(found, now=clock())


@transaction.atomic
def _give_up(row: ImportRow, code: str, message: str, clock: Clock) -> None:
    found = _under_way(row.id)
    if found is not None:
        ending.fail(found, code, message, now=clock())
