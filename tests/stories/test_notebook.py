"""The analyst's notebook runs as it stands, on the lake of a running system and through its client."""

from __future__ import annotations

import contextlib
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv
import pytest
from tests.running import Running

from regulars.demo.orders import make_orders

NOTEBOOK = Path(__file__).parents[2] / "docs" / "analysing.ipynb"
SCOPES = ("insights.read", "customers.read", "customers.export", "exports.run", "business.read")


def cells() -> list[str]:
    """Return the code of the notebook's cells."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_runs_on_the_lake_and_through_the_client(
    regulars: Running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = home / "told.csv"
    pyarrow.csv.write_csv(make_orders(300, date.today() - timedelta(days=1)), orders)  # noqa: DTZ011  # A day at most.
    regulars.run("import", str(orders), "--source", "shop", "--quiet")
    regulars.run("insights", "run", "--wait", "--quiet")
    key = regulars.run("key", "add", "notebook", *(part for scope in SCOPES for part in ("--scope", scope)))
    for name, value in (("LAKE", str(regulars.home / "lake")), ("URL", regulars.url), ("KEY", key)):
        monkeypatch.setenv(f"REGULARS_{name}", value)
    said = io.StringIO()
    namespace: dict[str, Any] = {"__name__": "notebook"}
    with contextlib.redirect_stdout(said):
        for number, cell in enumerate(cells()):
            exec(compile(cell, f"cell {number}", "exec"), namespace)  # It is ours.
    told = said.getvalue()
    assert " came back (95 %: " in told
    facts = namespace["facts"]
    assert facts.num_rows > 0
    assert len(facts.column_names) > 4
