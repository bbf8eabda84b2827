"""How long the console's pages take at full size, beside `/readyz`, which asks the database one thing."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import httpx
from tests.running import Running

from bench.measure import Finding, Times
from bench.system.home import EMAIL, PASSWORD, System
from bench.system.traffic import Request, durations
from regulars.insights.catalogue import METRICS, WINDOWS_DAYS
from regulars.kit.sqlfile import read_statements

ASKED = 300
WARM = 20
MOST = 60.0
STATEMENTS = read_statements(Path(__file__).parent / "pages.sql")


def pages(system: System) -> Iterator[Finding]:
    """Ask for each page many times, for other customers and with other words each time, in turns with `/readyz`."""
    running = system.running
    running.start()
    try:
        cookie = signed_in(running)
        _score(running)
        for name, paths in _paths(running).items():
            taken = durations(running.port, wires(running, paths, cookie))[WARM:]
            ready = durations(running.port, wires(running, ["/readyz"] * len(paths), ""))[WARM:]
            yield Times(
                name, p95(taken), statistics.median(taken), "/readyz", p95(ready), statistics.median(ready), MOST
            )
    finally:
        running.stop()


def _score(running: Running) -> None:
    """Have all customers scored, where that has not been done: what is known of all of them has pages too."""
    with running.connected() as connection:
        [(scored,)] = connection.execute(STATEMENTS["is_scored"].sql).fetchall()
    if not scored:
        running.run("insights", "run", "--wait", "--quiet")


def _paths(running: Running) -> Mapping[str, Sequence[str]]:
    """Return what is asked for, under what each is called."""
    draw = random.Random(7)  # It draws what to ask for.
    with running.connected() as connection:
        found = connection.execute(STATEMENTS["some_customers"].sql).fetchall()
        busy = connection.execute(STATEMENTS["busiest_customers"].sql).fetchall()
        orders = connection.execute(STATEMENTS["some_orders"].sql).fetchall()
    customers = [draw.choice(found) for _ in range(ASKED)]
    return {
        "Overview": [f"/overview?window={draw.choice(WINDOWS_DAYS)}" for _ in range(ASKED)],
        "A metric": [f"/metrics/{draw.choice(list(METRICS))}" for _ in range(ASKED)],
        "RFM": ["/rfm"] * ASKED,
        "Cohorts": [f"/cohorts?by={draw.choice(('joined', 'profile.country', 'channel'))}" for _ in range(ASKED)],
        "Value and risk": ["/value-and-risk"] * ASKED,
        "Products": ["/products"] * ASKED,
        "Customers, first page": ["/customers"] * ASKED,
        "Search, one letter": [_search(name[:1]) for _, name, _ in customers],
        "Search, a beginning": [_search(name[: draw.randint(2, 5)]) for _, name, _ in customers],
        "Search, a whole name": [_search(name) for _, name, _ in customers],
        "Search, an e-mail address": [_search(email) for _, _, email in customers],
        "Search, an order's number": [f"/customers?q={draw.choice(orders)[1]}" for _ in range(ASKED)],
        "Search, the beginning of many numbers": [f"/customers?q=A{draw.randint(1, 99)}" for _ in range(ASKED)],
        "Search, nothing found": [f"/customers?q=zz{draw.randint(1, 10**6)}" for _ in range(ASKED)],
        "A customer": [f"/customers/{customer}" for customer, _, _ in customers],
        "The busiest customers": [f"/customers/{draw.choice(busy)[0]}" for _ in range(ASKED)],
        "An order": [f"/orders/{draw.choice(orders)[0]}" for _ in range(ASKED)],
    }


def _search(text: str) -> str:
    return f"/customers?{urlencode({'q': text})}"


def wires(running: Running, paths: Sequence[str], cookie: str) -> list[bytes]:
    headers = {"Cookie": cookie} if cookie else {}
    first = paths[:WARM]
    return [Request("GET", path, headers).wire(running.port) for path in [*first, *paths]]


def signed_in(running: Running) -> str:
    """Sign in as a person does; return the cookies."""
    with httpx.Client(base_url=running.url, follow_redirects=True) as client:
        page = client.get("/sign-in").text
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        [name] = set(re.findall(r'name="(username|login)"', page))
        answer = client.post("/sign-in", data={"csrfmiddlewaretoken": token, name: EMAIL, "password": PASSWORD})
        assert "sessionid" in client.cookies, answer.status_code
        return "; ".join(f"{key}={value}" for key, value in client.cookies.items())


def p95(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]
