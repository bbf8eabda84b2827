"""What a fact was at the end of a day: by the last change up to it, whatever came later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.services import add_customer
from regulars.facts.asking import explain
from regulars.facts.catalogue import declared_catalogue
from regulars.facts.interpreters.memory import Subject, judge
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.insights.models import ScoreHistory
from regulars.kit.ids import new_id
from regulars.stream.contracts import system

pytestmark = pytest.mark.django_db
# Half past midnight of 28 November in Vienna, while it is the 27th in UTC.
NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
SETTING = Setting(catalogue=declared_catalogue(), clock=Clock(NOW, ZoneInfo("Europe/Vienna")), currency="EUR")
# Loyal, lost for a week, loyal again, and nothing bought left since yesterday.
COURSE = [
    (date(2026, 10, 31), "loyal"),
    (date(2026, 11, 10), "lost"),
    (date(2026, 11, 17), "loyal"),
    (date(2026, 11, 27), None),
]


def holds(text: str, course: Sequence[tuple[date, str | None]] = COURSE) -> bool:
    """Tell what both interpreters say of a customer who has been in these segments."""
    identifier = Identifier(IdentifierKind.EMAIL, "ada@example.com")
    customer = add_customer(person=Person(identifiers=[identifier]), now=NOW, actor=system("test"))
    for day, segment in course:
        ScoreHistory.objects.create(customer_id=customer, changed_on=day, run_id=new_id(), rfm_segment=segment)
    explained = explain(parse(text), customer, setting=SETTING)
    assert explained
    subject = Subject(id=customer, history={"rfm.segment": course})
    assert judge(bind(parse(text).tree, SETTING), subject, SETTING.clock) == explained.holds
    return explained.holds


@pytest.mark.parametrize(
    ("day", "segment"),
    [
        ("2026-10-31", "loyal"),
        ("2026-11-09", "loyal"),
        ("2026-11-10", "lost"),
        ("2026-11-16", "lost"),
        ("2026-11-17", "loyal"),
        ("today - 2 days", "loyal"),
        ("today - 12 days", "lost"),
        ("today - 4 weeks", "loyal"),
    ],
)
def test_a_day_has_the_last_change_up_to_its_end(day: str, segment: str):
    assert holds(f'rfm.segment(on: {day}) = "{segment}"')


def test_of_another_segment_it_is_false_and_unequal():
    assert not holds('rfm.segment(on: 2026-11-09) = "lost"')


def test_who_moved_and_came_back_is_found_on_the_day_between_only():
    assert holds('rfm.segment(on: 2026-11-12) != "loyal" and rfm.segment(on: 2026-11-20) = "loyal"')


@pytest.mark.parametrize("day", ["2026-10-30", "today - 1 day", "today"])
def test_before_the_first_change_and_where_nothing_was_left_nothing_is_known(day: str):
    asked = f"rfm.segment(on: {day})"
    assert holds(f'not {asked} exists and not {asked} = "loyal" and not {asked} != "loyal"')


def test_it_is_asked_whatever_is_asked_of_the_fact():
    assert holds('rfm.segment(on: 2026-11-12) in ("lost", "new") and rfm.segment(on: 2026-11-12) starts with "lo"')
