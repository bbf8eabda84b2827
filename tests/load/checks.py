"""What must hold, whatever was killed: each check returns what is wrong, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.load.checks_club import CLUB_CHECKS
from tests.load.client import SOURCE
from tests.load.importer import File
from tests.load.kept import Kept
from tests.load.told import Told, events_of

NOTHING: Counter[str] = Counter()


def orders_are_as_told(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which orders are lost, doubled, not as last acknowledged, or were told by nobody."""
    for number, telling in told.orders.items():
        found = kept.orders.get(number, [])
        if len(found) > 1:
            yield f"order {number} is kept {len(found)} times"
        elif (found[0] if found else None) not in telling.possible:
            yield f"order {number} is {found}, but may be {telling.possible}"
    for number in kept.orders.keys() - told.orders.keys():
        yield f"order {number} was told by nobody"


def order_events_are_what_happened(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say of which orders the stream tells more or less than happened to them."""
    plain = Counter({"order.placed": 1, "order.paid": 1})
    expected = {(file.source, row[0]): plain for file in files for row in file.good}
    for number, telling in told.orders.items():
        open_end = telling.sent[telling.acknowledged :]
        through = telling.acknowledged + any(state in open_end for state in kept.orders.get(number, ()))
        expected[SOURCE, number] = events_of(telling.sent[:through])
    for key in expected.keys() | kept.order_events.keys():
        if expected.get(key, NOTHING) != kept.order_events.get(key, NOTHING):
            yield f"of order {key} the stream tells {kept.order_events.get(key)}, not {expected.get(key)}"


def own_events_are_there_once(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which of the shop's own events are lost, doubled, or told of somebody else."""
    expected = {(number, telling.sent[0]): telling.acknowledged for number, telling in told.events.items()}
    for key, times in kept.own_events.items():
        if key not in expected or times > 1:
            yield f"event {key} is there {times} times"
    for key, acknowledged in expected.items():
        if acknowledged and not kept.own_events[key]:
            yield f"event {key} is lost"


def facts_are_the_sums_of_the_orders(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say whose facts are not what the orders come to."""
    for customer in kept.facts.keys() | kept.sums.keys():
        facts, sums = kept.facts.get(customer, (0, 0, 0)), kept.sums.get(customer, (0, 0, 0))
        if facts != sums:
            yield f"the facts of {customer} are {facts}, but the orders come to {sums}"


def customers_are_there_once(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which customers are lost or doubled, or live where nobody said."""
    owners: dict[str, set[str]] = {}
    for kind, value, source, customer in kept.identifiers:
        owners.setdefault(value if kind == "email" else f"{kind} {source} {value}", set()).add(customer)
    for person in told.perhaps_named() | told.named():
        ids = owners.get(person, set()) | told.customers.get(person, set())
        if len(ids) > 1 or (person in told.named() and person not in owners):
            yield f"{person} is known as {sorted(owners.get(person, ()))}, and was {told.customers.get(person)}"
    if len(kept.created) != len(owners):
        yield f"there are {len(kept.created)} customers, but {len(owners)} are named"
    for customer, times in kept.created.items():
        if times != 1:
            yield f"that {customer} came was told {times} times"
    for person, telling in told.cities.items():
        if (kept.cities.get(person) or None) not in telling.possible:
            yield f"{person} lives in {kept.cities.get(person)!r}, but may in {telling.possible}"


def imports_are_as_their_files(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which imports are not done, have counted wrongly, or have kept other orders than their file holds."""
    for file in files:
        done = [row[1:] for row in kept.imports if row[0] == file.source and row[1] not in {"uploaded", "mapped"}]
        rows, good, bad = len(file.rows), len(file.good), file.bad_rows
        if done != [("done", good, 0, 0, len(bad), rows, rows)]:
            yield f"the import of {file.source} is {done}"
        if kept.refused.get(file.source) != bad:
            yield f"the refused rows of {file.source} are not those that are bad"
        # One that was interrupted too often is given up, and started again by whoever sent it in.
        times = {"import.started": 1 + kept.import_events[file.source, "import.failed"], "import.finished": 1}
        for kind, expected_times in times.items():
            if kept.import_events[file.source, kind] != expected_times:
                yield f"{kind} of {file.source} was told {kept.import_events[file.source, kind]} times"
    expected = Counter((file.source, *row) for file in files for row in file.good)
    found = Counter(kept.imported)
    if found != expected:
        lost, more = expected - found, found - expected
        yield f"imported orders: {lost.total()} lost, {more.total()} more; {[*lost, *more][:4]}"


def nothing_is_given_up(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which events and jobs were put aside."""
    for letter in kept.dead_letters:
        yield f"a dead letter: {letter}"
    given_up = sum(kept.import_events[file.source, "import.failed"] for file in files)
    for job in kept.jobs_left:
        # That of an import may have been given up with it, and the import went on.
        if job[0] == "imports.carry_on" and given_up:
            given_up -= 1
        else:
            yield f"a job that was given up: {job}"


def answers_were_as_expected(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which answers told a client something else than what its write had to come to."""
    yield from told.surprises


CHECKS: Mapping[str, Callable[[Kept, Told, Sequence[File]], Iterator[str]]] = {
    check.__name__: check
    for check in (
        orders_are_as_told,
        order_events_are_what_happened,
        own_events_are_there_once,
        facts_are_the_sums_of_the_orders,
        customers_are_there_once,
        imports_are_as_their_files,
        nothing_is_given_up,
        answers_were_as_expected,
        *CLUB_CHECKS,
    )
}


def what_is_wrong(kept: Kept, told: Told, files: Sequence[File]) -> dict[str, list[str]]:
    """Return what each check found wrong, the first few of it."""
    found = {name: list(check(kept, told, files)) for name, check in CHECKS.items()}
    return {name: [f"{len(faults)} in all", *faults[:5]] for name, faults in found.items() if faults}
