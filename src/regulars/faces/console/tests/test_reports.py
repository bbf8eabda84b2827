"""The page Reports: before any order, with one, asked for, opened, taken along, scheduled, removed."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.customers.models import Customer
from regulars.faces.console.consumers import TELL_OF_REPORT, tell_of_reports
from regulars.faces.console.jobs import tell_of_report
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.serving import client_of
from regulars.insights.carrying_on import carry_on as score
from regulars.insights.contracts import Run
from regulars.insights.models import KeptReport as ReportRow
from regulars.insights.queries import get_run
from regulars.insights.reports.asking import request_report
from regulars.insights.reports.carrying_on import carry_on
from regulars.insights.reports.contracts import Every, KeptReport, Plan, Wishes
from regulars.insights.reports.queries import get_report, list_reports, list_schedules
from regulars.insights.reports.scheduling import ask_for_due, save_schedule
from regulars.insights.services import request_run
from regulars.report.page.render import content_policy
from regulars.staff.contracts import Role
from regulars.staff.models import AuditEntry
from regulars.staff.services import change_account
from regulars.stream.contracts import Cursor, Event
from regulars.stream.queries import look_through

ID = UUID("01890000-0000-7000-8000-00000000000a")
ASKED = {"title": "How we are", "margin": "42.5", "grain": "week", "language": "en"}


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the lake of a test in a folder of its own."""
    here = {name: getattr(settings.INSTALLATION, name) for name in ("url", "mail_server")}
    monkeypatch.setattr(
        settings, "INSTALLATION", SimpleNamespace(home=tmp_path, lake=tmp_path / "lake", is_sandbox=False, **here)
    )


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take mails as a server would."""
    monkeypatch.setattr(settings.INSTALLATION, "mail_server", "set up")
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    mail.outbox = []


def sold() -> None:
    shop.business()
    shop.put([shop.order_of(shop.Words(), days_ago=9)])


def made(title: str = "How we are") -> KeptReport:
    asked = request_report(wishes=Wishes(title=title), now=timezone.now(), actor=shop.ACTOR)
    assert carry_on(asked.id, clock=timezone.now)
    return get_report(asked.id)


def without_names(page: bytes) -> bytes:
    """Return a page with the id of its only customer in the place of the name, which is there more than once."""
    [customer] = Customer.objects.all()
    assert str(customer.id).encode() not in page
    assert page.count(customer.name.encode()) > 1
    return page.replace(customer.name.encode(), str(customer.id).encode())


def scored() -> Run:
    asked = request_run(now=timezone.now(), actor=shop.ACTOR)
    assert score(asked.id, clock=timezone.now)
    return get_run(asked.id)


def test_before_any_order_the_page_says_so_and_leads_to_imports(owner: Client):
    page = owner.get("/reports").text
    assert "No orders yet" in page
    assert 'href="/imports/new"' in page
    assert "New report" not in page
    assert "Nothing has been bought yet" in owner.get("/reports/new").text
    assert "Nobody has been scored yet" not in owner.get("/reports/runs").text


def test_the_first_report_is_taught_asked_for_and_made(owner: Client):
    sold()
    page = owner.get("/reports").text
    assert "No report has been asked for yet" in page
    assert "No report comes by itself yet" in page
    answer = owner.post("/reports/new", ASKED | {"narrowing": "channel:online", "horizon_days": "60"})
    [asked] = list_reports(limit=5)
    assert answer.headers["Location"] == f"/reports/{asked.id}"
    assert (asked.wishes.margin, asked.wishes.grain, asked.wishes.horizon_days) == (0.425, "week", 60)
    waiting = owner.get(f"/reports/{asked.id}").text
    assert "Waiting for its turn" in waiting
    assert "You can leave this page" in waiting
    assert 'hx-get="/reports"' in owner.get("/reports").text
    assert carry_on(asked.id, clock=timezone.now)
    assert "HX-Refresh" in owner.get(f"/reports/{asked.id}", headers={"HX-Target": "progress"}).headers
    ready = owner.get(f"/reports/{asked.id}").text
    assert "It tells of 1 customer with 1 order" in ready
    for told in ("Channel: online", "60 days", "42.5%", "all orders of a customer’s week", "Mira Oduya"):
        assert told in ready
    listed = owner.get("/reports").text
    assert "The latest report, “How we are”, tells of 1 customer" in listed
    assert 'hx-get="/reports"' not in listed


def test_what_cannot_be_meant_stands_at_its_field(owner: Client):
    sold()
    later = (timezone.now() + timedelta(days=3)).date().isoformat()
    for told, words in (
        ({"as_of": later}, "on a day that has come"),
        ({"margin": "0"}, "greater than or equal to 1"),
        ({"title": ""}, "This field is required"),
        ({"narrowing": "channel:moon"}, "not one of the available choices"),
    ):
        answer = owner.post("/reports/new", ASKED | told)
        assert answer.status_code == 422
        assert words in answer.text
    assert not ReportRow.objects.exists()


def test_the_page_is_opened_under_its_own_policy_and_taken_along_and_both_are_on_the_trail(owner: Client):
    sold()
    kept = made()
    opened = owner.get(f"/reports/{kept.id}/page")
    policy = opened.headers["Content-Security-Policy"]
    assert policy.startswith(f"{content_policy()}; sandbox allow-scripts ")
    assert "allow-same-origin" not in policy
    assert "unsafe" not in policy
    assert opened.headers["Cache-Control"].startswith("max-age=0")
    file = owner.get(f"/reports/{kept.id}/html")
    assert file.content == without_names(opened.content)
    assert file.headers["Content-Disposition"] == f'attachment; filename="report-{kept.as_of}.html"'
    told = json.loads(owner.get(f"/reports/{kept.id}/json").content)
    assert told["meta"]["title"] == "How we are"
    actions = AuditEntry.objects.filter(object_id=str(kept.id), actor__startswith="staff:").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["report.opened", *["report.downloaded"] * 2]


def test_a_name_that_comes_from_outside_is_only_ever_text(owner: Client):
    name = "</script><img src=x onerror=alert(1)>"
    shop.business()
    shop.put([shop.order_of(shop.Words(name=name), days_ago=9)])
    page = owner.get(f"/reports/{made().id}/page").text
    assert html.escape(name) in page
    assert "<img" not in page


def test_a_report_that_failed_says_why_and_cannot_be_opened(owner: Client):
    failed = made()
    page = owner.get(f"/reports/{failed.id}").text
    assert "It could not be made" in page
    assert "No customer has bought anything yet whose worth is known." in page
    assert "Ask for another" in page
    refused = owner.get(f"/reports/{failed.id}/page")
    assert (refused.status_code, "could not be made" in refused.text) == (400, True)
    assert owner.get(f"/reports/{ID}").status_code == 404


def test_a_report_is_removed_after_it_was_asked_for_once_by_name(owner: Client):
    sold()
    kept = made()
    assert "Remove How we are as of" in owner.get(f"/reports/{kept.id}").text
    answer = owner.post(f"/reports/{kept.id}/remove", follow=True)
    assert "The report “How we are” is removed." in answer.text
    assert not ReportRow.objects.exists()


def test_reports_stand_on_pages(owner: Client):
    sold()
    for number in range(20):
        request_report(wishes=Wishes(title=f"Report {number}"), now=timezone.now(), actor=shop.ACTOR)
    ReportRow.objects.update(state="failed")
    for number in range(20, 30):
        request_report(wishes=Wishes(title=f"Report {number}"), now=timezone.now(), actor=shop.ACTOR)
    page = owner.get("/reports").text
    assert "Report 29" in page
    assert "Report 4<" not in page
    earlier = page.split('href="/reports?before=')[1].split('"')[0]
    older = owner.get(f"/reports?before={earlier}").text
    assert "Report 4<" in older
    assert "Report 29" not in older


def test_what_a_run_found_is_opened_as_a_report_without_a_new_analysis(owner: Client, monkeypatch: pytest.MonkeyPatch):
    sold()
    run = scored()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("regulars.report.analyse.analyse", refuse)
    assert f"/reports/runs/{run.id}/page" in owner.get("/reports").text
    assert f"/reports/runs/{run.id}/page" in owner.get("/reports/runs").text
    opened = owner.get(f"/reports/runs/{run.id}/page")
    assert "Corner Coffee &amp; Home" in opened.text
    assert opened.headers["Content-Security-Policy"].startswith(content_policy())
    assert owner.get(f"/reports/runs/{run.id}/html").content == without_names(opened.content)
    told = json.loads(owner.get(f"/reports/runs/{run.id}/json").content)
    assert list(told)[:3] == ["meta", "data", "metrics"]
    assert AuditEntry.objects.filter(object_id=str(run.id), action="report.opened").count() == 1
    assert owner.get(f"/reports/runs/{ID}/page").status_code == 404


def test_a_schedule_is_made_changed_let_rest_resumed_and_removed(owner: Client):
    sold()
    account = client_account(Role.ANALYST)
    told = ASKED | {"when": "week:1", "told": [str(account)]}
    assert "comes next in the night to" in owner.post("/reports/schedules/new", told, follow=True).text
    [schedule] = list_schedules()
    assert (schedule.plan.every, schedule.plan.weekday, schedule.plan.told) == (Every.WEEK, 1, (account,))
    page = owner.get("/reports").text
    assert "Each Monday" in page
    assert "The next comes by itself in the night to" in page
    address = f"/reports/schedules/{schedule.id}"
    assert 'value="42.5"' in owner.get(address).text
    owner.post(address, told | {"when": "quarter", "title": "The quarter"})
    assert "On the first of each quarter" in owner.get("/reports").text
    assert "“The quarter” rests until you resume it." in owner.post(f"{address}/pause", follow=True).text
    assert "paused" in owner.get("/reports").text
    # Who changes it lets it rest.
    owner.post(address, told | {"when": "month"})
    assert list_schedules()[0].plan.is_paused
    assert "comes next" in owner.post(f"{address}/resume", follow=True).text
    assert "its reports stay" in owner.post(f"{address}/remove", follow=True).text
    assert list_schedules() == []


def test_who_may_only_read_sees_reports_and_no_way_to_ask_for_them(owner: Client):
    sold()
    kept = made()
    agent = client_of(Role.AGENT)
    page = agent.get("/reports").text + agent.get(f"/reports/{kept.id}").text
    assert "How we are" in page
    for word in ("New report", "New schedule</a>", "Remove the report"):
        assert word not in page
    assert agent.get(f"/reports/{kept.id}/page").status_code == 200
    assert agent.post(f"/reports/{kept.id}/remove").status_code == 403
    assert client_of(Role.TILL).get("/reports").status_code == 403


def client_account(role: Role) -> UUID:
    return shop.account(role, f"{role} reader").id


def due_report(told: tuple[UUID, ...]) -> KeptReport:
    """Let a schedule's night come, and make its report."""
    plan = Plan(wishes=Wishes(title="The week"), every=Every.WEEK, weekday=timezone.now().isoweekday(), told=told)
    save_schedule(schedule_id=ID, plan=plan, now=timezone.now() - timedelta(days=6), actor=shop.ACTOR)
    assert ask_for_due(now=timezone.now().replace(hour=12)) == 1
    [asked] = list_reports(limit=1)
    assert carry_on(asked.id, clock=timezone.now)
    return get_report(asked.id)


def made_events() -> Sequence[Event]:
    """Return what the stream tells of reports that were made."""
    found = look_through(after=Cursor(), limit=500, types=["report.made"]).events
    assert len(found) == 1
    return found


def jobs() -> list[dict[str, str]]:
    """Return the mails that are to be sent."""
    return [job.args for job in ProcrastinateJob.objects.filter(task_name=TELL_OF_REPORT).order_by("id")]


@pytest.mark.usefixtures("owner", "mails")
def test_who_is_to_know_gets_one_mail_with_the_link_and_who_may_not_see_it_none():
    sold()
    ada, gone = client_account(Role.ANALYST), client_account(Role.MANAGER)
    kept = due_report((ada, gone))
    change_account(account_id=gone, role=Role.TILL, now=timezone.now(), actor=shop.ACTOR)
    for _ in range(2):
        tell_of_reports(made_events())
    assert jobs() == [{"account_id": str(ada), "report_id": str(kept.id)}]
    tell_of_report.func(**jobs()[0])
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["analyst@example.com"], "Report: The week")
    assert f"/reports/{kept.id}\n" in sent.body
    ReportRow.objects.filter(id=kept.id).update(state="failed", error_message="There were none.")
    tell_of_report.func(**jobs()[0])
    assert mail.outbox[1].subject == "Report: The week could not be made"
    assert "There were none." in mail.outbox[1].body
    ReportRow.objects.all().delete()
    tell_of_report.func(**jobs()[0])
    assert len(mail.outbox) == 2


@pytest.mark.usefixtures("owner")
def test_where_no_server_takes_mails_none_is_asked_for_and_the_form_says_so(owner: Client):
    sold()
    due_report((client_account(Role.ANALYST),))
    tell_of_reports(made_events())
    assert jobs() == []
    assert "No mail server is named yet" in owner.get("/reports/schedules/new").text


@pytest.mark.usefixtures("owner", "mails")
def test_a_report_that_somebody_asked_for_tells_nobody_by_mail():
    sold()
    made()
    tell_of_reports(made_events())
    assert jobs() == []
