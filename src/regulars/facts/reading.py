"""Ask the database by the login that only reads, for a bounded time, and so that whatever login it is cannot write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import OperationalError, connections, transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# Django's name of the login; a test that is one transaction reads within it.
ALIAS = "readonly"
_CANCELLED = "57014"
# Compiling takes longer than these questions do. What is read stands in memory or on a disk that does not turn.
_PLANS = {"jit": "off", "random_page_cost": "1.1", "work_mem": "64MB"}
Row = tuple[Any, ...]


class TookTooLong(DomainError):
    """A question was given up, since it took too long."""

    code = "took_too_long"


@contextmanager
def bounded(milliseconds: int) -> Iterator[None]:
    """Let each statement within take so long at most, and only read.

    Raises
    ------
    TookTooLong
        One took longer.
    """
    try:
        with transaction.atomic(using=ALIAS):
            # An installation may have one login for all, which may write.
            _set(transaction_read_only="on", statement_timeout=f"{milliseconds}ms", **_PLANS)
            yield
            # Nothing was written. What was set is set back, also where this is part of a larger transaction.
            transaction.set_rollback(True, using=ALIAS)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.Error) and error.__cause__.sqlstate == _CANCELLED:
            raise TookTooLong(gettext("This question took too long. A narrower one is answered sooner.")) from None
        raise


@contextmanager
def one_by_one() -> Iterator[None]:
    """Have each row looked up by the one before it, so that the first are there at once, whatever the planner hopes."""
    _set(enable_hashjoin="off", enable_mergejoin="off")
    yield
    _set(enable_hashjoin="on", enable_mergejoin="on")


def without_helpers() -> None:
    """Have one process answer until the time is over: to begin and end others takes as long as what is soon found."""
    _set(max_parallel_workers_per_gather="0")


def expected_cost(sql: str, parameters: Mapping[str, Any]) -> float:
    """Return what the server expects a statement to cost, in its units: a page read one after the other is 1."""
    [(told,)] = rows(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
    return float(told[0]["Plan"]["Total Cost"])


def _set(**settings: str) -> None:
    """Change settings of the server until the transaction ends."""
    changes = ", ".join(f"set_config('{name}', %({name})s, true)" for name in settings)
    rows(f"SELECT {changes}", settings)  # The names are ours.


def rows(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a statement."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
