"""How many rows a page has PostgreSQL look at: what grows with all customers shows here, on any machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.test import Client

Plan = dict[str, Any]


def rows_looked_at(client: Client, path: str) -> dict[str, int]:
    """Return for each statement that a page reads by how many rows its scans look at, by whichever login it reads."""
    with noting_rows() as found:
        answer = client.get(path)
        # What is streamed is read as it is sent.
        list(answer)
    assert answer.status_code == 200, (path, answer.status_code)
    return found


@contextmanager
def noting_rows() -> Iterator[dict[str, int]]:
    """Yield what is filled, for each statement that is read meanwhile, with how many rows its scans look at."""
    found: dict[str, int] = {}

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            # At once, on the connection itself: as it is planned there and then.
            found[sql] = max(found.get(sql, 0), _rows(context["connection"].connection, sql, parameters))
        return execute(sql, parameters, many, context)

    with connections["default"].execute_wrapper(note), connections["readonly"].execute_wrapper(note):
        yield found


def _rows(connection: Any, sql: str, parameters: Any) -> int:
    [[[plan]]] = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters).fetchall()
    return round(sum(_looked_at(node) for node in _nodes(plan["Plan"])))


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _looked_at(node: Plan) -> float:
    """Return how many rows a scan found, or looked at in vain; nothing for what only works on the rows of others."""
    if not node["Node Type"].endswith("Scan"):
        return 0
    rows = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return float(sum(node.get(name, 0) for name in rows) * node["Actual Loops"])
