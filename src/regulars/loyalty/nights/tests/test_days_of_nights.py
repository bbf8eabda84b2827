"""What a night does of the day that begins: schedules, anniversaries, and points that have waited in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from regulars.loyalty.adjudication.services import put_order
from regulars.loyalty.adjudication.tests.programme_shop import customer, order
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.nights.contracts import Step
from regulars.loyalty.nights.tests.night_shop import ACTOR, NOON, live, lots, member, midnight, shop, tiers

# The conditions of schedules are asked by the login that only reads.
pytestmark = pytest.mark.usefixtures("fresh_database")

WEDNESDAY = date(2026, 3, 4)


def on(trigger: dict[str, Any], points: int = 100, **told: Any) -> dict[str, Any]:
    return {
        "key": "bonus",
        "name": "Bonus",
        "on": trigger,
        "currency": "points",
        "grant": {"kind": "fixed", "points": points},
        **told,
    }


def test_a_schedule_grants_as_its_day_begins_and_its_points_count_for_tiers_in_the_same_night() -> None:
    version = shop(rules=[on({"kind": "schedule", "rrule": "FREQ=WEEKLY;BYDAY=WE", "start": "2026-03-04"})])
    ann = member(version)
    [tuesday, wednesday] = live(midnight(WEDNESDAY))
    assert (tuesday.done[Step.GRANT], wednesday.done[Step.GRANT]) == (0, 1)
    assert lots(ann) == [(0, 100)]
    assert tiers(ann)[-1] == ("basic", "gold", midnight(WEDNESDAY))


def test_points_that_wait_in_vain_are_cancelled_in_the_night_that_ends_their_time() -> None:
    waits = {"kind": "event", "event": "order.delivered", "cancel_after": "2 days"}
    version = shop(rules=[on({"kind": "order"}, 9, activation=waits)])
    who = customer()
    ann = enrol_member(customer_id=who, version=version, now=NOON, actor=ACTOR)
    put_order(order=replace(order("1", 1000), placed_at=NOON), now=NOON, actor=ACTOR)
    live(midnight(date(2026, 3, 4)))
    assert lots(ann) == [(9, 0)]
    *_, last = live(midnight(date(2026, 3, 5)))
    assert (lots(ann), last.done[Step.CANCEL]) == ([(0, 0)], 1)
