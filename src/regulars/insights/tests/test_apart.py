"""A process of its own: what it says arrives, and whatever befalls it is told apart."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import psycopg
import pytest

from regulars.business.queries import get_business
from regulars.insights import apart
from regulars.insights.apart import DiedOnTheWay, FailedThere, GaveUp, find_apart
from regulars.insights.asking import Asked
from regulars.insights.contracts import Boundaries
from regulars.insights.tests.shop import NOW
from regulars.kit.ids import new_id
from regulars.kit.progress import silent

WELL = {
    "ended": "well",
    "customers": 3,
    "orders": 4,
    "boundaries": {"recency": [1, 2, 3, 4], "frequency": [0, 0, 1, 2], "monetary": [1, 2, 3, 4]},
    "seen_until": 17,
    "sections": {"products": {}},
    "alarms": [],
    "spread": {},
    "stock": {"at_risk": 7},
}


@pytest.fixture
def asked(db: None) -> Asked:
    return Asked(
        run_id=new_id(), as_of=date(2026, 11, 19), now=NOW, business=get_business(), before={}, stock_before={}
    )


def let_it(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Have a script run in the place of Python; it is given the folder as its third argument."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))


def told(ended: Mapping[str, object]) -> str:
    return f"cat > $3/found.json <<'END'\n{json.dumps(ended)}\nEND"


def test_what_it_found_and_how_far_it_has_come_arrive(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_it(monkeypatch, tmp_path, "echo '[\"Half way\", 0.5]'\n" + told(WELL))
    seen: list[tuple[str, float]] = []
    found = find_apart(asked, tmp_path, progress=lambda doing, done: seen.append((doing, done)))
    assert (found.customers, found.seen_until) == (3, 17)
    assert found.boundaries == Boundaries(recency=(1, 2, 3, 4), frequency=(0, 0, 1, 2), monetary=(1, 2, 3, 4))
    assert ("Half way", 0.5) in seen
    assert (found.orders, found.sections, found.stock) == (4, {"products": {}}, {"at_risk": 7})
    kept = json.loads((tmp_path / "asked.json").read_text())
    assert apart._asked(kept) == asked


def test_whatever_befalls_it_is_told_apart(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_it(monkeypatch, tmp_path, told({"ended": "gave_up", "code": "no_orders", "message": "There are none."}))
    with pytest.raises(GaveUp) as gave_up:
        find_apart(asked, tmp_path, progress=silent)
    assert (gave_up.value.code, gave_up.value.message) == ("no_orders", "There are none.")
    let_it(monkeypatch, tmp_path, told({"ended": "failed", "error": "KeyError", "where": "x.py:1 in f"}))
    with pytest.raises(FailedThere) as failed:
        find_apart(asked, tmp_path, progress=silent)
    assert (failed.value.error, failed.value.where) == ("KeyError", "x.py:1 in f")
    let_it(monkeypatch, tmp_path, told({"ended": "lost"}))
    with pytest.raises(psycopg.OperationalError):
        find_apart(asked, tmp_path, progress=silent)
    (tmp_path / "found.json").unlink()
    let_it(monkeypatch, tmp_path, "kill -9 $$")
    with pytest.raises(DiedOnTheWay):
        find_apart(asked, tmp_path, progress=silent)


def test_who_is_to_stop_takes_it_along(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    def stop(doing: str, done: float) -> None:
        raise Stop

    let_it(monkeypatch, tmp_path, "echo $$ > $3/pid\nexec sleep 60")
    began = time.monotonic()
    with pytest.raises(Stop):
        find_apart(asked, tmp_path, progress=stop)
    assert time.monotonic() - began < 5
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
