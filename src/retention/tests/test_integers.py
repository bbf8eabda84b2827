"""Sums stay 64 bits wide in the engine, where Ibis alone would leave them at 128."""

from __future__ import annotations

import ibis
import pytest
from ibis.backends.duckdb import Backend

from retention import rfm
from retention.integers import as_int64

ORDERS = {
    "customer": ["ann", "ann"],
    "order": ["1", "2"],
    "occurred_on": ["2024-05-02", "2024-05-09"],
    "purchased_on": ["2024-05-02", "2024-05-09"],
    "amount_minor": [1_000, -300],
}


@pytest.fixture
def connection() -> Backend:
    return ibis.duckdb.connect()


def types_of(connection: Backend, sql: str) -> set[str]:
    return {row[1] for row in connection.con.execute(f"DESCRIBE {sql}").fetchall()}


def test_a_plain_cast_of_a_sum_does_nothing(connection: Backend) -> None:
    # If this fails, Ibis has learnt that the sum is wider, and `as_int64` may go.
    table = connection.create_table("amounts", ibis.memtable({"minor": [1, 2]}))
    assert types_of(connection, str(ibis.to_sql(table.aggregate(x=table.minor.sum().cast("int64"))))) == {"HUGEINT"}
    assert types_of(connection, str(ibis.to_sql(table.aggregate(x=as_int64(table.minor.sum()))))) == {"BIGINT"}


def test_state_and_summary_hold_no_wider_integers(connection: Backend) -> None:
    table = connection.create_table("lines", ibis.memtable(ORDERS))
    orders = table.mutate(occurred_on=table.occurred_on.cast("date"), purchased_on=table.purchased_on.cast("date"))
    for made in (rfm.daily_state(orders), rfm.summarise(orders), rfm.merge_states(*[rfm.daily_state(orders)] * 2)):
        assert "HUGEINT" not in types_of(connection, str(ibis.to_sql(made)))
