"""Who is erased is named by no report that is kept."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from uuid import UUID

import pytest

from regulars.insights.models import KeptReport, ReportContent
from regulars.insights.personal_data import export
from regulars.insights.queries import find_report
from regulars.insights.reports.forgetting import forget_people
from regulars.insights.reports.queries import get_content, get_report
from regulars.insights.reports.tests.report_shop import made, put_small_orders
from regulars.insights.tests.shop import MIRA, NOW, run
from regulars.staff.models import AuditEntry


@pytest.fixture
def people(fresh_database: str) -> list[UUID]:
    return list(dict.fromkeys(put_small_orders()))


def test_who_is_erased_is_taken_out_of_page_and_json_and_the_figures_stay(people: list[UUID]) -> None:
    first, second = made(), made()
    gone, stays = people[4], people[3]
    before = json.loads(get_content(first.id).json)
    assert str(gone) in get_content(first.id).page.decode()
    assert [each["title"] for each in export([gone])["named_in_reports"]] == ["How we are", "How we are"]
    assert forget_people(customer_ids=[gone, UUID(int=1)], now=NOW, actor=MIRA) == 2
    for report in (first, second):
        content = get_content(report.id)
        assert str(gone) not in content.page.decode() + content.json.decode()
        assert str(stays) in content.page.decode()
        assert get_report(report.id).size_bytes == len(content.page)
    after = json.loads(get_content(first.id).json)
    assert [row["customer"] for row in after["best"]] == [
        row["customer"] for row in before["best"] if row["customer"] != str(gone)
    ]
    assert {name: after[name] for name in after if name not in {"best", "at_risk"}} == {
        name: before[name] for name in before if name not in {"best", "at_risk"}
    }
    assert export([gone])["named_in_reports"] == []
    assert AuditEntry.objects.filter(action="report.people_forgotten", actor="staff:mira").count() == 2
    assert forget_people(customer_ids=[gone], now=NOW, actor=MIRA) == 0


def test_the_reports_of_runs_name_them_no_longer_either(people: list[UUID]) -> None:
    first, second = run(), run(NOW + timedelta(hours=1))
    gone, stays = people[4], people[3]
    before = find_report(first.id)
    assert before
    assert export([gone])["named_in_runs"] == [first.as_of.isoformat()] * 2
    assert forget_people(customer_ids=[gone, UUID(int=1)], now=NOW, actor=MIRA) == 2
    assert export([gone])["named_in_runs"] == []
    after = find_report(first.id)
    assert after
    for people_of in ("best", "at_risk"):
        assert after[people_of] == [row for row in before[people_of] if row["customer"] != str(gone)]
    assert str(stays) in {row["customer"] for row in after["best"]}
    assert {**after, "best": 0, "at_risk": 0} == {**before, "best": 0, "at_risk": 0}
    forgotten = AuditEntry.objects.filter(action="report.people_forgotten", object_kind="insights_run")
    assert set(forgotten.values_list("object_id", flat=True)) == {str(first.id), str(second.id)}


def test_a_report_that_can_no_longer_be_read_is_removed_whole(people: list[UUID]) -> None:
    kept = made()
    ReportContent.objects.update(json=zlib.compress(b'{"of": "another version"}'))
    assert forget_people(customer_ids=[people[0]], now=NOW, actor=MIRA) == 1
    assert not KeptReport.objects.exists()
    assert AuditEntry.objects.get(action="report.removed").object_id == str(kept.id)
