"""The files on their way out: made from the list, fetched, and removed after one question."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from regulars.exports.carrying_on import carry_on
from regulars.exports.contracts import Export, ExportFormat, ExportKind
from regulars.exports.files import path_of
from regulars.exports.queries import get_export, list_exports
from regulars.exports.services import ask_for
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.staff.contracts import Role
from regulars.staff.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of a test in a home of its own."""
    monkeypatch.setattr(settings, "INSTALLATION", SimpleNamespace(home=tmp_path, is_sandbox=False))


def taken_out(client: Client, **told: object) -> Export:
    """Take the list out as Parquet, and write the file as a worker would."""
    answer = client.post("/customers/export", {"format": "parquet", **told})
    assert answer.headers["Location"] == "/exports"
    [asked] = list_exports(limit=1)
    assert carry_on(asked.id, clock=timezone.now)
    return get_export(asked.id)


def test_the_list_is_taken_out_as_parquet_by_its_filter_with_its_columns() -> None:
    client = client_of(Role.ANALYST)
    shop.many(3)
    made = taken_out(client, where='profile.city = "Ljubljana"', show=["profile.city", "orders.count"])
    page = client.get("/exports").text
    assert "Facts of customers" in page
    assert "profile.city = &quot;Ljubljana&quot;" in page
    answer = client.get(f"/exports/{made.id}/file")
    table = pq.read_table(pa.BufferReader(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert table.column_names == ["regulars_id", "name", "email", "phone", "profile.city", "orders.count"]
    assert made.rows
    assert table.num_rows == made.rows
    assert set(table["profile.city"].to_pylist()) == {"Ljubljana"}
    actions = AuditEntry.objects.filter(object_kind="export").order_by("position").values_list("action", flat=True)
    assert list(actions) == ["export.asked", "export.finished", "export.downloaded"]


def test_what_words_find_is_no_filter_and_a_filter_that_cannot_be_read_makes_no_file() -> None:
    client = client_of(Role.ANALYST)
    shop.many(1)
    assert "As Parquet" in client.get("/customers").text
    assert "As Parquet" not in client.get("/customers?q=kovac").text
    answer = client.post("/customers/export", {"format": "parquet", "q": "kovac"})
    assert "Parquet is made by the filter" in client.get(answer.headers["Location"]).text
    assert client.post("/customers/export", {"format": "parquet", "where": "orders.cuont > 1"}).status_code == 400
    assert list_exports(limit=1) == []


def test_a_file_is_removed_after_one_question_and_is_then_no_longer_to_be_had() -> None:
    client = client_of(Role.ANALYST)
    shop.many(1)
    made = taken_out(client)
    page = client.get("/exports").text
    assert "Remove this file?" in page
    assert "It can no longer be fetched" in page
    client.post(f"/exports/{made.id}/remove")
    assert not path_of(made.id).exists()
    assert "The file is no longer kept." in client.get("/exports").text
    assert client.get(f"/exports/{made.id}/file").status_code == 400


def test_a_list_with_a_file_that_is_being_written_asks_again_and_one_without_does_not() -> None:
    client = client_of(Role.OWNER)
    assert "No files yet" in client.get("/exports").text
    asked = ask_for(kind=ExportKind.ORDERS, form=ExportFormat.CSV, now=timezone.now(), actor=shop.ACTOR)
    part = client.get("/exports", headers={"HX-Request": "true", "HX-Target": "files"}).text
    assert "Being written" in part
    assert "every 2s" in part
    assert "<html" not in part
    carry_on(asked.id, clock=timezone.now)
    assert "every 2s" not in client.get("/exports").text


def test_many_files_stand_on_several_pages() -> None:
    client = client_of(Role.OWNER)
    for number in range(51):
        now = timezone.now() - timedelta(minutes=number)
        ask_for(kind=ExportKind.EVENTS, form=ExportFormat.JSONL, now=now, actor=shop.ACTOR)
    page = client.get("/exports").text
    assert page.count("<tr>") == 51
    earlier = page.partition("before=")[2].partition('"')[0].replace("&amp;", "&")
    assert client.get(f"/exports?before={earlier}").text.count("<tr>") == 2
