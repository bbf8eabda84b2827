"""Schedules are kept, pause and go on, and each of their nights brings one report."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.utils import timezone

from regulars.business import services as business
from regulars.business.queries import get_business
from regulars.insights.models import ReportSchedule
from regulars.insights.reports import scheduling
from regulars.insights.reports.contracts import Every, NarrowedBy, Narrowing, Plan
from regulars.insights.reports.jobs import begin_due
from regulars.insights.reports.queries import (
    NoSuchSchedule,
    get_schedule,
    list_reports,
    list_schedules,
)
from regulars.insights.reports.scheduling import (
    TooManySchedules,
    ask_for_due,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    save_schedule,
)
from regulars.insights.reports.tests.report_shop import WISHES, put_small_orders
from regulars.insights.reports.wishing import WrongReport
from regulars.insights.tests.shop import MIRA, ZONE
from regulars.staff.contracts import Role
from regulars.staff.models import AuditEntry
from regulars.staff.services import create_account

ID = UUID("01890000-0000-7000-8000-00000000000a")
# A Friday afternoon.
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
MONDAYS = Plan(wishes=WISHES, every=Every.WEEK, weekday=1)
MONTHLY = Plan(wishes=replace(WISHES, title="The month"), every=Every.MONTH)


@pytest.fixture(autouse=True)
def in_vienna(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("fresh_database" if "fresh_database" in request.fixturenames else "db")
    business.save_business(business=replace(get_business(), name="Bean", zone=ZONE), now=NOW, actor=MIRA)


def save(plan: Plan, now: datetime = NOW, schedule_id: UUID = ID) -> None:
    save_schedule(schedule_id=schedule_id, plan=plan, now=now, actor=MIRA)


def at(day: int, hour: int, month: int = 11) -> datetime:
    """Return a moment in winter, by Vienna's clock."""
    return datetime(2026, month, day, hour - 1, 19, tzinfo=UTC)


def test_each_of_its_nights_brings_one_report_as_of_the_day_before() -> None:
    put_small_orders()
    save(MONDAYS)
    assert get_schedule(ID).next_on == date(2026, 11, 23)
    assert [ask_for_due(now=at(day, hour)) for day, hour in ((20, 20), (23, 2), (23, 4), (23, 5), (29, 23))] == [
        *(0, 0, 1, 0, 0)
    ]
    [kept] = list_reports(limit=5)
    assert (kept.as_of, kept.schedule_id, kept.requested_by) == (date(2026, 11, 22), ID, "system:insights")
    assert kept.wishes == WISHES
    assert get_schedule(ID).next_on == date(2026, 11, 30)


def test_a_report_of_the_month_stands_on_its_last_day_also_where_the_night_was_missed() -> None:
    put_small_orders()
    save(MONTHLY)
    assert get_schedule(ID).next_on == date(2026, 12, 1)
    assert ask_for_due(now=at(4, 12, month=12)) == 1
    assert list_reports(limit=1)[0].as_of == date(2026, 11, 30)


def test_before_any_order_the_night_passes_without_a_report() -> None:
    save(MONDAYS)
    assert ask_for_due(now=at(23, 4)) == 0
    put_small_orders()
    assert ask_for_due(now=at(23, 5)) == 0
    assert ask_for_due(now=at(30, 4)) == 1


def test_one_made_before_three_of_its_own_day_is_due_that_night() -> None:
    save(MONDAYS, now=at(23, 1))
    assert get_schedule(ID).next_on == date(2026, 11, 23)
    save(MONDAYS, now=at(23, 4), schedule_id=uuid4())
    assert list_schedules()[0].next_on == date(2026, 11, 30)


def test_what_pauses_is_not_due_and_does_not_make_up_for_it_when_it_goes_on() -> None:
    put_small_orders()
    save(MONDAYS)
    assert pause_schedule(schedule_id=ID, now=NOW, actor=MIRA).next_on is None
    assert ask_for_due(now=at(23, 4)) == 0
    assert resume_schedule(schedule_id=ID, now=at(24, 9), actor=MIRA).next_on == date(2026, 11, 30)
    assert ask_for_due(now=at(24, 10)) == 0
    assert ask_for_due(now=at(30, 4)) == 1


def test_what_is_to_come_on_another_day_begins_with_the_next_of_them() -> None:
    put_small_orders()
    save(MONDAYS)
    # On a Wednesday it is to come on Tuesdays.
    save(replace(MONDAYS, weekday=2), now=at(25, 12))
    assert ask_for_due(now=at(25, 13)) == 0
    assert get_schedule(ID).next_on == date(2026, 12, 1)
    # Another title leaves the nights as they are.
    save(replace(MONDAYS, weekday=2, wishes=replace(WISHES, title="Tuesday")), now=at(3, 12, month=12))
    assert get_schedule(ID).next_on == date(2026, 12, 1)


def test_what_it_is_to_do_is_kept_as_told_and_each_change_is_on_the_trail() -> None:
    ada = create_account(email="a@example.com", name="Ada", role=Role.ANALYST, password=None, now=NOW, actor=MIRA)
    wishes = replace(
        WISHES, horizon_days=60, margin=0.3, grain="week", unit="day", language="de",
        narrowing=Narrowing(by=NarrowedBy.COUNTRY, value="AT"),
    )  # fmt: skip
    told = Plan(wishes=wishes, every=Every.QUARTER, told=(ada.id, ada.id))
    save(told)
    assert get_schedule(ID).plan == replace(told, told=(ada.id,))
    save(told)
    pause_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    pause_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    resume_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    resume_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    remove_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    actions = AuditEntry.objects.filter(object_id=str(ID)).order_by("id").values_list("action", flat=True)
    assert list(actions) == [f"report_schedule.{what}" for what in ("saved", "paused", "resumed", "removed")]


def test_the_reports_of_one_that_is_removed_stay() -> None:
    put_small_orders()
    save(MONDAYS)
    ask_for_due(now=at(23, 4))
    remove_schedule(schedule_id=ID, now=NOW, actor=MIRA)
    [kept] = list_reports(limit=5)
    assert kept.schedule_id is None
    with pytest.raises(NoSuchSchedule):
        pause_schedule(schedule_id=ID, now=NOW, actor=MIRA)


def test_what_cannot_be_meant_is_refused() -> None:
    till = create_account(email="t@example.com", name="T", role=Role.TILL, password=None, now=NOW, actor=MIRA)
    for wrong, field in (
        (replace(MONDAYS, weekday=None), "weekday"),
        (replace(MONDAYS, weekday=8), "weekday"),
        (replace(MONTHLY, weekday=1), "weekday"),
        (replace(MONDAYS, told=(uuid4(),)), "told"),
        (replace(MONDAYS, told=(till.id,)), "told"),
        (replace(MONDAYS, wishes=replace(WISHES, title="")), "title"),
    ):
        with pytest.raises(WrongReport) as refused:
            save(wrong)
        assert refused.value.field == field
    assert not ReportSchedule.objects.exists()


def test_there_are_no_more_than_fit_into_a_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "MOST_SCHEDULES", 1)
    save(MONDAYS)
    with pytest.raises(TooManySchedules):
        save(MONTHLY, schedule_id=uuid4())
    save(MONTHLY)
    assert len(list_schedules()) == 1


def test_one_that_can_no_longer_be_meant_hinders_no_other() -> None:
    put_small_orders()
    save(MONDAYS)
    save(replace(MONDAYS, wishes=replace(WISHES, title="Other")), schedule_id=uuid4())
    ReportSchedule.objects.filter(id=ID).update(narrowed_by="channel", narrowed_to="gone")
    assert ask_for_due(now=at(23, 4)) == 1
    assert [each.wishes.title for each in list_reports(limit=5)] == ["Other"]


def test_a_job_asks_for_what_is_due() -> None:
    put_small_orders()
    today = timezone.now().date()
    save(replace(MONDAYS, weekday=(today - timedelta(days=2)).isoweekday()), now=timezone.now() - timedelta(days=6))
    begin_due.func(0)
    begin_due.func(0)
    assert [each.as_of for each in list_reports(limit=5)] == [today - timedelta(days=3)]


@pytest.mark.usefixtures("fresh_database")
def test_of_several_workers_one_asks() -> None:
    put_small_orders()
    save(MONDAYS)
    answers: list[int] = []

    def ask() -> None:
        answers.append(ask_for_due(now=at(23, 4)))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 0, 0, 1]
    assert len(list_reports(limit=5)) == 1
