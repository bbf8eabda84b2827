"""Send a file in, look at it, try it, and take home what was refused."""

from __future__ import annotations

import csv
import gzip
import io
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from regulars.imports import files, services
from regulars.imports.contracts import Counts, FileMapping, ImportKind, ImportState
from regulars.imports.files import FileDamaged, FileTooLarge, path_of
from regulars.imports.queries import (
    count_by_code,
    count_by_reason,
    get_import,
    get_originals,
    list_imports,
    list_refusals,
    preview,
)
from regulars.imports.reading import FileNotImportable
from regulars.imports.refused_rows import iter_refused_csv
from regulars.imports.services import SameFileUnderWay, WrongState
from regulars.imports.tests.import_factory import MIRA, NOW, demo, receive, refused_of, run, send, work
from regulars.orders.contracts import OrderState

pytestmark = pytest.mark.django_db
ORDERS = (
    "order_id,customer_id,date,product,quantity,unit_price\n1,a,2026-11-02,bowl,1,5.00\n2,b,2026-11-03,cup,2,3.00\n"
)


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_a_file_lies_under_the_imports_id_for_this_user_only(home: Path) -> None:
    received = services.receive_file(
        kind=ImportKind.ORDERS, file_name="../../etc/x.csv", chunks=[b"a"], source="shop", now=NOW, actor=MIRA
    )
    [path] = (home / "imports").iterdir()
    assert path.name == str(received.id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert received.file_name == "x.csv"


def test_a_file_larger_than_the_limit_is_refused_while_it_comes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1_000)
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    with pytest.raises(FileTooLarge):
        services.receive_file(
            kind=ImportKind.ORDERS, file_name="x", chunks=endless(), source="shop", now=NOW, actor=MIRA
        )
    assert read == 1_100
    assert list((home / "imports").iterdir()) == []
    assert list_imports(limit=10) == []


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr(files, "MOST_UNPACKED_SHEET_BYTES", 1_000_000)
    packed = gzip.compress(b"0" * 1_000_001)
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 1_000_001)
    for bomb in (packed, sheet.getvalue()):
        assert len(bomb) < 10_000
        with pytest.raises(FileTooLarge):
            receive(bomb)
    assert receive(gzip.compress(b"0" * 1_000_000)).state is ImportState.UPLOADED
    assert len(list((home / "imports").iterdir())) == 1


def test_a_sheet_that_lies_about_its_size_is_refused() -> None:
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000)
    size = (100_000).to_bytes(4, "little")
    assert sheet.getvalue().count(size) == 2
    with pytest.raises(FileDamaged):
        receive(sheet.getvalue().replace(size, (10).to_bytes(4, "little")))


def test_a_packed_file_that_is_cut_off_is_refused() -> None:
    with pytest.raises(FileDamaged):
        receive(gzip.compress(demo(10))[:-20])


def test_what_cannot_be_read_is_said_with_the_users_name_of_the_file(home: Path) -> None:
    with pytest.raises(FileNotImportable) as caught:
        send("colour,shape\nred,round\ngreen,square\n")
    assert caught.value.code == "column_not_recognised"
    assert "export.csv" in caught.value.message
    assert str(home) not in caught.value.message


def test_a_preview_shows_orders_as_they_would_be_kept_and_what_is_wrong() -> None:
    sent = send(ORDERS + "3,c,yesterday,cup,2,3.00\n")
    shown = preview(sent.id, now=NOW)
    states = [item.state for item in shown.items]
    assert [state.external_id for state in states if isinstance(state, OrderState)] == ["1", "2"]
    assert [(refusal.row, refusal.code) for refusal in shown.refused] == [(3, "bad_date")]
    assert shown.recognised.columns["date"] == "date"
    assert count("orders_order") == 0


def test_what_was_guessed_is_kept_with_how_the_file_was_understood() -> None:
    sent = send("order,customer,date,amount\n1,a,02.11.2026,5.00\n")
    assert sent.recognised
    assert [note.code for note in sent.recognised.notes] == ["date_order_assumed"]


def test_a_file_is_looked_at_as_another_mapping_would_have_it_and_nothing_is_kept() -> None:
    received = receive(ORDERS)
    mapping = FileMapping(columns={"product": ""})
    [first, _] = preview(received.id, now=NOW, mapping=mapping).items
    assert isinstance(first.state, OrderState)
    assert first.state.lines[0].product.external_id == "not-itemised"
    assert get_import(received.id).mapping == FileMapping()


def test_rows_are_shown_as_they_stand_also_where_no_column_is_recognised() -> None:
    received = receive("a,b\n1,\n2,x\n3,y\n")
    found = get_originals(received.id, rows=[1, 3], now=NOW)
    assert (found.columns, found.rows) == (["a", "b"], {1: ["1", None], 3: ["3", "y"]})
    with pytest.raises(FileNotImportable):
        preview(received.id, now=NOW)


def test_refused_rows_are_counted_by_reason() -> None:
    sent = run(send(ORDERS + "3,c,yesterday,cup,2,3.00\n4,c,,cup,2,3.00\n5,c,,cup,2,3.00\n"))
    assert count_by_reason(sent.id) == [
        ("There is no date.", 2),
        ("The date cannot be read, or is not between 1900 and 2200.", 1),
    ]


def test_what_the_user_says_of_columns_holds() -> None:
    content = "k;b;wann;netto;brutto\n1;a;02.11.2026;5,00;6,00\n2;b;13.11.2026;10,00;12,00\n"
    sent = send(content, columns={"order": "k", "customer": "b", "date": "wann", "amount": "brutto"}, currency="CHF")
    assert run(sent).counts == Counts(imported=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id, total_minor, currency FROM orders_order ORDER BY 1")
        assert cursor.fetchall() == [("1", 600, "CHF"), ("2", 1200, "CHF")]


@pytest.mark.parametrize("kind", [ImportKind.ORDERS, ImportKind.CUSTOMERS, ImportKind.PRODUCTS])
def test_a_dry_run_counts_as_a_run_does_and_keeps_nothing(kind: ImportKind) -> None:
    content = demo(30) if kind is ImportKind.ORDERS else PEOPLE if kind is ImportKind.CUSTOMERS else GOODS
    sent = send(content, kind)
    tables = ("orders_order", "orders_line", "orders_product", "customers_customer", "customers_identifier")
    before = [count(table) for table in (*tables, "stream_event")]
    services.start_dry_run(import_id=sent.id, now=NOW, actor=MIRA)
    tried = work(sent)
    assert tried.state is ImportState.MAPPED
    assert [count(table) for table in (*tables, "stream_event")] == before
    refused = refused_of(sent)
    done = run(sent)
    assert tried.dry_run == done.counts
    assert done.counts.imported > 0
    assert refused_of(sent) == refused


PEOPLE = """\
id,email,name,city,birthday
1,ines@example.com,Ines Kovač,Wien,24.12.1990
2,,Bob,Graz,13.1.1985
,,Nobody,Linz,
4,bad,Dora,Wels,soon
"""
GOODS = "sku,title,category\nbowl,Harvest Bowl,Home\n,No number and no,Home\ncup,Cup,Home\n"


def test_the_same_file_is_imported_by_one_at_a_time() -> None:
    first, second = send(ORDERS), send(ORDERS)
    services.start(import_id=first.id, now=NOW, actor=MIRA)
    with pytest.raises(SameFileUnderWay):
        services.start(import_id=second.id, now=NOW, actor=MIRA)
    work(first)
    assert run(second).counts == Counts(unchanged=2)


def test_an_import_is_mapped_before_it_runs_and_runs_once() -> None:
    received = receive(ORDERS)
    with pytest.raises(WrongState):
        services.start(import_id=received.id, now=NOW, actor=MIRA)
    services.map_columns(import_id=received.id, mapping=FileMapping(), now=NOW, actor=MIRA)
    run(received)
    for again in (services.start, services.cancel):
        with pytest.raises(WrongState):
            again(import_id=received.id, now=NOW, actor=MIRA)


def test_the_refused_rows_come_back_as_they_stood_with_their_reasons_and_without_formulas() -> None:
    content = (
        "order_id,customer_id,date,total\n1,a,2026-11-02,5.00\n=1+1,+b,yesterday,-5.00\n"
        '"@cmd",c,soon,5.00\n2,d,2026-11-03,7.50\n'
    )
    done = run(send(content))
    rows = list(csv.reader(io.StringIO("".join(iter_refused_csv(done.id)))))
    assert rows[0] == ["order_id", "customer_id", "date", "total", "Row", "Code", "Why it was refused"]
    assert [row[:6] for row in rows[1:]] == [
        ["'=1+1", "'+b", "yesterday", "'-5.00", "2", "bad_date"],
        ["'@cmd", "c", "soon", "5.00", "3", "bad_date"],
    ]
    assert all(row[6].startswith("The date cannot be read") for row in rows[1:])
    assert count_by_code(done.id) == [("bad_date", 2)]


def test_the_stream_and_the_audit_trail_tell_who_imported_what() -> None:
    done = run(send(ORDERS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, actor, payload ->> 'imported' FROM stream_event WHERE type LIKE 'import.%%'")
        assert sorted(cursor.fetchall()) == [
            ("import.finished", str(MIRA), "2"),
            ("import.started", str(MIRA), "0"),
        ]
        cursor.execute("SELECT action, actor FROM staff_audit_entry WHERE object_id = %s", [str(done.id)])
        assert {action for action, actor in cursor.fetchall() if actor == str(MIRA)} == {
            "import.received",
            "import.mapped",
            "import.started",
            "import.finished",
        }


def test_a_file_is_removed_a_while_after_its_import_ended_and_the_reasons_stay(home: Path) -> None:
    done = run(send(ORDERS + "3,c,yesterday,cup,2,3.00\n"))
    waiting = send(demo(5))
    later = NOW + timedelta(days=31)
    assert services.forget_files(now=later, ended_before=NOW) == 0
    assert services.forget_files(now=later, ended_before=NOW + timedelta(days=1)) == 1
    assert [path.name for path in (home / "imports").iterdir()] == [str(waiting.id)]
    assert get_import(done.id).file_removed_at == later
    assert [refusal.row for refusal in list_refusals(done.id, limit=10)] == [3]
    assert len(list(iter_refused_csv(done.id))) == 2


def test_an_import_whose_file_is_gone_fails_and_says_so() -> None:
    sent = send(ORDERS)
    services.start(import_id=sent.id, now=NOW, actor=MIRA)
    path_of(sent.id).unlink()
    failed = work(sent)
    assert (failed.state, failed.error_code) == (ImportState.FAILED, "file_gone")


@pytest.mark.django_db
def test_of_two_that_begin_in_the_same_moment_the_second_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = send(demo(5)), send(demo(5))
    services.start(import_id=first.id, now=NOW, actor=MIRA)
    # Neither sees the other's start, as it has not been committed yet.
    monkeypatch.setattr(services, "_refuse_same_file", lambda _: None)
    with pytest.raises(services.SameFileUnderWay):
        services.start(import_id=second.id, now=NOW, actor=MIRA)
    assert get_import(second.id).state is ImportState.MAPPED
