"""A day of the calendar sets off schedules and anniversaries, once for each member, however often it is run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.customers.models import Customer
from regulars.loyalty.adjudication import days
from regulars.loyalty.adjudication.days import DayNotBegun
from regulars.loyalty.adjudication.models import Day, Escrow, MemberUse
from regulars.loyalty.adjudication.opting import opt_in
from regulars.loyalty.adjudication.progress import points_progress
from regulars.loyalty.adjudication.tests.occasion_shop import birthday, born, came, fixed, scheduled
from regulars.loyalty.adjudication.tests.programme_shop import ACTOR, BEGIN, DAY, NOON, member, parts, programme
from regulars.loyalty.adjudication.tests.test_orders import TIERS
from regulars.loyalty.ledger.bulk import activate_due
from regulars.loyalty.ledger.members import end_membership
from regulars.loyalty.ledger.models import Lot, Transaction
from regulars.loyalty.tiers.services import evaluate_members

pytestmark = pytest.mark.django_db
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_schedule_grants_on_its_days_to_each_of_whom_the_condition_is_true():
    version = programme(scheduled("FREQ=MONTHLY;BYMONTHDAY=1", condition='profile.city = "Graz"'), zone="Europe/Vienna")
    ann, ben = member(version), member(version, "ben")
    Customer.objects.filter(id=ann.customer_id).update(city="Graz")
    assert came(version, date(2026, 2, 28), NOON) == 0
    assert came(version, date(2026, 3, 1), NOON) == 1
    assert (parts(ann)[1], parts(ben)[1]) == (5, 0)
    [lot] = Lot.objects.all()
    assert (lot.granted_at, lot.source_kind) == (datetime(2026, 2, 28, 23, tzinfo=UTC), "day")


def test_a_day_that_is_run_again_grants_nothing_whatever_has_changed():
    version = programme(scheduled("FREQ=DAILY", condition='profile.city = "Graz"'))
    ann = member(version)
    assert came(version, date(2026, 3, 1), NOON) == 0
    Customer.objects.filter(id=ann.customer_id).update(city="Graz")
    assert came(version, date(2026, 3, 1), NOON) == 0
    assert came(version, date(2026, 3, 2), NOON) == 1


@pytest.mark.parametrize("more", [{}, {"caps": [{"scope": "member", "points": 100}]}], ids=["alike", "at desks"])
def test_a_day_that_was_killed_goes_on_where_it_was(more, monkeypatch):
    version = programme(scheduled("FREQ=DAILY", **more))
    members = [member(version, f"m{number}") for number in range(5)]
    monkeypatch.setattr(days, "AT_ONCE", 2)
    monkeypatch.setattr(days, "AT_ONE_DESK", 1)
    seen = []

    def killed(doing: str, done: float) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        days.run_day(version, date(2026, 3, 1), now=NOON, actor=ACTOR, progress=killed)
    assert sum(parts(who)[1] for who in members) == 4 * 5
    assert came(version, date(2026, 3, 1), NOON) == 1
    assert [parts(who)[1] for who in members] == [5] * 5
    assert Day.objects.count() == 1


def test_a_day_that_is_yet_to_come_is_refused():
    version = programme(scheduled("FREQ=DAILY"))
    with pytest.raises(DayNotBegun):
        came(version, date(2026, 3, 3), NOON)


def test_members_of_a_day_are_those_of_its_beginning():
    version = programme(scheduled("FREQ=DAILY"))
    gone, there = member(version), member(version, "ben")
    end_membership(member_id=gone.id, version=version, now=NOON, actor=ACTOR)
    assert came(version, date(2026, 3, 2), LATER) == 2
    assert came(version, date(2026, 3, 3), LATER) == 1
    assert came(version, BEGIN.date(), LATER) == 0
    assert [parts(who)[1] for who in (gone, there)] == [5, 10]


def test_a_birthday_comes_each_year_and_not_on_the_day_itself():
    version = programme(birthday())
    who, child = member(version), member(version, "child")
    born(who, date(1990, 3, 2))
    born(child, date(2026, 3, 2))
    assert came(version, date(2026, 3, 2), LATER) == 1
    assert came(version, date(2027, 3, 2), LATER) == 2
    assert came(version, date(2027, 3, 3), LATER) == 0
    assert [parts(each)[1] for each in (who, child)] == [100, 50]


@pytest.mark.parametrize(
    ("day", "grants"),
    [
        (date(2027, 2, 28), 1),
        (date(2027, 3, 1), 0),
        (date(2028, 2, 28), 0),
        (date(2028, 2, 29), 1),
    ],
)
def test_the_leap_day_comes_on_the_28th_where_there_is_none(day, grants):
    version = programme(birthday())
    born(member(version), date(1996, 2, 29))
    assert came(version, day, LATER) == grants


@pytest.mark.parametrize("more", [{}, {"caps": [{"scope": "member", "points": 1_000}]}], ids=["alike", "at desks"])
def test_a_day_begins_where_the_clock_of_its_zone_does(more):
    # In Cairo the 24th of April 2026 begins at one o'clock: midnight is skipped.
    version = programme(scheduled("FREQ=DAILY", **more), zone="Africa/Cairo")
    who = member(version)
    assert came(version, date(2026, 4, 24), LATER) == 1
    [lot] = Lot.objects.filter(account__member_id=who.id)
    assert lot.granted_at == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_budget_goes_to_who_came_first_and_is_never_exceeded(monkeypatch):
    monkeypatch.setattr(days, "AT_ONE_DESK", 2)
    monkeypatch.setattr(days, "AT_ONCE", 3)
    budget = {"key": "b", "name": "B", "points": 17}
    version = programme(scheduled("FREQ=DAILY", budgets=["b"]), scheduled("FREQ=DAILY", 2, "free"), budgets=[budget])
    members = [member(version, f"m{number}") for number in range(5)]
    assert came(version, date(2026, 3, 1), NOON) == 9
    assert [parts(who)[1] for who in sorted(members, key=lambda each: each.id)] == [7, 7, 7, 4, 2]
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 0


def test_days_share_a_members_cap_with_each_other():
    version = programme(scheduled("FREQ=DAILY", caps=[{"scope": "member", "period": "month", "points": 12}]))
    who = member(version)
    assert [came(version, date(2026, 3, day), NOON + 3 * DAY) for day in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert [lot.active for lot in Lot.objects.filter(account__member_id=who.id).order_by("granted_at")] == [5, 5, 2]
    [use] = MemberUse.objects.all()
    assert (use.period, use.used) == ("2026-03", 12)


def test_of_an_exclusive_group_the_higher_counts_whether_it_has_bounds_or_not():
    version = programme(
        scheduled("FREQ=DAILY", 5, "low", group="g"),
        scheduled("FREQ=DAILY", 9, "high", group="g", priority=1, caps=[{"scope": "member", "points": 9}]),
    )
    who = member(version)
    assert came(version, date(2026, 3, 1), NOON) == 1
    # Its bound is reached, and it still holds its group.
    assert came(version, date(2026, 3, 2), NOON) == 0
    assert parts(who)[1] == 9


def test_a_formula_counts_what_is_known_of_each_member():
    grant = {"kind": "formula", "expression": "profile.age"}
    rule = {**scheduled("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1"), "grant": grant}
    version = programme(rule)
    ann, ben, cid = (member(version, name) for name in ("ann", "ben", "cid"))
    born(ann, date(1990, 1, 1))
    born(ben, date(2000, 6, 1))
    assert came(version, date(2026, 3, 1), NOON) == 2
    assert [parts(who)[1] for who in (ann, ben, cid)] == [36, 25, 0]


def test_a_schedule_that_waits_for_opting_in_counts_from_then_on():
    version = programme(scheduled("FREQ=DAILY", opt_in=True))
    ann = member(version)
    member(version, "ben")
    opt_in(member_id=ann.id, rule="regular", now=datetime(2026, 3, 1, 12, tzinfo=UTC), actor=ACTOR)
    assert [came(version, date(2026, 3, day), LATER) for day in (1, 2)] == [0, 1]


def test_what_a_day_grants_counts_for_tiers():
    version = programme(scheduled("FREQ=DAILY", 60), tier_sets=TIERS)
    who = member(version)
    assert came(version, date(2026, 3, 1), NOON) == 1
    [change] = [
        each
        for each in evaluate_members(member_ids=[who.id], versions=[version], now=NOON, actor=ACTOR)
        if each.change.to_tier == "gold"
    ]
    assert change.member_id == who.id


def test_what_a_day_grants_for_later_counts_for_tiers_when_it_becomes_active():
    version = programme(scheduled("FREQ=DAILY", 60, activation={"kind": "delay", "after": "3 days"}), tier_sets=TIERS)
    member(version)
    assert came(version, date(2026, 3, 1), NOON) == 1
    assert activate_due(version=version, until=LATER, now=LATER, actor=ACTOR) == 1
    posted = Transaction.objects.get(kind="activate")
    assert [row.amount for row in points_progress(version, [posted.id])] == [60]


def plain_days(born_on: date, first: date, last: date) -> list[date]:
    """The days of a birthday, as a child would count them."""
    found = []
    day = first
    while day <= last:
        is_leapling = (born_on.month, born_on.day) == (2, 29)
        has_leap = (date(day.year, 3, 1) - timedelta(days=1)).day == 29
        wanted = (2, 28) if is_leapling and not has_leap else (born_on.month, born_on.day)
        if (day.month, day.day) == wanted and day.year > born_on.year:
            found.append(day)
        day += timedelta(days=1)
    return found


@settings(max_examples=6)
@given(
    birth=st.one_of(st.dates(date(1950, 1, 1), date(2025, 12, 31)), st.just(date(2000, 2, 29))),
    zone=st.sampled_from(["Europe/Vienna", "America/Havana", "Pacific/Apia", "Africa/Cairo"]),
    begin=st.dates(date(2026, 2, 1), date(2027, 5, 1)),
    orders=st.randoms(use_true_random=False),
)
def test_a_birthday_is_granted_on_its_days_whatever_order_nights_are_run_in(birth, zone, begin, orders):
    from django.db import transaction

    with transaction.atomic():
        version = programme(birthday(), zone=zone)
        who = member(version)
        born(who, birth)
        wanted = plain_days(birth, begin, begin + timedelta(days=366))
        near = {day + timedelta(days=off) for day in wanted for off in (-1, 0, 1)}
        nights = [*near, *wanted]
        orders.shuffle(nights)
        granted = {day for day in nights if came(version, day, LATER)}
        assert sorted(granted) == [day for day in wanted if day in near]
        transaction.set_rollback(True)


def test_a_rule_that_has_ended_grants_no_more():
    version = programme(scheduled("FREQ=DAILY", dates={"end": "2026-03-01"}), fixed("w", 1, {"kind": "enrolment"}))
    member(version)
    assert [came(version, date(2026, 3, day), NOON + 3 * DAY) for day in (1, 2)] == [1, 0]
