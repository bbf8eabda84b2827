"""How long lists and counts of customers take by conditions, and whether facts keep up with orders."""

from __future__ import annotations

import itertools
import random
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from tests.running import Running

from bench.measure import Finding, Limit, Note, Times
from bench.system.home import System
from bench.system.pages import MOST, WARM, p95, signed_in, wires
from bench.system.traffic import durations
from bench.system.upserts import Orders
from regulars.kit.sqlfile import read_statements

TURNS = 15
MOST_COUNT_SECONDS = 1.0
# What a manager asks of plain facts; `{…}` is drawn anew each time, so that no two questions are the same.
MIX: Sequence[str] = (
    "orders.count >= {few}",
    "orders.count >= {many}",
    "orders.count = 0",
    "orders.revenue >= {amount}",
    "orders.revenue between {amount} and 2000",
    "orders.days_since_last > {days}",
    "orders.days_since_last between {days} and 400 and orders.count >= {few}",
    "orders.last in last {days} days and orders.count = 1",
    "orders.average > {price} and orders.count >= {few}",
    'profile.country = "{country}"',
    'profile.country in ("AT", "{country}") and orders.revenue >= {amount}',
    'profile.city = "City {city}"',
    'profile.city = "City {city}" and orders.count >= {few}',
    'profile.tags contains "vip"',
    'profile.tags contains "vip" and orders.days_since_last > {days}',
    "anniversary(profile.birthday) in next {week} days",
    'profile.age between {age} and 60 and profile.language = "de"',
    "profile.since in last {days} days and orders.count >= {few}",
    "traits.size = {size} and not profile.tags exists",
    'bucket("bench {few}", of: 100) < {week} and profile.has_email',
)
# What looks through what happened, or has no index: bounded, and told apart.
HEAVIER: Sequence[str] = (
    "orders.count(last: 90 days) >= {few}",
    "orders.revenue(last: {days} days) >= {amount}",
    'orders.count(where: channel = "phone", last: {days} days) >= 1',
    'orders.count(where: categories contains "Category {few}", last: 30 days) >= 1',
    'event("order.placed", last: {week} days)',
    'not event("order.placed", last: {days} days) and orders.count >= {few}',
    'sequence(event("order.placed"), event("order.placed"), within: {week} days, last: 30 days)',
    "not profile.has_email",
    "orders.days_between between {days} and {days}.1",
    "orders.count > {many} or orders.revenue > 2000",
)
RATE, RATE_SECONDS, AT_ONCE = 300, 30.0, 10
STATEMENTS = read_statements(Path(__file__).parent / "conditions.sql")


def conditions(system: System) -> Iterator[Finding]:
    """Ask for the first page by each condition of the mix, for the counts, and for what is heavier."""
    running = system.running
    running.start()
    try:
        cookie = signed_in(running)
        draw = random.Random(11)  # It draws what to ask for.
        told = _told(MIX, draw)
        # The server has just begun: what is counted is in memory then, as where people have asked before.
        counts = _taken(running, [_address("/count", text) for text in told], cookie)
        yield Limit("The count as one writes, p95", p95(counts), MOST_COUNT_SECONDS, "s")
        pages = _taken(running, [_address("", text) for text in told], cookie)
        ready = durations(running.port, wires(running, ["/readyz"] * len(told), ""))[WARM:]
        name = f"The first page by one of {len(MIX)} conditions on facts"
        median, ready_median = statistics.median(pages), statistics.median(ready)
        yield Times(name, p95(pages), median, "/readyz", p95(ready), ready_median, MOST)
        yield Note("  " + _slowest(told, pages))
        heavier = _told(HEAVIER, draw)
        lists = _taken(running, [_address("", text) for text in heavier], cookie)
        estimates = _taken(running, [_address("/count", text) for text in heavier], cookie)
        yield Limit("Heavier ones, bounded: the first page, the longest", max(lists), 5.5, "s")
        yield Note("  " + _slowest(heavier, lists))
        yield Limit("Heavier ones: the count, p95", p95(estimates), MOST_COUNT_SECONDS, "s")
    finally:
        running.stop()


def current(system: System) -> Iterator[Finding]:
    """Put so many orders a second, and see how far the facts lie behind."""
    running = system.running
    running.start()
    try:
        orders = Orders(running, system.customers)
        behind: list[float] = []
        done = threading.Event()
        watching = threading.Thread(target=_watch, args=(running, behind, done))
        watching.start()
        started = time.monotonic()
        put = 0
        for number in itertools.count(1):
            orders.put_once(AT_ONCE)
            put += AT_ONCE
            wait = started + number * AT_ONCE / RATE - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if time.monotonic() - started > RATE_SECONDS:
                break
        rate = put / (time.monotonic() - started)
        done.set()
        watching.join()
        yield Note(f"  {rate:,.0f} orders/s put for {RATE_SECONDS:.0f} s; {RATE} were asked for")
        yield Limit("Facts behind the orders, the longest", max(behind, default=0.0), 2.0, "s")
    finally:
        running.stop()


def _watch(running: Running, behind: list[float], done: threading.Event) -> None:
    """Note how old the oldest event is that the facts wait for, until all orders are put and none waits."""
    with running.connected() as connection:
        while True:
            [(age,)] = connection.execute(STATEMENTS["behind"].sql, {"subscription": "orders.facts"}).fetchall()
            connection.commit()
            behind.append(age)
            if done.is_set() and not age:
                return
            time.sleep(0.05)


def _told(texts: Sequence[str], draw: random.Random) -> list[str]:
    """Return each of the texts several times, with other values each time, in turns."""
    return [text.format_map(_values(draw)) for _ in range(TURNS) for text in texts]


def _values(draw: random.Random) -> Mapping[str, object]:
    return {
        "few": draw.randint(2, 8),
        "many": draw.randint(40, 120),
        "amount": draw.randint(50, 900),
        "price": draw.randint(20, 60),
        "days": draw.randint(14, 120),
        "week": draw.randint(3, 10),
        "age": draw.randint(20, 50),
        "size": draw.randint(35, 46),
        "city": draw.randint(1, 199),
        "country": draw.choice(["AT", "DE", "CH", "IT"]),
    }


def _address(part: str, text: str) -> str:
    return f"/customers{part}?{urlencode({'where': text})}"


def _taken(running: Running, paths: Sequence[str], cookie: str) -> list[float]:
    return list(durations(running.port, wires(running, paths, cookie))[WARM:])


def _slowest(told: Sequence[str], taken: Sequence[float]) -> str:
    """Return what took longest."""
    seconds, text = max(zip(taken, told, strict=True))
    return f"the longest: {1e3 * seconds:.0f} ms for {text}"
