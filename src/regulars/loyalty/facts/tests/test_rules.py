"""Rules ask for what is known of members, as segments and lists do."""

from __future__ import annotations

import pytest

from regulars.loyalty.adjudication.tests.programme_shop import (
    BEGIN,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    put,
    rule,
)
from regulars.loyalty.adjudication.tests.programme_shop import programme as publish
from regulars.loyalty.facts.keeping import follow_programs
from regulars.loyalty.facts.tests.member_shop import fact, tell_consumer

pytestmark = pytest.mark.django_db


def test_a_rule_knows_what_its_member_has_before_the_order():
    bonus = rule("bonus", {"kind": "fixed", "points": 1000}, condition="loyalty.points >= 20 and loyalty.is_member")
    version = publish(per_euro(), bonus)
    follow_programs(BEGIN)
    who = member(version)
    tell_consumer()
    assert who.customer_id
    put(order("1", 2500))
    assert parts(who) == (0, 25, 0, 0)
    put(order("2", 100, placed_at=NOON + DAY), NOON + DAY)
    assert parts(who) == (0, 1026, 0, 0)
    assert fact(who.customer_id, "points", NOON + DAY) == 1026


def test_a_formula_reckons_with_what_is_known_of_the_member():
    version = publish(rule("more", {"kind": "formula", "expression": "10 + floor(loyalty.lifetime_points / 2)"}))
    follow_programs(BEGIN)
    who = member(version)
    tell_consumer()
    put(order("1", 2500))
    tell_consumer()
    put(order("2", 2500, placed_at=NOON + DAY), NOON + DAY)
    assert parts(who) == (0, 10 + 15, 0, 0)
