"""`make demo`: the shop opens, is looked at, and is there again, whatever ended it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from tests.running import eventually

from regulars.demo.orders import make_clean_orders
from regulars.demo.selling import SOURCE
from regulars.kit.installation import read_installation

# Two shops live two years of nights at once, on two cores that others use too.
PATIENCE = 900


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "regulars.demo", "--port", str(port), "--customers", "60", *options],
        cwd=folder,
        env=os.environ | {"ONCE": "1", "LANGUAGE": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_until_up(port: int, demo: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert demo.poll() is None, demo.stdout and demo.stdout.read()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the demo did not open in time")


def left_over(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_it_opens_once_and_again_and_two_at_once_and_leaves_nothing_running(home: Path) -> None:
    first, second = free_port(), free_port()
    # Without a club, which is lived below: what is seen here is that shops open beside each other.
    demos = [start(home, port, "--no-club", "--once") for port in (first, second)]
    texts = [demo.communicate(timeout=PATIENCE)[0] for demo in demos]
    for demo, text in zip(demos, texts, strict=True):
        assert demo.returncode == 0, text
        assert "Corner Coffee & Home opens" in text
        assert "200 /customers\n" in text
    again = start(home, first, "--once")
    text = again.communicate(timeout=PATIENCE)[0]
    assert again.returncode == 0, text
    assert "opens" not in text
    assert text.count("200 /") > 8
    assert left_over(home) == []


ORDERS = "SELECT count(*) FROM orders_order WHERE source = %(source)s"
NIGHTS = "SELECT count(*) FROM loyalty_nights_night WHERE finished_at IS NOT NULL"
# What the pages of a club show, each once at least: a kind of transaction, a state of a redemption, a tier.
ALIVE = """
SELECT (SELECT array_agg(DISTINCT kind::text) FROM loyalty_ledger_transaction),
    (SELECT array_agg(DISTINCT kind) FROM loyalty_rewards_redemption),
    (SELECT array_agg(DISTINCT tier) FROM loyalty_tiers_standing)
"""


def asked(folder: Path, port: int, statement: str) -> tuple[Any, ...]:
    """Return what a shop answers; nothing while nobody can be asked."""
    shop = folder / "var" / f"demo-{port}"
    try:
        url = read_installation({"REGULARS_HOME": str(shop)}).urls["owner"]
        with psycopg.connect(url) as connection:
            return connection.execute(statement, {"source": SOURCE}).fetchone() or ()
    except psycopg.Error:
        return ()


def see_that_its_club_is_alive(home: Path, port: int) -> None:
    assert asked(home, port, NIGHTS)[0] >= 730
    kinds, rewards, tiers = map(set, asked(home, port, ALIVE))
    assert {"grant", "activate", "claw_back", "expire", "redeem", "adjust"} <= kinds
    assert len(rewards) > 1
    assert tiers == {"guest", "friend", "regular"}
    command = [sys.executable, "-m", "regulars.faces.cli", "verify-ledger", "--quiet"]
    environment = os.environ | {"REGULARS_HOME": str(home / "var" / f"demo-{port}"), "LANGUAGE": "en"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "is whole" in told.stdout, told.stderr


def test_it_opens_again_after_a_kill_in_the_midst_after_ctrl_c_and_after_a_kill(home: Path) -> None:
    port = free_port()
    shop = home / "var" / f"demo-{port}" / "demo.json"
    demo = start(home, port)
    # In the midst of the club's two years: some months are lived, and some are to come.
    eventually(lambda: (asked(home, port, NIGHTS) or (0,))[0] > 100, within_seconds=PATIENCE)
    demo.kill()
    demo.communicate(timeout=60)
    told = json.loads(shop.read_text(encoding="utf-8"))
    assert not told["filled"]
    lines = make_clean_orders(told["customers"], date.fromisoformat(told["until"]))
    for end in (signal.SIGINT, signal.SIGKILL, signal.SIGINT):
        demo = start(home, port)
        wait_until_up(port, demo)
        # Also those of members, which the club tells month by month.
        assert asked(home, port, ORDERS) == (len(set(lines["order_number"].to_pylist())),)
        see_that_its_club_is_alive(home, port)
        demo.send_signal(end)
        demo.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while (found := left_over(home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == []
