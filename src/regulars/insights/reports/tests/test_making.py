"""A report is made of the lake: the figures of the command, whatever is killed, one at a time."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.business.queries import get_business
from regulars.insights import background
from regulars.insights.apart import GaveUp
from regulars.insights.lake import place
from regulars.insights.lake.alone import LAKE
from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent
from regulars.insights.reports.apart import Asked, Made, asked_of, make_apart
from regulars.insights.reports.asking import (
    MOST_UNDER_WAY,
    TooManyReports,
    download_report,
    open_report,
    remove_report,
)
from regulars.insights.reports.carrying_on import MAKING, carry_on
from regulars.insights.reports.contracts import NarrowedBy, Narrowing, ReportState
from regulars.insights.reports.jobs import take_up
from regulars.insights.reports.queries import (
    NoSuchReport,
    ReportNotReady,
    get_content,
    get_report,
    list_reports,
)
from regulars.insights.reports.tests.report_shop import WISHES, ask, made, put_small_orders
from regulars.insights.reports.wishing import WrongReport
from regulars.insights.tests.shop import MIRA, NOW, UNTIL, ZONE, open_shop, run
from regulars.insights.tests.test_apart import let_it
from regulars.insights.tests.test_apart import told as told_as
from regulars.insights.tests.test_runs import Killed, as_a_file
from regulars.intake.contracts import Settings
from regulars.kit import i18n
from regulars.kit.progress import silent
from regulars.orders import services as orders
from regulars.orders.tests.order_factory import order
from regulars.report.contracts import Options
from regulars.report.run import Goals
from regulars.report.run import run as report
from regulars.staff.models import AuditEntry
from regulars.stream.long_work import MOST_STARTS, alone_with
from regulars.stream.models import Event

PERSON = UUID("01890000-0000-7000-8000-000000000001")


def small_shop() -> None:
    open_shop(120)


def figures(told: dict[str, object]) -> dict[str, object]:
    """Return a report without when and of what file it was made."""
    meta = {name: value for name, value in dict(told["meta"]).items() if name not in {"files", "generated_at"}}  # type: ignore[call-overload]
    return {name: value for name, value in told.items() if name != "data"} | {"meta": meta}


@pytest.mark.begins_with(what=small_shop)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_report_says_to_the_last_digit_what_the_command_says_of_the_same_orders(
    fresh_database: str, tmp_path: Path, language: str
) -> None:
    wishes = replace(WISHES, horizon_days=70, margin=0.4, grain="week", unit="day", language=language)
    as_of = UNTIL - timedelta(days=20)
    kept = made(wishes=wishes, as_of=as_of)
    assert (kept.state, kept.error_code, kept.as_of) == (ReportState.READY, "", as_of)
    i18n.activate(language)
    report(
        [as_a_file(tmp_path)],
        settings=Settings(zone=ZONE, currency="EUR", as_of=as_of),
        options=Options(
            zone=ZONE, as_of=as_of, horizon_days=70, margin=0.4, grain="week", unit="day", title=WISHES.title
        ),
        goals=Goals(json=tmp_path / "report.json", html=tmp_path / "report.html"),
    )
    content = get_content(kept.id)
    ours, theirs = json.loads(content.json), json.loads((tmp_path / "report.json").read_text())
    assert figures(ours) == figures(theirs)
    assert kept.customers == ours["metrics"]["customers"] > 80
    assert kept.size_bytes == len(content.page) > 100_000
    page, file = content.page.decode(), (tmp_path / "report.html").read_text()
    # What differs is what the pages say of files: the lake has none.
    assert page[: page.index("<main")] == file[: file.index("<main")]
    assert f'<html lang="{language}">' in page


@pytest.mark.begins_with(what=put_small_orders)
def test_what_is_kept_is_ready_audited_told_and_can_be_removed(fresh_database: str) -> None:
    kept = made()
    assert [each.id for each in list_reports(limit=5)] == [kept.id]
    assert Event.objects.filter(type="report.made").count() == 1
    assert b"How we are" in open_report(report_id=kept.id, now=NOW, actor=MIRA).page
    assert json.loads(download_report(report_id=kept.id, form="json", now=NOW, actor=MIRA).json)["meta"]["title"]
    assert remove_report(report_id=kept.id, now=NOW, actor=MIRA) == kept
    assert not ReportContent.objects.exists()
    with pytest.raises(NoSuchReport):
        get_report(kept.id)
    actions = AuditEntry.objects.filter(object_id=str(kept.id)).order_by("id").values_list("action", flat=True)
    assert list(actions) == [f"report.{what}" for what in ("requested", "made", "opened", "downloaded", "removed")]
    assert set(AuditEntry.objects.filter(object_id=str(kept.id)).values_list("actor", flat=True)) == {"staff:mira"}


@pytest.mark.begins_with(what=put_small_orders)
def test_a_report_is_narrowed_to_the_orders_of_a_channel_a_location_or_a_country(fresh_database: str) -> None:
    def counted(narrowing: Narrowing | None) -> tuple[int, int]:
        kept = made(wishes=replace(WISHES, narrowing=narrowing))
        assert kept.error_code == ""
        metrics = json.loads(get_content(kept.id).json)["metrics"]
        assert (metrics["customers"], metrics["orders"]) == (kept.customers, kept.orders)
        return kept.customers, kept.orders

    assert counted(None) == (5, 15)
    assert counted(Narrowing(by=NarrowedBy.CHANNEL, value="till")) == (5, 9)
    assert counted(Narrowing(by=NarrowedBy.CHANNEL, value="online")) == (4, 6)
    assert counted(Narrowing(by=NarrowedBy.LOCATION, value="main-street")) == (5, 9)
    assert counted(Narrowing(by=NarrowedBy.COUNTRY, value="AT")) == (2, 3)
    assert counted(Narrowing(by=NarrowedBy.COUNTRY, value="SI")) == (3, 12)
    nowhere = made(wishes=replace(WISHES, narrowing=Narrowing(by=NarrowedBy.COUNTRY, value="JP")))
    assert (nowhere.state, nowhere.error_code) == (ReportState.FAILED, "no_orders")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"horizon_days": 0}, "horizon_days"),
        ({"margin": 0.0}, "margin"),
        ({"margin": 1.5}, "margin"),
        ({"language": "xx"}, "language"),
        ({"grain": "month"}, "grain"),
        ({"narrowing": Narrowing(by=NarrowedBy.CHANNEL, value="moon")}, "narrowing"),
        ({"narrowing": Narrowing(by=NarrowedBy.COUNTRY, value="Austria")}, "narrowing"),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_meant_is_refused_and_named(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(WrongReport) as refused:
        ask(wishes=replace(WISHES, **wrong))  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not ReportRow.objects.exists()


@pytest.mark.django_db
def test_a_report_stands_on_a_day_that_has_come_and_on_yesterday_where_none_is_named() -> None:
    assert ask().as_of == UNTIL
    assert ask(as_of=UNTIL + timedelta(days=1)).as_of == UNTIL + timedelta(days=1)
    with pytest.raises(WrongReport) as refused:
        ask(as_of=UNTIL + timedelta(days=2))
    assert refused.value.field == "as_of"


@pytest.mark.django_db
def test_no_more_wait_than_can_be_made_in_a_while() -> None:
    for _ in range(MOST_UNDER_WAY):
        ask()
    with pytest.raises(TooManyReports):
        ask()
    last = list_reports(limit=1)[0]
    remove_report(report_id=last.id, now=NOW, actor=MIRA)
    assert ask().state is ReportState.WAITING


def test_a_shop_without_orders_and_a_day_before_the_first_are_told_why(fresh_database: str) -> None:
    empty = made()
    assert (empty.state, empty.error_code) == (ReportState.FAILED, "no_orders")
    assert empty.error_message == "No customer has bought anything yet whose worth is known."
    with pytest.raises(ReportNotReady):
        get_content(empty.id)
    put_small_orders()
    early = made(as_of=date(2020, 1, 1))
    assert (early.error_code, "first order" in early.error_message) == ("nothing_by_then", True)
    assert Event.objects.filter(type="report.failed").count() == 2


def test_a_shop_with_one_order_has_a_report(fresh_database: str) -> None:
    orders.put_orders(orders=[order(placed_at=NOW - timedelta(days=2))], now=NOW, actor=MIRA)
    kept = made()
    assert (kept.state, kept.customers, kept.orders) == (ReportState.READY, 1, 1)
    assert b">nan<" not in get_content(kept.id).page.lower()


@pytest.mark.begins_with(what=put_small_orders)
def test_the_snapshot_is_read_where_nothing_has_happened_and_written_where_something_has(fresh_database: str) -> None:
    made()
    first = place.find_snapshot()
    made(NOW + timedelta(minutes=5))
    run(NOW + timedelta(minutes=7))
    after_run = place.find_snapshot()
    made(NOW + timedelta(minutes=9))
    assert first is not None
    assert after_run is not None
    assert place.find_snapshot() == after_run
    told = order("new", placed_at=NOW - timedelta(days=3))
    orders.put_orders(orders=[told], now=NOW, actor=MIRA)
    newest = made(NOW + timedelta(minutes=11))
    assert place.find_snapshot() != after_run
    assert newest.orders == 16


@pytest.mark.begins_with(what=put_small_orders)
def test_a_snapshot_that_is_read_stays_whatever_takes_its_place(fresh_database: str) -> None:
    made()
    read = place.find_snapshot()
    assert read is not None
    with place.held(read):
        for minutes in (1, 2, 3):
            run(NOW + timedelta(minutes=minutes))
        assert read.file("aliases").exists()
    run(NOW + timedelta(minutes=4))
    assert not read.folder.exists()


@pytest.mark.begins_with(what=put_small_orders)
def test_who_writes_the_lake_is_waited_for(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.insights.lake.alone._LOOK_EVERY_SECONDS", 0.01)
    seen, ready, waited = [], threading.Event(), threading.Event()

    def write() -> None:
        with alone_with(LAKE) as is_mine:
            assert is_mine
            ready.set()
            waited.wait(20)
        connections.close_all()

    def look(doing: str, done: float) -> None:
        seen.append(doing)
        if doing == "Waiting for another snapshot to be written":
            waited.set()

    other = threading.Thread(target=write)
    other.start()
    assert ready.wait(20)
    assert carry_on(ask().id, clock=lambda: NOW, shown=look)
    other.join()
    assert "Waiting for another snapshot to be written" in seen
    assert list_reports(limit=1)[0].state is ReportState.READY


@pytest.mark.django_db
def test_a_process_of_its_own_is_told_what_to_make_and_tells_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"ended": "well", "customers": 5, "orders": 15, "policy": "default-src 'none'", "named": [str(PERSON)]}
    let_it(monkeypatch, tmp_path, "echo '[\"Half way\", 0.5]'\n" + told_as(told))
    narrowing, seen = Narrowing(by=NarrowedBy.COUNTRY, value="AT"), []
    for wishes in (WISHES, replace(WISHES, horizon_days=70, margin=0.4, language="de", narrowing=narrowing)):
        asked = Asked(wishes=wishes, as_of=UNTIL, now=NOW, business=get_business())
        found = make_apart(asked, tmp_path, progress=lambda doing, share: seen.append((doing, share)))
        assert found == Made(customers=5, orders=15, policy="default-src 'none'", named=(PERSON,))
        assert ("Half way", 0.5) in seen
        assert asked_of(json.loads((tmp_path / "asked.json").read_text())) == asked
    let_it(monkeypatch, tmp_path, told_as({"ended": "gave_up", "code": "no_orders", "message": "There are none."}))
    with pytest.raises(GaveUp) as gave_up:
        make_apart(asked, tmp_path, progress=silent)
    assert gave_up.value.code == "no_orders"


@pytest.mark.begins_with(what=put_small_orders)
def test_what_is_killed_begins_anew_and_ends_as_if_nothing_had_been(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    asked = ask()
    for part in ("current_snapshot", "analyse", "render_html"):
        with monkeypatch.context() as patched:
            patched.setattr(f"regulars.insights.reports.making.{part}", die)
            with pytest.raises(Killed):
                carry_on(asked.id, clock=lambda: NOW)
        assert get_report(asked.id).state is ReportState.RUNNING
        assert not ReportContent.objects.exists()
    assert carry_on(asked.id, clock=lambda: NOW)
    assert get_report(asked.id).state is ReportState.READY


@pytest.mark.begins_with(what=put_small_orders)
def test_what_takes_every_worker_down_is_given_up(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr("regulars.insights.reports.making.current_snapshot", die)
    asked = ask()
    for _ in range(MOST_STARTS):
        with pytest.raises(Killed):
            carry_on(asked.id, clock=lambda: NOW)
    assert carry_on(asked.id, clock=lambda: NOW)
    assert get_report(asked.id).error_code == "interrupted"


@pytest.mark.begins_with(what=put_small_orders)
def test_a_lost_database_fails_no_report(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> None:
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("regulars.insights.reports.making.current_snapshot", lose)
    asked = ask()
    for _ in range(MOST_STARTS + 2):
        with pytest.raises(OperationalError):
            carry_on(asked.id, clock=lambda: NOW)
    assert get_report(asked.id).state is ReportState.RUNNING


@pytest.mark.begins_with(what=put_small_orders)
def test_what_nobody_foresaw_is_named_and_nothing_is_kept_of_what_it_says(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ines@example.com")

    monkeypatch.setattr("regulars.insights.reports.making.analyse", fail)
    failed = made()
    assert (failed.state, failed.error_code) == (ReportState.FAILED, "unforeseen")
    assert "ZeroDivisionError" in failed.error_message
    assert "ines" not in failed.error_message


@pytest.mark.begins_with(what=put_small_orders)
def test_of_two_at_once_one_is_made_and_the_other_waits(fresh_database: str) -> None:
    first, second = ask(), ask(NOW + timedelta(seconds=1))
    jobs = ProcrastinateJob.objects.filter(task_name="insights.make_report")
    assert set(jobs.values_list("lock", flat=True)) == {"insights.reports"}
    answers: list[bool] = []

    def busy(doing: str, done: float) -> None:
        def elsewhere() -> None:
            answers.append(carry_on(second.id, clock=lambda: NOW))
            connections.close_all()

        if not answers:
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()

    assert carry_on(first.id, clock=lambda: NOW, shown=busy)
    assert answers == [False]
    assert [each.state for each in list_reports(limit=5)] == [ReportState.WAITING, ReportState.READY]
    assert carry_on(second.id, clock=lambda: NOW)
    assert get_report(second.id).state is ReportState.READY


@pytest.mark.begins_with(what=put_small_orders)
def test_what_is_removed_while_it_is_made_is_made_no_further(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TOLD_EVERY_SECONDS", 0.0)
    asked, seen = ask(), []

    def remove(doing: str, done: float) -> None:
        seen.append(doing)
        if len(seen) == 1:
            remove_report(report_id=asked.id, now=NOW, actor=MIRA)

    assert not carry_on(asked.id, clock=lambda: NOW, shown=remove)
    assert len(seen) == 1
    assert not ReportRow.objects.exists()
    # A job that comes late finds nothing to do.
    assert carry_on(asked.id, clock=lambda: NOW)


@pytest.mark.begins_with(what=put_small_orders)
def test_where_the_worker_is_to_stop_the_report_waits_for_another(fresh_database: str) -> None:
    asked = ask()
    assert not carry_on(asked.id, clock=lambda: NOW, should_stop=lambda: True)
    assert get_report(asked.id).state is ReportState.RUNNING
    assert carry_on(asked.id, clock=lambda: NOW)


@pytest.mark.django_db
def test_a_report_that_no_job_works_on_gets_one_again() -> None:
    asked = ask()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'insights.make_report'")
    with alone_with(asked.id), alone_with(MAKING):
        take_up.func(0)
    assert ProcrastinateJob.objects.filter(task_name="insights.make_report", status="todo").count() == 0
    take_up.func(0)
    assert ProcrastinateJob.objects.filter(task_name="insights.make_report", status="todo").count() == 1
