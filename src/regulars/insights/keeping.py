"""Let a run's scores take the place of what was known: all of them in the caller's transaction, or none.

They are written to a table beside the one that is read, which gets its indexes and statistics when it is full. Then the
two change their names. That takes a third of what writing a million rows over takes, and nothing is left to clean up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError, connection, transaction
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from regulars.insights.models import StagedScore
from regulars.insights.moving import RFM_MOVED_BY, Rule, fold_customers
from regulars.insights.staged import STAGED
from regulars.insights.statements import rows_of
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress

_CUSTOMERS_AT_ONCE = 1_000
# So often one looks whether whoever holds up the scores has ended.
_LOOK_EVERY_SECONDS = 1.0


def waiting(progress: Progress, done: float) -> Callable[[], None]:
    """Return what waits a moment for who reads scores, and says so; `done` is how far the run has come."""

    def wait() -> None:
        progress(gettext("Waiting for a backup, or whoever else reads the scores"), done)
        time.sleep(_LOOK_EVERY_SECONDS)

    return wait


def stage(rows: Iterable[bytes], *, run_id: UUID, now: datetime, wait: Callable[[], None]) -> None:
    """Write what a run has found beside what is known, with its indexes: `STAGED` in COPY's text form with commas.

    It is kept at once, so that nothing is held for long that a backup waits for. `wait` is called as often as somebody
    holds up the beginning.
    """
    # The table is emptied in the same transaction, so that rows may be frozen: they need no second visit.
    copying = sql.SQL("COPY {} ({}) FROM STDIN (DELIMITER ',', NULL '', FREEZE)").format(
        sql.Identifier(StagedScore._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, STAGED))
    )
    with transaction.atomic():
        while not _had_the_locks("begin_staged", {"run_id": run_id, "scored_at": now}):
            wait()
        with (
            connection.cursor() as cursor,
            # The next rows are made while the server takes those before.
            cursor.copy(copying, writer=QueuedLibpqWriter(cursor.cursor)) as copy,
        ):
            for part in rows:
                copy.write(part)
        rows_of("finish_staged")


def put_in_place(rule: Rule, *, seen_until: int, now: datetime, wait: Callable[[], None]) -> None:
    """Let what is staged, with what has happened since, take the place of what was known, in the caller's transaction.

    The run's snapshot had seen all up to the place `seen_until` in the stream. `wait` is called as often as somebody
    reads scores for so long, as a backup does, that they cannot take their place yet.
    """
    rows_of("lock_scores")
    told = rows_of("touched_since", {"since": seen_until, "types": sorted(RFM_MOVED_BY)})
    customers = sorted(customer for (customer,) in told)
    for start in range(0, len(customers), _CUSTOMERS_AT_ONCE):
        _restage(customers[start : start + _CUSTOMERS_AT_ONCE], rule, now)
    if nobody := [customer for (customer,) in rows_of("staged_of_nobody")]:
        rows_of("unstage", {"customer_ids": nobody})
    rows_of("keep_run_changes", {"run_id": rule.run_id, "today": rule.today})
    while not _had_the_locks("swap_scores"):
        wait()


def drop_staged() -> None:
    """Keep nothing of what a run staged that is given up; where somebody reads it just now, the next run drops it."""
    _had_the_locks("clear_staged")


def _had_the_locks(statement: str, told: Mapping[str, Any] | None = None) -> bool:
    """Run a statement that keeps everybody out of a table; False where somebody reads it: none is to wait for us."""
    try:
        with transaction.atomic():
            rows_of(statement, told)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            return False
        raise
    return True


def _restage(customers: Collection[UUID], rule: Rule, now: datetime) -> None:
    """Let what is staged of some customers be as it is now, so that a run does not take today's orders back."""
    moves = fold_customers(customers, rule)
    if moves.gone:
        rows_of("unstage", {"customer_ids": moves.gone})
    if moves.customer_ids:
        rows_of("stage_rfm", {"run_id": rule.run_id, "today": rule.today, "now": now} | moves.columns())
