"""A shop's export is imported from the command line; on the way the command and the workers are killed."""

from __future__ import annotations

import csv
import subprocess
from datetime import date
from pathlib import Path

import pyarrow.csv
from tests.running import REGULARS, Running, eventually

from regulars.demo.orders import make_orders

KILLS = 2


def ask(regulars: Running, query: str, *parameters: object) -> list[tuple[object, ...]]:
    with regulars.connected() as connection:
        return connection.execute(query, parameters).fetchall()


def rows_done(regulars: Running, source: str) -> int:
    found = ask(regulars, "SELECT rows_done FROM imports_import WHERE source = %s AND imported > 0", source)
    return int(str(found[0][0])) if found else 0


def state(regulars: Running, source: str) -> str:
    return str(ask(regulars, "SELECT state FROM imports_import WHERE source = %s", source)[0][0])


def what_is_kept(regulars: Running, source: str) -> list[list[tuple[object, ...]]]:
    """Return the counts of the import, the orders, and how many were told of on the stream."""
    return [
        ask(
            regulars,
            "SELECT imported, updated, unchanged, refused, rows_done, rows_total FROM imports_import WHERE source = %s",
            source,
        ),
        ask(
            regulars,
            "SELECT external_id, placed_at, total_minor, returned_minor, items FROM orders_order WHERE source = %s"
            " ORDER BY external_id",
            source,
        ),
        ask(regulars, "SELECT count(*) FROM stream_event WHERE type = 'order.placed' AND source = %s", source),
    ]


def test_an_import_that_is_killed_again_and_again_ends_like_one_that_is_not(regulars: Running) -> None:
    export = regulars.home / "export.csv"
    pyarrow.csv.write_csv(make_orders(1_500, date(2026, 11, 1)), export)
    whole = regulars.run("import", str(export), "--source", "whole", "--quiet")
    assert " new, 0 changed, 0 as they were; " in whole

    command = subprocess.Popen(
        [*REGULARS, "import", str(export), "--source", "shop", "--quiet"], env=regulars.environment
    )
    eventually(lambda: rows_done(regulars, "shop") > 0, within_seconds=60)
    command.kill()
    command.wait()
    for _ in range(KILLS):
        # A worker takes up what the one before it left, and is killed in the midst of it.
        seen = rows_done(regulars, "shop")
        eventually(lambda seen=seen: rows_done(regulars, "shop") > seen, within_seconds=90)  # type: ignore[misc]
        assert state(regulars, "shop") == "running"
        regulars.kill("worker")
    eventually(lambda: state(regulars, "shop") == "done", within_seconds=90)
    assert what_is_kept(regulars, "shop") == what_is_kept(regulars, "whole")


def test_the_command_tells_what_became_of_the_rows_and_writes_those_refused(regulars: Running, home: Path) -> None:
    export, refused = home / "export.csv", home / "refused.csv"
    export.write_text("nr,wer,wann,summe\n1,a,2026-11-02,5.00\n2,b,never,=2+3\n", encoding="utf-8")
    columns = ["--columns", "order=nr,customer=wer", "--columns", "date=wann,amount=summe"]
    told = regulars.run("import", str(export), *columns, "--dry-run", "--refused", str(refused))
    assert told == "1 new, 0 changed, 0 as they were; 1 of 2 rows refused."
    assert ask(regulars, "SELECT count(*) FROM orders_order") == [(0,)]
    rows = list(csv.reader(refused.read_text(encoding="utf-8").splitlines()))
    assert rows[1][:6] == ["2", "b", "never", "'=2+3", "2", "bad_date"]
    regulars.run("import", str(export), *columns)
    assert regulars.run("import", str(export), *columns) == "0 new, 0 changed, 1 as they were; 1 of 2 rows refused."
    assert "column" in regulars.refusal("import", str(export), "--columns", "date=gone")
