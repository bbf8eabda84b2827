"""How a fault is put into a database by hand, within a transaction that is rolled back."""

from __future__ import annotations

import psycopg

# Tables that refuse to be changed, whoever asks.
KEPT_BY_TRIGGERS = (
    *("stream_event", "loyalty_ledger_entry", "loyalty_ledger_lot", "loyalty_rewards_redemption"),
    "loyalty_tiers_progress",
)


def one_more(table: str, where: str = "true", **different: str) -> str:
    """Return what doubles a row under another id; `different` are expressions of SQL."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in {"id": "gen_random_uuid()", **different}.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(kept, jsonb_build_object({pairs}))).*"
        f" FROM {table} AS kept WHERE {where} LIMIT 1"
    )


def one(table: str, where: str = "true") -> str:
    """Return the condition that holds for one row of those where another does."""
    return f"(tableoid, ctid) = (SELECT tableoid, ctid FROM {table} WHERE {where} LIMIT 1)"


def plant(connection: psycopg.Connection, statements: str) -> None:
    """Put a fault in, within the connection's transaction."""
    for table in KEPT_BY_TRIGGERS:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in statements.split("; "):
        done = connection.execute(statement)
        assert done.rowcount > 0, statement
