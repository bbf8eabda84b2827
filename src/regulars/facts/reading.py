"""Ask the database by the login that only reads, for a bounded time."""

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
Row = tuple[Any, ...]


class TookTooLong(DomainError):
    """A question was given up, since it took too long."""

    code = "took_too_long"


@contextmanager
def bounded(milliseconds: int) -> Iterator[None]:
    """Let each statement within take so long at most; nothing is changed.

    Raises
    ------
    TookTooLong
        One took longer.
    """
    try:
        with transaction.atomic(using=ALIAS):
            rows(
                "SELECT set_config('statement_timeout', %(limit)s, true), set_config('jit', 'off', true)",
                {"limit": f"{milliseconds}ms"},
            )
            yield
            # Nothing was written. What was set is set back, also where this is part of a larger transaction.
            transaction.set_rollback(True, using=ALIAS)
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.Error) and error.__cause__.sqlstate == _CANCELLED:
            raise TookTooLong(gettext("This question took too long. A narrower one is answered sooner.")) from None
        raise


def rows(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a statement."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
