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
from regulars.insights.asking import Asked, Found, Takes
from regulars.insights.contracts import Boundaries
from regulars.insights.tests.shop import NOW
from regulars.kit.ids import new_id
from regulars.kit.progress import silent

HANDED_OVER = {
    "customers": 3,
    "orders": 4,
    "report": {"meta": {}},
    "boundaries": {"recency": [1, 2, 3, 4], "frequency": [0, 0, 1, 2], "monetary": [1, 2, 3, 4]},
    "seen_until": 17,
}
WELL = {"ended": "well", "sections": {"products": {}}, "alarms": [], "spread": {}, "stock": {"at_risk": 7}}


@pytest.fixture
def asked(db: None) -> Asked:
    return Asked(
        run_id=new_id(), as_of=date(2026, 11, 19), now=NOW, business=get_business(), before={}, stock_before={}
    )


TELL_SCORES = f"echo '{json.dumps({'handed_over': None, 'waits': False})}'\n"
HAND_OVER = f"echo '{json.dumps({'handed_over': HANDED_OVER, 'waits': True})}'\nread go_on\n"


def nothing_comes(*_: object) -> None:
    raise AssertionError


LEAVES = Takes(stage=nothing_comes, put_in_place=nothing_comes)


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
    let_it(
        monkeypatch,
        tmp_path,
        "echo '[\"Half way\", 0.5]'\n" + TELL_SCORES + "touch $3/went_on\n" + HAND_OVER + told(WELL),
    )
    seen: list[tuple[str, float]] = []
    handed: list[Found | None] = []

    def stage() -> None:
        # It does not wait for this.
        while not (tmp_path / "went_on").exists():
            time.sleep(0.01)
        handed.append(None)

    def put_in_place(found: Found) -> None:
        # It waits: what it goes on to is not there yet.
        time.sleep(0.2)
        assert not (tmp_path / "found.json").exists()
        handed.append(found)

    takes = Takes(stage=stage, put_in_place=put_in_place)
    further = find_apart(asked, tmp_path, takes=takes, progress=lambda doing, done: seen.append((doing, done)))
    [staged, found] = handed
    assert staged is None
    assert found
    assert (found.customers, found.seen_until, found.report) == (3, 17, {"meta": {}})
    assert found.boundaries == Boundaries(recency=(1, 2, 3, 4), frequency=(0, 0, 1, 2), monetary=(1, 2, 3, 4))
    assert ("Half way", 0.5) in seen
    assert (further.sections, further.stock) == ({"products": {}}, {"at_risk": 7})
    kept = json.loads((tmp_path / "asked.json").read_text())
    assert apart._asked(kept) == asked


def test_whatever_befalls_it_is_told_apart(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_it(monkeypatch, tmp_path, told({"ended": "gave_up", "code": "no_orders", "message": "There are none."}))
    with pytest.raises(GaveUp) as gave_up:
        find_apart(asked, tmp_path, takes=LEAVES, progress=silent)
    assert (gave_up.value.code, gave_up.value.message) == ("no_orders", "There are none.")
    let_it(monkeypatch, tmp_path, told({"ended": "failed", "error": "KeyError", "where": "x.py:1 in f"}))
    with pytest.raises(FailedThere) as failed:
        find_apart(asked, tmp_path, takes=LEAVES, progress=silent)
    assert (failed.value.error, failed.value.where) == ("KeyError", "x.py:1 in f")
    let_it(monkeypatch, tmp_path, told({"ended": "lost"}))
    with pytest.raises(psycopg.OperationalError):
        find_apart(asked, tmp_path, takes=LEAVES, progress=silent)
    (tmp_path / "found.json").unlink()
    let_it(monkeypatch, tmp_path, "kill -9 $$")
    with pytest.raises(DiedOnTheWay):
        find_apart(asked, tmp_path, takes=LEAVES, progress=silent)


def test_who_is_to_stop_takes_it_along(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    def stop(doing: str, done: float) -> None:
        raise Stop

    let_it(monkeypatch, tmp_path, "echo $$ > $3/pid\nexec sleep 60")
    began = time.monotonic()
    with pytest.raises(Stop):
        find_apart(asked, tmp_path, takes=LEAVES, progress=stop)
    assert time.monotonic() - began < 5
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
