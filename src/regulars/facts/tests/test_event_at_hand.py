"""A condition about one event asks for what it says as `event.<property>`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from regulars.facts.catalogue import declared_catalogue
from regulars.facts.interpreters.memory import Subject, judge
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.completion import complete
from regulars.facts.language.faults import WrongCondition
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse

CLOCK = Clock(datetime(2026, 11, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Vienna"))
PLAIN = declared_catalogue()
OF_REVIEWS = replace(PLAIN, event="review.written", events=lambda: {"review.written": ["rating", "product.name"]})
REVIEW = {"rating": 5, "verified": True, "product": {"name": "Bowl"}, "tags": ["photo"], "score": 4.5}


def is_true(text: str, payload: dict[str, object]) -> bool:
    parsed = parse(text)
    meant = bind(parsed.tree, Setting(catalogue=OF_REVIEWS, clock=CLOCK, currency="EUR"), parsed.places)
    return judge(meant, Subject(id=UUID(int=1), facts={"orders.count": 3}, payload=payload), CLOCK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event.rating >= 4", True),
        ("event.rating > 5", False),
        ("event.score = 4.5", True),
        ("event.verified", True),
        ("not event.verified", False),
        ('event.product.name = "Bowl"', True),
        ('event.tags contains "photo"', True),
        ("event.rating exists", True),
        ("event.title exists", False),
        # Of another type than what is asked for, nothing is known.
        ('event.rating = "5"', False),
        ("event.rating >= 4 and orders.count >= 3", True),
        ("event.rating >= 4 and orders.count > 3", False),
    ],
)
def test_what_the_event_says_is_judged_beside_what_is_known_of_the_customer(text, expected):
    assert is_true(text, REVIEW) is expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("event.rating(last: 3 days) >= 4", "no_window"),
        ("event.rating in last 3 days", "wrong_type"),
        ("event.when > today", "wrong_type"),
        ("event.0 = 1", "no_such_property"),
        ("event.rating has been 3 for 3 days", "no_history"),
        ("anniversary(event.rating) in next 3 days", "no_such_fact"),
    ],
)
def test_what_cannot_be_asked_of_it_is_told(text, code):
    with pytest.raises(WrongCondition) as caught:
        is_true(text, REVIEW)
    assert caught.value.code == code


def test_without_an_event_at_hand_there_is_no_such_fact():
    parsed = parse("event.rating >= 4")
    with pytest.raises(WrongCondition) as caught:
        bind(parsed.tree, Setting(catalogue=PLAIN, clock=CLOCK, currency="EUR"), parsed.places)
    assert caught.value.code == "no_such_fact"


def test_what_the_event_says_is_completed():
    assert {"event.rating", "event.product.name"} <= {each.text for each in complete("event.", OF_REVIEWS)}
    assert "event.rating" not in {each.text for each in complete("event.", PLAIN)}
    offered = {each.text for each in complete("event.rating ", OF_REVIEWS)}
    assert {">=", "exists"} <= offered
    assert not {"(", "has"} & offered
