"""A run: asked for, done, its scores kept; whatever goes wrong, yesterday's scores stay, and it says so."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import OperationalError, connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.insights import background, services
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import PRODUCTS, RunState, Score, Trigger
from regulars.insights.jobs import begin_nightly, take_up
from regulars.insights.lake import place
from regulars.insights.models import Run as RunRow
from regulars.insights.queries import (
    find_boundaries,
    find_latest_run,
    find_report,
    find_score,
    find_section,
    get_run,
    iter_scores,
    list_changes,
    list_runs,
)
from regulars.insights.scoring import deciles
from regulars.insights.sections import find_of_orders
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, ZONE, open_shop, run
from regulars.intake.contracts import Settings
from regulars.orders import services as orders
from regulars.orders.models import Order
from regulars.orders.tests.order_factory import ines, line, order
from regulars.report.contracts import Options
from regulars.report.run import Goals
from regulars.report.run import run as report
from regulars.staff.models import AuditEntry
from regulars.stream.long_work import MOST_STARTS, alone_with
from regulars.stream.models import Event


class Killed(BaseException):
    """What no code of ours catches, as a kill is."""


@pytest.fixture
def small_shop(fresh_database: str) -> None:
    open_shop(120)


def scores() -> dict[UUID, Score]:
    return {score.customer_id: score for score in iter_scores()}


def as_a_file(folder: Path) -> Path:
    """Write the orders of the lake as a shop would export them: amounts of orders, and of what came back."""
    snapshot = place.find_snapshot()
    assert snapshot is not None
    survivors = dict(row.values() for row in pq.read_table(snapshot.file("aliases")).to_pylist())
    goal = folder / "orders.csv"
    with goal.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["Customer", "Order", "Date", "Amount"])
        for file in snapshot.files("orders"):
            for row in pq.read_table(file).to_pylist():
                if row["customer_id"] is None or row["amount_minor"] is None:
                    continue
                at = (row["returned_at"] or row["placed_at"]).isoformat()
                whose = survivors.get(row["customer_id"], row["customer_id"])
                writer.writerow([whose, row["order_id"], at, f"{Decimal(row['amount_minor']) / 100:.2f}"])
    return goal


def test_a_run_finds_to_the_last_digit_what_the_report_finds_on_the_same_orders(
    small_shop: None, tmp_path: Path
) -> None:
    done = run()
    assert (done.state, done.error_code) == (RunState.SUCCEEDED, "")
    assert done.as_of == UNTIL
    analysis = report(
        [as_a_file(tmp_path)],
        settings=Settings(zone=ZONE, currency="EUR", as_of=UNTIL),
        options=Options(zone=ZONE, as_of=UNTIL),
        goals=Goals(json=tmp_path / "report.json"),
    )
    ours, theirs = dict(find_report(done.id) or {}), json.loads((tmp_path / "report.json").read_text())
    for told in (ours, theirs):
        del told["data"]
        for name in ("title", "files", "generated_at"):
            del told["meta"][name]
    assert ours == theirs
    kept = scores()
    assert len(kept) == done.customers == len(analysis.scores) > 100
    renamed = {"segment": "rfm_segment"}
    names = [name for name in analysis.scores.column_names if renamed.get(name, name) in Score.__dataclass_fields__]
    assert len(names) > 15
    for row in analysis.scores.to_pylist():
        score = kept[UUID(row["customer"])]
        assert [getattr(score, renamed.get(name, name)) for name in names] == [row[name] for name in names]


def test_the_first_run_keeps_history_of_everybody_and_the_same_again_of_nobody(small_shop: None) -> None:
    first = run()
    before = scores()
    some = next(iter(before.values()))
    [change] = list_changes([some.customer_id], limit=5)
    assert (change.rfm_segment, change.clv_decile) == (some.rfm_segment, some.clv_decile)
    second = run(NOW + timedelta(minutes=5))
    assert list_changes([some.customer_id], limit=5) == [change]
    # They stand as of the second run, and are the same.
    assert scores() == {
        customer: replace(score, run_id=second.id, scored_at=second.started_at) for customer, score in before.items()
    }
    assert [each.id for each in list_runs(limit=5)] == [second.id, first.id]
    assert [each.id for each in list_runs(limit=5, before=(second.started_at, second.id))] == [first.id]


def test_deciles_are_tenths_and_equal_values_share_one(small_shop: None) -> None:
    run()
    found = sorted((score.clv_minor, score.clv_decile) for score in iter_scores() if score.clv_minor is not None)
    assert {decile for _, decile in found} == set(range(1, 11))
    assert [decile for _, decile in found] == sorted(decile for _, decile in found if decile)
    by_value: dict[int, set[int | None]] = {}
    for value, decile in found:
        by_value.setdefault(value, set()).add(decile)
    assert all(len(deciles) == 1 for deciles in by_value.values())


def test_who_ordered_today_keeps_what_the_order_made_of_them(small_shop: None) -> None:
    run()
    someone = next(iter(scores()))
    [placed] = orders.put_orders(
        orders=[order("today", placed_at=NOW, lines=[line(90_000, 1)], total_minor=90_000, buyer=ines())],
        now=NOW,
        actor=MIRA,
    )
    assert placed.customer_id
    done = run(NOW + timedelta(hours=3))
    new = find_score(placed.customer_id)
    assert new is not None
    assert (new.last_on, new.rfm_on, new.r, new.clv_minor) == (
        UNTIL + timedelta(days=1),
        UNTIL + timedelta(days=1),
        5,
        None,
    )
    assert find_score(someone) is not None
    # The report stands as of yesterday, and does not know her yet.
    assert len(scores()) == done.customers + 1


def test_orders_that_do_not_fit_into_memory_are_read_by_the_engine_and_give_the_same(
    small_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        orders.put_orders(
            orders=[order(f"today-{number}", placed_at=NOW, lines=[line(9_000, 1)], total_minor=9_000, buyer=ines())],
            now=NOW,
            actor=MIRA,
        )
    run()
    before = scores()
    for module in ("regulars.insights.lake.reading", "regulars.report.reading"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 0)
    second = run(NOW + timedelta(minutes=5))
    assert second.state is RunState.SUCCEEDED
    after = scores()
    assert after.keys() == before.keys()
    for customer, score in after.items():
        expected = asdict(before[customer]) | {"run_id": second.id, "scored_at": second.started_at}
        for name, value in asdict(score).items():
            # Sums are made in another order.
            same = pytest.approx(expected[name], rel=1e-9) if isinstance(value, float) else expected[name]
            assert value == same, (customer, name)


def test_who_has_nothing_left_loses_the_scores_and_the_history_says_so(small_shop: None) -> None:
    run()
    lost = min(scores().values(), key=lambda score: (score.frequency, score.customer_id))
    Order.objects.filter(customer_id=lost.customer_id).update(cancelled_at=NOW)
    (place.lake() / "current").unlink()
    run(NOW + timedelta(days=1))
    assert find_score(lost.customer_id) is None
    [gone, before] = list_changes([lost.customer_id], limit=5)
    assert (gone.rfm_segment, before.rfm_segment) == (None, lost.rfm_segment)


# From the first thing that a run does to the last one.
PARTS = (
    "finding.write_snapshot",
    "keeping.stage",
    "analysing.find_of_days",
    "analysing.find_of_orders",
    "keeping.put_in_place",
    "ending.succeed",
)


@pytest.mark.parametrize("part", PARTS)
def test_a_run_that_fails_leaves_yesterdays_scores_and_pages_and_says_so(
    small_shop: None, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    first = run()
    before = scores()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ines@example.com")

    with monkeypatch.context() as patched:
        patched.setattr(f"regulars.insights.{part}", fail)
        failed = run(NOW + timedelta(days=1))
    assert (failed.state, failed.error_code) == (RunState.FAILED, "unforeseen")
    assert "ZeroDivisionError" in failed.error_message
    assert "ines" not in failed.error_message
    assert scores() == before
    assert find_report(failed.id) is None
    assert find_section(failed.id, PRODUCTS) is None
    # Orders that come now are scored by the boundaries of the run before, which pages show too.
    assert find_boundaries() == (first.id, first.boundaries)
    latest = find_latest_run(state=RunState.SUCCEEDED)
    assert latest is not None
    assert latest.id == first.id
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM insights_staged_score")
        assert cursor.fetchone() == (0,)
    assert Event.objects.filter(type="insights.run_failed").count() == 1
    assert AuditEntry.objects.filter(action="insights.run_failed").count() == 1
    # The next one is not hindered.
    assert run(NOW + timedelta(days=1, hours=1)).state is RunState.SUCCEEDED
    assert scores() != before


def test_scores_and_what_pages_show_take_their_place_at_once(small_shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run()
    before = scores()
    seen: list[tuple[bool, UUID | None]] = []

    def look(*args: Any, **more: Any) -> Any:
        latest = find_latest_run(state=RunState.SUCCEEDED)
        seen.append((scores() == before, latest.id if latest else None))
        return find_of_orders(*args, **more)

    monkeypatch.setattr("regulars.insights.analysing.find_of_orders", look)
    second = run(NOW + timedelta(days=1))
    assert seen == [(True, first.id)]
    assert {score.run_id for score in scores().values()} == {second.id}
    assert find_section(second.id, PRODUCTS) is not None


def indexes_of_scores() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'insights_score' ORDER BY 1")
        return [definition for _, definition in cursor.fetchall()]


def test_the_table_that_takes_its_turn_has_what_the_one_before_had(small_shop: None) -> None:
    before = indexes_of_scores()
    assert len(before) == 5
    for hours in range(2):
        run(NOW + timedelta(hours=hours))
        assert indexes_of_scores() == before
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'insights_score'")
            assert cursor.fetchone() == (len(scores()),)
            cursor.execute("SELECT count(*) FROM insights_staged_score")
            assert cursor.fetchone() == (0,)


def test_who_reads_scores_for_long_holds_up_the_run_and_nobody_else(
    small_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    before = scores()
    monkeypatch.setattr("regulars.insights.keeping._LOOK_EVERY_SECONDS", 0.05)
    told: list[str] = []

    def look(doing: str, done: float) -> None:
        told.append(doing)
        if doing.startswith("Waiting for a backup") and told.count(doing) == 2:
            # Who comes meanwhile is answered, and by the scores as they were.
            with psycopg.connect(where, autocommit=True) as other:
                other.execute("SET statement_timeout = '5s'")
                assert other.execute("SELECT count(*) FROM insights_score").fetchone() == (len(before),)
            backup.rollback()

    settings = connection.settings_dict
    where = psycopg.conninfo.make_conninfo(
        host=settings["HOST"],
        port=settings["PORT"],
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
    )
    with psycopg.connect(where) as backup:
        backup.execute("LOCK TABLE insights_score, insights_staged_score IN ACCESS SHARE MODE")
        asked = services.request_run(now=NOW + timedelta(hours=1), actor=MIRA)
        assert carry_on(asked.id, clock=lambda: NOW + timedelta(hours=1), shown=look)
    assert get_run(asked.id).state is RunState.SUCCEEDED
    assert {score.run_id for score in scores().values()} == {asked.id}


def test_without_orders_a_run_fails_and_says_that_there_are_none(fresh_database: str) -> None:
    failed = run()
    assert (failed.state, failed.error_code) == (RunState.FAILED, "no_orders")
    assert failed.error_message == "No customer has bought anything yet whose worth is known."


def test_a_run_that_is_killed_begins_anew_and_ends_as_if_nothing_had_been(
    small_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    asked = services.request_run(now=NOW, actor=MIRA)
    # Of more starts than these a run is given up.
    for part in PARTS[1 - MOST_STARTS :]:
        with monkeypatch.context() as patched:
            patched.setattr(f"regulars.insights.{part}", die)
            with pytest.raises(Killed):
                carry_on(asked.id, clock=lambda: NOW)
        assert get_run(asked.id).state is RunState.RUNNING
        assert not scores()
    assert carry_on(asked.id, clock=lambda: NOW)
    assert get_run(asked.id).state is RunState.SUCCEEDED
    assert scores()


def test_a_run_that_takes_every_worker_down_is_given_up(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr("regulars.insights.finding.write_snapshot", die)
    asked = services.request_run(now=NOW, actor=MIRA)
    for _ in range(MOST_STARTS):
        with pytest.raises(Killed):
            carry_on(asked.id, clock=lambda: NOW)
    assert carry_on(asked.id, clock=lambda: NOW)
    assert get_run(asked.id).error_code == "interrupted"


def test_a_lost_database_fails_no_run(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> None:
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    asked = services.request_run(now=NOW, actor=MIRA)
    monkeypatch.setattr("regulars.insights.finding.write_snapshot", lose)
    for _ in range(MOST_STARTS + 2):
        with pytest.raises(OperationalError):
            carry_on(asked.id, clock=lambda: NOW)
    assert get_run(asked.id).state is RunState.RUNNING


def test_of_two_who_ask_at_once_one_gets_a_run(fresh_database: str) -> None:
    answers: list[str] = []

    def ask() -> None:
        try:
            services.request_run(now=NOW, actor=MIRA)
            answers.append("asked")
        except services.RunUnderWay as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["asked", *["run_under_way"] * 3]
    assert RunRow.objects.count() == ProcrastinateJob.objects.filter(task_name="insights.carry_on").count() == 1


def test_its_progress_is_seen_by_others_while_it_runs(small_shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "TOLD_EVERY_SECONDS", 0.0)
    seen: list[tuple[str, float]] = []

    def look(doing: str, done: float) -> None:
        def elsewhere() -> None:
            latest = find_latest_run()
            assert latest is not None
            seen.append((latest.step, latest.share_done))
            connections.close_all()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    asked = services.request_run(now=NOW, actor=MIRA)
    assert carry_on(asked.id, clock=lambda: NOW, shown=look)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert len(set(shares)) > 8
    assert {"Reading the orders", "Scoring every customer"} <= {step for step, _ in seen}


def test_where_the_worker_is_to_stop_the_run_waits_for_another(small_shop: None) -> None:
    asked = services.request_run(now=NOW, actor=MIRA)
    assert not carry_on(asked.id, clock=lambda: NOW, should_stop=lambda: True)
    assert get_run(asked.id).state is RunState.RUNNING
    assert carry_on(asked.id, clock=lambda: NOW)


@pytest.mark.django_db
def test_a_run_that_no_job_works_on_gets_one_again() -> None:
    asked = services.request_run(now=NOW, actor=MIRA)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'insights.carry_on'")
    with alone_with(asked.id):
        take_up.func(0)
    assert ProcrastinateJob.objects.filter(task_name="insights.carry_on", status="todo").count() == 0
    take_up.func(0)
    assert ProcrastinateJob.objects.filter(task_name="insights.carry_on", status="todo").count() == 1


@pytest.mark.django_db
def test_the_nightly_run_begins_after_two_in_the_business_zone_once_for_each_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders.put_orders(orders=[order()], now=NOW, actor=MIRA)
    open_at = NOW.replace(hour=0, minute=30)
    # Without a business its zone is UTC.
    assert not services.is_due(now=open_at)
    assert services.is_due(now=open_at + timedelta(hours=2))
    monkeypatch.setattr("django.utils.timezone.now", lambda: open_at + timedelta(hours=2))
    begin_nightly.func(0)
    latest = find_latest_run()
    assert latest is not None
    assert latest.trigger is Trigger.NIGHTLY
    assert not services.is_due(now=latest.started_at)
    assert services.is_due(now=latest.started_at.replace(hour=3) + timedelta(days=1))


@pytest.mark.django_db
def test_nothing_bought_needs_no_nightly_run() -> None:
    assert not services.is_due(now=NOW.replace(hour=12))


def test_in_a_table_of_arrow_nothing_is_a_null(fresh_database: str) -> None:
    assert deciles(pa.chunked_array([pa.array([None, 3.0, 1.0], pa.float64())])).to_pylist() == [None, 6, 1]
    assert deciles(pa.chunked_array([pa.nulls(2, pa.float64())])).to_pylist() == [None, None]
