"""Fill an empty Regulars with customers, orders and events by SQL: what the services would have kept, faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper

from regulars.demo.names import FAMILY, GIVEN
from regulars.faces.cli.running.database import database_alone
from regulars.faces.cli.running.setting_up import installation
from regulars.kit.sqlfile import read_statements
from regulars.kit.text import words

STATEMENTS = read_statements(Path(__file__).parent / "fill.sql")
AT_ONCE = 500_000
PRODUCTS = 5_000
DAYS = 730
# Filled without their indexes and constraints, which come back in the end.
BIG = (
    *("customers_customer", "customers_identifier", "customers_word"),
    *("orders_order", "orders_line", "orders_tender", "orders_customer_facts"),
)


def fill(customers: int, orders: int) -> None:
    """Fill the database of this process's installation, which has its tables and nothing in them."""
    # Their handlers know the tables, which Django has to be set up for.
    from regulars.config.subscriptions import SUBSCRIPTIONS
    from regulars.stream.dispatch import register
    from regulars.stream.services import make_room

    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    sizes = {"customers": customers, "orders": orders, "products": PRODUCTS, "until": until}
    register(SUBSCRIPTIONS)
    make_room(until - timedelta(days=day) for day in range(DAYS + 1))
    with connections["owner"].cursor() as cursor:
        for name in ("settings_of_filling", "numbered", "buyer", "drawn", "total", "given", "family"):
            _run(cursor, name, {})
        sizes |= _names(cursor)
        _run(cursor, "products", sizes)
        _run(cursor, "channel", sizes)
        _run(cursor, "trait", sizes)
        with _without_indexes(cursor):
            for name in ("customers", "identifiers", "words"):
                _in_steps(cursor, name, customers, sizes)
            for name in ("orders", "lines", "tenders", "events"):
                _in_steps(cursor, name, orders, sizes)
        for name in ("facts", "first_orders", "catch_up", "position"):
            _run(cursor, name, sizes)
        cursor.execute("VACUUM (ANALYZE)")


def _run(cursor: CursorWrapper, name: str, parameters: dict[str, Any]) -> None:
    cursor.execute(STATEMENTS[name].sql, parameters)


def _in_steps(cursor: CursorWrapper, name: str, rows: int, sizes: dict[str, Any]) -> None:
    for first in range(1, rows + 1, AT_ONCE):
        _run(cursor, name, sizes | {"first": first, "last": min(rows, first + AT_ONCE - 1)})
    print(f"  {name}: done at {datetime.now(UTC):%H:%M:%S}", flush=True)


def _names(cursor: CursorWrapper) -> dict[str, int]:
    """Keep the demo shop's names; return how many there are of each kind."""
    kinds = {"given": GIVEN, "family": FAMILY}
    for kind, names in kinds.items():
        for name in names:
            cursor.execute(f"INSERT INTO {kind} (name, words) VALUES (%s, %s)", [name, words(name)])
    return {kind: len(names) for kind, names in kinds.items()}


@contextmanager
def _without_indexes(cursor: CursorWrapper) -> Iterator[None]:
    """Take the big tables' indexes and constraints away for the time of filling."""
    tables = {"tables": list(BIG)}
    cursor.execute(STATEMENTS["constraints"].sql, tables)
    constraints = cursor.fetchall()
    cursor.execute(STATEMENTS["indexes"].sql, tables)
    indexes = cursor.fetchall()
    for table, name, _ in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for name, definition in indexes:
        cursor.execute(definition)
        print(f"  {name}: done at {datetime.now(UTC):%H:%M:%S}", flush=True)
    # Keys come before what refers to them.
    for table, name, definition in sorted(constraints, key=lambda each: each[2].startswith("FOREIGN")):
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        print(f"  {name}: done at {datetime.now(UTC):%H:%M:%S}", flush=True)


def main(customers: str, orders: str) -> None:
    """Fill this process's installation, while nothing else runs in it."""
    with database_alone(installation()):
        fill(int(customers), int(orders))
