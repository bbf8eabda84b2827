"""Reports are asked for, fetched and removed, and schedules kept, as a program does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.client.shapes import KeptReport
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.models import ReportContent
from regulars.insights.reports.carrying_on import carry_on
from regulars.staff.models import AuditEntry

NOWHERE = "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"


@pytest.fixture
def ready(fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, KeptReport]:
    """A report of a shop with two orders, made as a worker makes it."""
    monkeypatch.setattr(settings, "INSTALLATION", SimpleNamespace(home=tmp_path, lake=tmp_path / "lake"))
    client = Client(URL, make_key(), transport=transport(), attempts=1)
    day = timezone.now() - timedelta(days=9)
    for number in range(2):
        client.orders.put("shop", str(number), an_order(placed_at=(day + timedelta(days=number)).isoformat()))
    asked = client.reports.ask("How we are", horizon_days=70, margin=0.4, grain="week", language="de")
    assert (asked["state"], asked["horizon_days"], asked["grain"], asked["narrowing"]) == ("waiting", 70, "week", None)
    assert carry_on(UUID(asked["id"]), clock=timezone.now)
    return client, client.reports.get(asked["id"])


def test_a_report_is_asked_for_looked_after_fetched_and_removed(ready: tuple[Client, KeptReport], tmp_path: Path):
    client, kept = ready
    assert (kept["state"], kept["error_message"], kept["share_done"], kept["orders"]) == ("ready", "", 1.0, 2)
    assert [each["id"] for each in client.reports.list()] == [kept["id"]]
    told = client.reports.json(kept["id"])
    assert (told["meta"]["title"], told["meta"]["margin"], told["metrics"]["orders"]) == ("How we are", 0.4, 2)
    page = client.reports.download(kept["id"], tmp_path / "report.html")
    assert page.stat().st_size == kept["size_bytes"]
    assert '<html lang="de">' in page.read_text()
    assert client.reports.remove(kept["id"])["id"] == kept["id"]
    with pytest.raises(ApiError) as gone:
        client.reports.get(kept["id"])
    assert (gone.value.status, gone.value.code) == (404, "no_such_report")
    assert not ReportContent.objects.exists()
    actions = AuditEntry.objects.filter(object_id=kept["id"]).order_by("id").values_list("action", flat=True)
    assert list(actions)[2:] == ["report.downloaded", "report.downloaded", "report.removed"]


def test_a_page_is_sent_as_a_file_and_kept_by_no_cache(ready: tuple[Client, KeptReport]):
    _, kept = ready
    http = httpx.Client(
        base_url=f"{URL}/v1", headers={"Authorization": f"Bearer {make_key('insights.read')}"}, transport=transport()
    )
    for form, kind in (("page", "text/html; charset=utf-8"), ("json", "application/json")):
        answer = http.get(f"/reports/{kept['id']}/{form}")
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"].startswith('attachment; filename="report-')
        assert answer.headers["cache-control"] == "no-store"


def test_a_report_that_is_not_ready_cannot_be_fetched_and_what_cannot_be_meant_is_placed(client: Client):
    asked = client.reports.ask("How we are")
    with pytest.raises(ApiError) as refused:
        client.reports.json(asked["id"])
    assert (refused.value.status, refused.value.code) == (409, "report_not_ready")
    for told, pointer in (
        ({"as_of": "2999-01-01"}, "/as_of"),
        ({"narrowing": {"by": "channel", "value": "moon"}}, "/narrowing"),
        ({"margin": 7}, "/margin"),
    ):
        with pytest.raises(ApiError) as wrong:
            client.reports.ask("How we are", **told)
        assert (wrong.value.status, wrong.value.pointer) == (422, pointer)
    assert ReportRow.objects.count() == 1


def test_reports_come_page_after_page(client: Client):
    asked = [client.reports.ask(f"Report {number}")["id"] for number in range(5)]
    assert [each["id"] for each in client.reports.list(page_size=2)] == asked[::-1]


def test_a_schedule_is_made_changed_paused_and_removed(client: Client):
    schedule_id = str(uuid4())
    made = client.reports.schedule(schedule_id, {"title": "The week", "every": "week", "weekday": 1})
    assert (made["id"], made["weekday"], made["is_paused"], made["margin"]) == (schedule_id, 1, False, 1.0)
    assert made["next_on"] is not None
    paused = client.reports.schedule(schedule_id, {"title": "The month", "every": "month", "is_paused": True})
    assert (paused["title"], paused["weekday"], paused["next_on"]) == ("The month", None, None)
    assert list(client.reports.schedules()) == [paused]
    assert client.reports.unschedule(schedule_id)["id"] == schedule_id
    assert list(client.reports.schedules()) == []
    with pytest.raises(ApiError) as absent:
        client.reports.unschedule(schedule_id)
    assert (absent.value.status, absent.value.code) == (404, "no_such_schedule")
    with pytest.raises(ApiError) as wrong:
        client.reports.schedule(schedule_id, {"title": "The week", "every": "week"})
    assert (wrong.value.status, wrong.value.pointer) == (422, "/weekday")


def test_a_key_that_may_read_may_ask_for_nothing(db: None):
    with Client(URL, make_key("insights.read"), transport=transport()) as other:
        assert (list(other.reports.list()), list(other.reports.schedules())) == ([], [])
        for call in (
            lambda: other.reports.ask("How we are"),
            lambda: other.reports.remove(NOWHERE),
            lambda: other.reports.schedule(NOWHERE, {"title": "The month", "every": "month"}),
            lambda: other.reports.unschedule(NOWHERE),
        ):
            with pytest.raises(ApiError) as refused:
                call()
            assert refused.value.status == 403
