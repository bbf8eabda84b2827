"""Let a run's scores take the place of what was known: all of them in the caller's transaction, or none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection
from psycopg import sql

from regulars.insights.models import StagedScore
from regulars.insights.moving import RFM_MOVED_BY, Rule, fold_customers
from regulars.insights.staged import STAGED
from regulars.insights.statements import rows_of

_BYTES_AT_ONCE = 1 << 20
_CUSTOMERS_AT_ONCE = 1_000


def stage(scores: Path) -> None:
    """Write what a run has found beside what is known: the rows of a file of the columns `STAGED`."""
    rows_of("clear_staged")
    copying = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(StagedScore._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, STAGED))
    )
    with scores.open("rb") as file, connection.cursor() as cursor, cursor.copy(copying) as copy:
        while part := file.read(_BYTES_AT_ONCE):
            copy.write(part)


def put_in_place(rule: Rule, *, moved_since: Collection[UUID], seen_until: int, now: datetime) -> None:
    """Let what is staged take the place of what was known, with what has happened since the run's last day.

    `moved_since` are the customers with an order or return after that day, `seen_until` the place in the stream up to
    which the run's snapshot had seen all.
    """
    rows_of("lock_scores")
    told = rows_of("touched_since", {"since": seen_until, "types": sorted(RFM_MOVED_BY)})
    customers = sorted({*moved_since, *(customer for (customer,) in told)})
    for start in range(0, len(customers), _CUSTOMERS_AT_ONCE):
        _restage(customers[start : start + _CUSTOMERS_AT_ONCE], rule, now)
    rows_of("keep_run_changes", {"run_id": rule.run_id, "today": rule.today})
    rows_of("merge_scores")
    rows_of("drop_unstaged")
    rows_of("clear_staged")


def _restage(customers: Collection[UUID], rule: Rule, now: datetime) -> None:
    """Let what is staged of some customers be as it is now, so that a run does not take today's orders back."""
    moves = fold_customers(customers, rule)
    if moves.gone:
        rows_of("unstage", {"customer_ids": moves.gone})
    if moves.customer_ids:
        rows_of("stage_rfm", {"run_id": rule.run_id, "today": rule.today, "now": now} | moves.columns())
