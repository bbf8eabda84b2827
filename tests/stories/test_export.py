"""What a shop has told is exported from the command line, whatever is killed, and comes back without a change."""

from __future__ import annotations

import csv
import subprocess
from datetime import date
from pathlib import Path

import pyarrow.csv
from tests.running import REGULARS, Running, eventually
from tests.stories.test_import import ask

from regulars.demo.orders import make_orders


def state(regulars: Running) -> tuple[object, ...]:
    [found] = ask(regulars, "SELECT id, state, items_done, rows FROM exports_export ORDER BY asked_at DESC LIMIT 1")
    return found


def test_an_export_whose_command_and_worker_are_killed_is_like_one_that_is_not(regulars: Running, home: Path) -> None:
    orders, whole = home / "told.csv", home / "whole.csv"
    pyarrow.csv.write_csv(make_orders(1_200, date(2026, 11, 1)), orders)
    regulars.run("import", str(orders), "--source", "shop", "--quiet")
    told = regulars.run("export", str(whole), "--kind", "orders", "--source", "shop", "--quiet")
    rows = list(csv.DictReader(whole.read_text(encoding="utf-8").splitlines()))
    assert told == f"Written: {whole}, {len(rows)} rows."
    # The copy that the command fetched is not left behind.
    assert list((regulars.home / "exports").iterdir()) == []

    command = subprocess.Popen(
        [*REGULARS, "export", str(home / "never.csv"), "--source", "shop", "--quiet"], env=regulars.environment
    )
    eventually(lambda: state(regulars)[1:3] > ("running", 0), within_seconds=60)
    command.kill()
    command.wait()
    assert state(regulars)[1] == "running"
    regulars.kill("worker")
    eventually(lambda: state(regulars)[1] == "done", within_seconds=90)
    export_id, _, _, counted = state(regulars)
    assert counted == len(rows)
    assert (regulars.home / "exports" / str(export_id)).read_bytes() == whole.read_bytes()

    again = regulars.run("import", str(whole), "--source", "shop", "--quiet")
    kept = len({row["order_number"] for row in rows})
    assert again == f"0 new, 0 changed, {kept} as they were; 0 of {len(rows)} rows refused."


def test_the_command_writes_json_lines_by_the_files_name_and_refuses_what_it_cannot(
    regulars: Running, home: Path
) -> None:
    file = home / "events.jsonl"
    assert regulars.run("export", str(file), "--kind", "events", "--quiet").endswith(" rows.")
    assert all(line.startswith("{") for line in file.read_text(encoding="utf-8").splitlines())
    assert file.stat().st_mode & 0o777 == 0o600
    assert "customers, orders" in regulars.refusal("export", str(file), "--kind", "poems")
    assert "cannot be written" in regulars.refusal("export", str(home / "no" / "folder.csv"))
