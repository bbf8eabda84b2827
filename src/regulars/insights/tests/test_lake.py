"""The lake holds what the tables hold, however it came there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import hypothesis.strategies as st
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.db import connections, transaction
from hypothesis import given, settings

from regulars.business import services as business
from regulars.business.contracts import Rate
from regulars.customers.queries import map_survivors
from regulars.insights.lake import months, place, reading
from regulars.insights.lake.ahead import ReadAhead
from regulars.insights.lake.reading import NoOrders, read_orders
from regulars.insights.lake.source import opened
from regulars.insights.lake.workspace import workspace
from regulars.insights.lake.writing import write_snapshot
from regulars.insights.tests.history import ACTOR, NOW, PEOPLE, Action, History, actions, forget_everything
from regulars.orders import services
from regulars.orders.consumers import keep_facts
from regulars.orders.jobs import convert_orders
from regulars.orders.models import CustomerFacts, Order
from regulars.orders.tests.order_factory import line, order, returned
from regulars.stream.models import Event
from regulars.stream.services import forget_partitions
from regulars.stream.statements import event_of
from retention.in_memory import Rows

ZONE = "Europe/Vienna"


def rows_of(snapshot: place.Snapshot) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all files of a snapshot, each kind in an order of its own; numbers are ids there."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    customers = pq.read_table(snapshot.file("customers"))
    id_of = dict(zip(customers["number"].to_pylist(), customers["customer_id"].to_pylist(), strict=True))
    assert len(id_of) == len(customers)
    assert all(0 <= number < snapshot.manifest.numbers for number in id_of)
    for kind in place.MONTHLY:
        for file in snapshot.files(kind):
            table = pq.read_table(file)
            if kind == "orders":
                numbers = table["customer_number"].to_pylist()
                assert [id_of.get(number) for number in numbers] == table["customer_id"].to_pylist()
                table = table.drop_columns("customer_number")
            found[f"{kind}/{file.name}"] = in_order(table)
    found["customers"] = in_order(customers.drop_columns("number"))
    for name in ("aliases", "products"):
        found[name] = in_order(pq.read_table(snapshot.file(name)))
    return found


def in_order(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def from_scratch() -> place.Snapshot:
    """Write the lake anew, in the place of the one that is there."""
    (place.lake() / "current").unlink()
    return write_snapshot(now=NOW)


def save_rates() -> None:
    rates = {"USD": Decimal("0.9137"), "JPY": Decimal("0.0061")}
    business.save_rates(
        rates=[Rate(currency=key, valid_on=date(2026, 1, 1), rate=value, source="t") for key, value in rates.items()],
        now=NOW,
        actor=ACTOR,
    )


@pytest.mark.parametrize("most_merged", [months.MOST_MERGED, 0])
def test_whatever_happens_between_two_snapshots_the_second_equals_one_from_scratch(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, most_merged: int
) -> None:
    monkeypatch.setattr(months, "MOST_MERGED", most_merged)
    rewrites: list[int] = []

    @settings(max_examples=15)
    @given(happening=st.lists(st.lists(actions(), max_size=5), min_size=2, max_size=4), late_rates=st.booleans())
    def holds(happening: Sequence[Sequence[Action]], late_rates: bool) -> None:
        forget_everything()
        if (place.lake() / "current").exists():
            (place.lake() / "current").unlink()
        history = History()
        if not late_rates:
            save_rates()
        for happenings in happening:
            history.let_happen(happenings)
            snapshot = read_ahead_and_at_once()
        if late_rates:
            save_rates()
            convert_orders(["USD", "JPY"])
            snapshot = read_ahead_and_at_once()
        if snapshot.manifest.rewritten:
            rewrites.append(len(snapshot.manifest.rewritten))
        agree_with_the_facts(snapshot)
        incremental = rows_of(snapshot)
        assert incremental == rows_of(from_scratch())

    holds()
    # The harness would say nothing if each snapshot were written from scratch.
    assert rewrites


def read_ahead_and_at_once() -> place.Snapshot:
    """Write a snapshot; what was read of it while it was written is, with the rest, what is read of it afterwards."""
    with TemporaryDirectory() as name, workspace(Path(name)) as connection:
        loaded: Future[ModuleType] = Future()
        loaded.set_result(reading)
        ahead = ReadAhead(Path(name), ZONE, loaded=loaded)
        snapshot = write_snapshot(now=NOW, kept=ahead.begin)
        found = []
        for each in (ahead, None):
            try:
                with read_orders(connection, snapshot, zone=ZONE, ahead=each) as bought:
                    assert bought.rows is not None
                    found.append(listed(bought.rows))
            except NoOrders:
                found.append([])
    assert found[0] == found[1]
    return snapshot


def listed(rows: Rows) -> list[tuple[Any, ...]]:
    columns = (rows.customer, rows.purchased_day, rows.occurred_day, rows.amount_minor)
    told = zip(*(column.tolist() for column in columns), strict=True)
    return sorted((rows.customers[number].as_py(), *others) for number, *others in told)


def agree_with_the_facts(snapshot: place.Snapshot) -> None:
    """Hold the sums per customer to those that the orders feature keeps."""
    tell_consumer()
    sums: dict[Any, list[int]] = {}
    for file in snapshot.files("orders"):
        for row in pq.read_table(file).to_pylist():
            assert row["amount_minor"] is None or (row["amount_minor"] < 0) == (row["returned_at"] is not None)
            if row["customer_id"] and row["amount_minor"] is not None:
                each = sums.setdefault(row["customer_id"], [0, 0])
                each[0] += row["amount_minor"]
                each[1] -= min(row["amount_minor"], 0)
    of_survivors: dict[Any, list[int]] = {}
    for customer, survivor in map_survivors(set(sums)).items():
        total = of_survivors.setdefault(survivor, [0, 0])
        total[0] += sums[customer][0]
        total[1] += sums[customer][1]
    facts = {row.customer_id: [row.revenue_minor, row.returned_minor] for row in CustomerFacts.objects.all()}
    for customer, told in facts.items():
        if map_survivors([customer])[customer] == customer:
            assert of_survivors.get(customer, [0, 0]) == told
    assert set(of_survivors) <= set(facts)


def tell_consumer() -> None:
    columns = ("id", "type", "customer_id", "actor", "source", "occurred_at", "received_at", "payload")
    rows = Event.objects.order_by("position").values_list(*columns, "transaction", "position")
    keep_facts([event_of(row) for row in rows])


def put(*told: Any) -> None:
    services.put_orders(orders=list(told), now=NOW, actor=ACTOR)


def test_only_the_months_in_which_something_changed_are_written_anew(fresh_database: str) -> None:
    old = NOW - timedelta(days=100)
    put(order(1), order(2, placed_at=old), order(3, placed_at=old - timedelta(days=70)))
    first = write_snapshot(now=NOW)
    put(order(2, placed_at=old, lines=[line(900)], total_minor=1800))
    second = write_snapshot(now=NOW)
    assert first.manifest.rewritten is None
    assert second.manifest.rewritten == ("2026-08",)
    kept = [file for file in second.files("orders") if file.samefile(first.folder / "orders" / file.name)]
    assert [file.stem for file in kept] == ["2026-06", "2026-11"]


def test_an_order_that_moves_to_another_month_leaves_the_one_that_it_was_in(fresh_database: str) -> None:
    put(order(1), order(2))
    write_snapshot(now=NOW)
    put(order(2, placed_at=NOW - timedelta(days=40)))
    snapshot = write_snapshot(now=NOW)
    assert snapshot.manifest.rewritten == ("2026-10", "2026-11")
    assert [len(pq.read_table(file)) for file in snapshot.files("orders")] == [1, 1]


def test_nothing_new_writes_no_month(fresh_database: str) -> None:
    put(order(1))
    write_snapshot(now=NOW)
    assert write_snapshot(now=NOW).manifest.rewritten == ()


def test_a_customer_keeps_its_number_and_nobody_gets_that_of_one_who_has_gone(fresh_database: str) -> None:
    put(order(1, buyer=PEOPLE[0]), order(2, buyer=PEOPLE[1], placed_at=NOW - timedelta(days=40)))
    first = write_snapshot(now=NOW)
    before = numbers_of(first)
    assert sorted(before.values()) == [0, 1]
    # The one with the highest number has gone since, and comes again as somebody new.
    [gone] = (customer for customer, number in before.items() if number == 1)
    customers = pq.read_table(first.file("customers"))
    pq.write_table(customers.filter(pc.equal(customers["number"], 0)), first.file("customers"))
    put(order(3, buyer=PEOPLE[2]))
    after = numbers_of(write_snapshot(now=NOW))
    [stayed] = before.keys() - {gone}
    assert after[stayed] == 0
    assert sorted(after.values()) == [0, 2, 3]


def numbers_of(snapshot: place.Snapshot) -> dict[Any, int]:
    table = pq.read_table(snapshot.file("customers"))
    return dict(zip(table["customer_id"].to_pylist(), table["number"].to_pylist(), strict=True))


def test_several_returns_share_what_came_back_to_the_last_minor_unit(fresh_database: str) -> None:
    save_rates()
    returns = [returned(1_001, number="r1"), returned(333, number="r2")]
    put(order(1, currency="USD", lines=[line(5000, 3)], total_minor=15_000, returns=returns))
    snapshot = write_snapshot(now=NOW)
    [kept] = Order.objects.all()
    [file] = snapshot.files("orders")
    rows = pq.read_table(file).to_pylist()
    back = [row["amount_minor"] for row in rows if row["returned_at"]]
    assert len(back) == 2
    assert -sum(back) == kept.returned_reporting_minor
    assert sum(row["amount_minor"] for row in rows) == kept.net_reporting_minor


def test_a_killed_snapshot_leaves_the_last_one_whole_and_the_next_clears_up(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    put(order(1), order(2, placed_at=NOW - timedelta(days=40)))
    first = write_snapshot(now=NOW)
    before = rows_of(first)
    put(order(2, buyer=PEOPLE[0]), order(3))

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("regulars.insights.lake.writing._write_whole", die)
        # A kill leaves the folder too.
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            write_snapshot(now=NOW)
    found = place.find_snapshot()
    assert found is not None
    assert found.folder == first.folder
    assert rows_of(found) == before
    assert list(parts())
    second = write_snapshot(now=NOW)
    assert not list(parts())
    assert rows_of(second) == rows_of(from_scratch())


def parts() -> list[Path]:
    return list((place.lake() / "snapshots").glob("*.part"))


def test_a_database_that_was_brought_back_from_an_earlier_day_is_read_from_scratch(fresh_database: str) -> None:
    put(order(1))
    put(order(2))
    write_snapshot(now=NOW)
    # As after a restore, the last that the lake saw has never happened.
    forget_everything()
    forget_partitions()
    put(order(9))
    snapshot = write_snapshot(now=NOW)
    assert snapshot.manifest.rewritten is None
    [file] = snapshot.files("orders")
    assert len(pq.read_table(file)) == 1


def test_the_lake_holds_no_name_address_or_text_of_a_person(fresh_database: str) -> None:
    put(order(1))
    snapshot = write_snapshot(now=NOW)
    held = b"".join(file.read_bytes() for file in snapshot.folder.rglob("*.parquet"))
    text = repr(rows_of(snapshot))
    for personal in ("ines@example.com", "Ines", "Kova"):
        assert personal not in text
        assert personal.encode() not in held


def test_an_order_whose_transaction_ends_after_a_snapshot_is_in_the_next_one(fresh_database: str) -> None:
    put(order(1, placed_at=NOW - timedelta(days=40)))
    is_put, may_end = threading.Event(), threading.Event()

    def put_slowly() -> None:
        with transaction.atomic():
            put(order(2, placed_at=NOW - timedelta(days=41), buyer=PEOPLE[0]))
            is_put.set()
            may_end.wait(30)
        connections.close_all()

    slow = threading.Thread(target=put_slowly)
    slow.start()
    assert is_put.wait(30)
    # What comes later and ends sooner must not carry the snapshot's place past the one that runs.
    put(order(3))
    first = write_snapshot(now=NOW)
    may_end.set()
    slow.join()
    assert sum(len(pq.read_table(file)) for file in first.files("orders")) == 2
    second = write_snapshot(now=NOW)
    assert sum(len(pq.read_table(file)) for file in second.files("orders")) == 3
    assert second.manifest.rewritten == ("2026-10", "2026-11")


def test_a_snapshot_that_forgot_where_an_order_had_been_would_be_seen(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(order(1), order(2))
    write_snapshot(now=NOW)
    put(order(2, placed_at=NOW - timedelta(days=40)))
    monkeypatch.setattr(months, "_months_holding", lambda *_: set())
    forgetful = rows_of(write_snapshot(now=NOW))
    assert forgetful != rows_of(from_scratch())


def read_until_it_is_lost() -> None:
    many = "SELECT repeat('x', 1000) AS text FROM generate_series(1, %(rows)s) AS n"
    with opened() as source, opened() as other:
        server = source.ask("SELECT pg_backend_pid() AS server", {})["server"][0].as_py()
        with source._asked(many, {"rows": 200_000}) as reader:
            reader.read_next_batch()
            other.ask("SELECT pg_terminate_backend(%(server)s, 5000) AS done", {"server": server})
            reader.read_all()


def read_what_cannot_be_computed() -> None:
    with opened() as source:
        source.ask("SELECT 1 / (n - %(last)s) AS part FROM generate_series(1, %(last)s) AS n", {"last": 100_000})


def test_that_the_database_is_lost_while_it_is_read_is_told_from_a_fault_of_the_statement(fresh_database: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        read_until_it_is_lost()
    with pytest.raises(OSError, match="zero"):
        read_what_cannot_be_computed()
