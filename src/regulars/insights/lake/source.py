"""Read PostgreSQL as columns, all of it as it was at one moment, by the login that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connections
from psycopg import OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.sql import Literal

from regulars.kit.arrays import array_literal
from regulars.kit.sqlfile import read_statements
from regulars.stream.database import LOST

if TYPE_CHECKING:
    import pyarrow as pa

_WORK_MEMORY = "128MB"
STATEMENTS = read_statements(Path(__file__).parents[1] / "sql" / "lake.sql")


class Source:
    """A transaction that reads. Those of its statements that have a name stand in `sql/lake.sql`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def table(self, name: str, **parameters: Any) -> pa.Table:
        """Return what a statement gives, whole."""
        with self.reader(name, **parameters) as reader:
            return reader.read_all()

    def shown(self) -> str:
        """Return by what name another transaction sees the database as this one does, while this one is open."""
        return str(self.row("shown")["snapshot"])

    def row(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Return the one row that a statement gives, by column."""
        [row] = self.table(name, **parameters).to_pylist()
        return dict(row)

    @contextmanager
    def reader(self, name: str, **parameters: Any) -> Iterator[pa.RecordBatchReader]:
        """Yield what a statement gives, batch by batch."""
        with self._asked(STATEMENTS[name].sql, parameters) as reader:
            yield reader

    def ask(self, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
        """Return what a statement gives that others have composed; its values are bound by these parameters."""
        with self._asked(sql, parameters) as reader:
            return reader.read_all()

    @contextmanager
    def _asked(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[pa.RecordBatchReader]:
        # The driver reads by COPY, which takes no parameters: values are written as literals.
        written = {key: _literal(value) for key, value in parameters.items()}
        with self._connection.cursor() as cursor:
            cursor.execute(sql % written)
            try:
                yield cursor.fetch_record_batch()
            except OSError:
                # What fails while it is read is an error of the stream; that the connection is lost, it says itself.
                with suppress(cursor.connection.InternalError, cursor.connection.ProgrammingError):
                    cursor.execute("SELECT")
                raise


@contextmanager
def opened(*, as_shown: str | None = None) -> Iterator[Source]:
    """Yield a source that sees the database as it is now, whatever changes meanwhile; or `as_shown` by another source.

    Raises
    ------
    OperationalError
        The database cannot be had, or was lost: psycopg's, as from all others who ask it.
    """
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(_address()) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                if as_shown is not None:
                    cursor.execute(f"SET TRANSACTION SNAPSHOT {_literal(as_shown)}")
                # Orders are joined to their lines by the million; what does not fit is laid out on disk.
                cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'")
            yield Source(connection)
    except dbapi.OperationalError as error:
        # It has no state of SQL where the connection is gone; with one it is another fault, as want of disk.
        if error.sqlstate is None or error.sqlstate in LOST:
            raise OperationalError(type(error).__name__) from error
        raise


def _address() -> str:
    told = connections["readonly"].settings_dict
    parts = {
        "host": told["HOST"],
        "port": told["PORT"],
        "dbname": told["NAME"],
        "user": told["USER"],
        "password": told["PASSWORD"],
    }
    return make_conninfo(**{key: value for key, value in parts.items() if value}, **told["OPTIONS"])


def _literal(value: Any) -> str:
    return str(Literal(array_literal(value) if isinstance(value, list) else value).as_string())
