"""How long a look at a cart takes over HTTP, of twenty lines against two hundred rules, beside `/readyz`."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.running import Running

from bench.measure import Finding, Note, Times
from bench.system.home import FIRST, System
from bench.system.pages import ASKED, MOST, WARM, p95, wires
from bench.system.traffic import Request, durations

# The services are asked in a process of their own, since Django is set up there for the system's home.
PROCESS = """
import sys
from regulars.faces.cli.running.setting_up import set_up_django
set_up_django()
from bench.system.previewing_process import main
main(sys.argv[1])
"""
LINES = 20


def preview(system: System) -> Iterator[Finding]:
    """Look at carts of members, others each time, in turns with `/readyz`; the rules are there for the time of it."""
    running = system.running
    _rules(running, "publish")
    try:
        running.start()
        try:
            yield from _measured(running, system.customers)
        finally:
            running.stop()
    finally:
        _rules(running, "withdraw")


def _rules(running: Running, what: str) -> None:
    subprocess.run([sys.executable, "-c", PROCESS, what], env=running.environment, check=True)


def _measured(running: Running, customers: int) -> Iterator[Finding]:
    key = running.run("key", "add", "bench", "--scope", "loyalty.read")
    headers = {"Authorization": f"Bearer {key}"}
    draw = random.Random(13)  # It draws what is bought, and by whom.
    carts = [_cart(draw, customers) for _ in range(WARM + ASKED)]
    asked = [Request("POST", "/v1/loyalty/preview", headers, cart).wire(running.port) for cart in carts]
    taken = durations(running.port, asked)[WARM:]
    ready = durations(running.port, wires(running, ["/readyz"] * ASKED, ""))[WARM:]
    name = f"A preview of {LINES} lines against 200 rules"
    yield Times(name, p95(taken), statistics.median(taken), "/readyz", p95(ready), statistics.median(ready), MOST)
    size = len(json.dumps(carts[0]))
    yield Note(f"  a cart is {size / 1024:.1f} KB of JSON")


def _cart(draw: random.Random, customers: int) -> Mapping[str, Any]:
    lines = [_line(draw) for _ in range(LINES)]
    number = draw.randint(1, customers)
    return {
        "member_id": f"018d0000-0000-7000-8000-{FIRST + number}",
        "placed_at": datetime.now(UTC).isoformat(),
        "currency": "EUR",
        "channel": f"channel {draw.randint(1, 7)}",
        "lines": lines,
        "total_minor": sum(line["total_minor"] for line in lines),
        "tenders": [],
    }


def _line(draw: random.Random) -> dict[str, Any]:
    product, quantity, price = draw.randint(1, 200), draw.randint(1, 4), draw.randint(100, 5000)
    return {
        "product": {"external_id": f"p{product}", "name": f"Product {product}", "category": f"Category {product % 97}"},
        "quantity": str(quantity),
        "unit_price_minor": price,
        "total_minor": quantity * price,
    }
