"""Under writes and imports, whatever is killed: nothing that was acknowledged is lost, and nothing counts twice.

Each run prints its seed; `KILLS_SEED` repeats one, as far as threads can be repeated.
"""

from __future__ import annotations

import os
import random
import subprocess
import time

import pytest
from tests.load.checks import CHECKS, what_is_wrong
from tests.load.kept import read
from tests.load.load import Load
from tests.load.planting import plant
from tests.load.plants import PLANTS
from tests.load.told import State, Telling
from tests.running import REGULARS, Running, eventually

DAILY = ("web", "a child of web", "worker", "postgres", "supervisor")
ALL = (*DAILY, "a backend of postgres", "all children of web", "the leash of postgres", "the leash of worker")
DAILY_SEED = 5


def rounds(rng: random.Random, victims: tuple[str, ...], kills: int) -> list[str]:
    """Return so many victims: all of them, in one order after the other."""
    order: list[str] = []
    while len(order) < kills:
        order += rng.sample(victims, len(victims))
    return order[:kills]


def see_through(load: Load, victims: list[str], rng: random.Random) -> dict[str, list[str]]:
    """Kill one after the other at random moments, say how it was, and return what is kept otherwise than was told."""
    began = time.monotonic()
    load.start()
    eventually(load.importer.is_under_way, within_seconds=60)
    for victim in victims:
        time.sleep(rng.uniform(0, 1.5))
        took = load.kill(victim)
        print(f"{time.monotonic() - began:6.1f} s: {victim} was killed; after {took:.1f} s all flowed again")
    told = load.settle()
    figures = ", ".join(f"{count} {name}" for name, count in sorted(told.figures.items()))
    print(f"{len(victims)} kills in {time.monotonic() - began:.0f} s, {load.in_imports} of them under an import")
    print(f"{figures}; {len(told.orders)} orders, {len(told.events)} events, {len(load.files)} files")
    redeemed = sum(map(len, told.redeemed.values()))
    print(f"{len(told.members)} members, {redeemed} redemptions, {len(told.adjustments)} adjustments")
    # It was a load, and not a still one.
    assert told.figures["acknowledged"] > 20 * len(victims)
    assert load.in_imports > 0
    assert redeemed > 2 * len(victims)
    return what_is_wrong(load.kept(), told, load.files)


def are_whole(regulars: Running) -> bool:
    """Tell whether trail and ledger are as they were sealed."""
    told = regulars.run("verify-audit"), regulars.run("verify-ledger", "--quiet")
    return all("is whole" in each for each in told)


def test_five_kills_under_load(regulars: Running) -> None:
    rng = random.Random(DAILY_SEED)
    load = Load(regulars, seed=DAILY_SEED)
    assert see_through(load, rounds(rng, DAILY, 5), rng) == {}
    assert are_whole(regulars)


@pytest.mark.soak
def test_fifty_kills_under_load(regulars: Running) -> None:
    seed = int(os.environ.get("KILLS_SEED") or random.randrange(10**6))
    print(f"KILLS_SEED={seed}")
    rng = random.Random(seed)
    load = Load(regulars, seed=seed, files=1_000)
    assert see_through(load, rounds(rng, ALL, 50), rng) == {}
    assert are_whole(regulars)


def test_each_check_sees_the_fault_that_it_is_for(regulars: Running) -> None:
    # The positive control: a short time without kills, in which all is well, and then one fault after the other.
    load = Load(regulars, seed=DAILY_SEED, orders=300)
    load.start()
    time.sleep(3)
    # However slow the machine is: of whatever a fault may befall there is some.
    eventually(lambda: load.has_lifted(20), within_seconds=120)
    told, files = load.settle(), load.files
    assert what_is_wrong(load.kept(), told, files) == {}
    seen: set[str] = set()
    with regulars.connected() as connection:
        for fault, (statements, check) in PLANTS.items():
            plant(connection, statements)
            wrong = what_is_wrong(read(connection), told, files)
            connection.rollback()
            assert check in wrong, f"nobody saw that {fault}"
            seen.add(check)
    told.orders["never sent"] = Telling([State("buyer1@example.com", 100)], acknowledged=1)
    assert "orders_are_as_told" in what_is_wrong(load.kept(), told, files)
    told.surprises.append("an order was answered stale, not updated")
    assert "answers_were_as_expected" in what_is_wrong(load.kept(), told, files)
    assert seen | {"answers_were_as_expected"} == CHECKS.keys()


def test_a_changed_entry_of_the_trail_and_a_process_left_over_would_be_seen(regulars: Running) -> None:
    regulars.run("key", "add", "shop", "--scope", "orders.write")

    def is_sealed() -> bool:
        with regulars.connected() as connection:
            return bool(connection.execute("SELECT 1 FROM staff_audit_seal").fetchall())

    eventually(is_sealed, within_seconds=60)
    assert "is whole" in regulars.run("verify-audit")
    with regulars.connected() as connection:
        connection.execute("ALTER TABLE staff_audit_entry DISABLE TRIGGER USER")
        connection.execute("UPDATE staff_audit_entry SET actor = 'nobody'")
    verified = subprocess.run(
        [*REGULARS, "verify-audit"], env=regulars.environment, capture_output=True, text=True, check=False
    )
    assert verified.returncode == 1
    stray = subprocess.Popen(["sleep", "60"], env=regulars.environment)
    try:
        eventually(lambda: "sleep 60" in regulars.left_over())
    finally:
        stray.kill()
        stray.wait()
