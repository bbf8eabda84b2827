"""Points wait for an event until their time is over; what counts is when it happened, not when it was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from regulars.loyalty.adjudication.cancelling import cancel_overdue
from regulars.loyalty.adjudication.models import Escrow
from regulars.loyalty.adjudication.tests.occasion_shop import reasons
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    programme,
    put,
    returned,
)
from regulars.loyalty.adjudication.tests.test_orders import TIERS, effects
from regulars.loyalty.adjudication.waiting import last_day_in_vain
from regulars.loyalty.definitions.calendar import cancels_at, first_instant_after, local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rules import UponEvent
from regulars.loyalty.ledger.models import Transaction

WAITS = {"kind": "event", "event": "order.delivered", "cancel_after": "30 days"}
# The order is of 2 March: its time is over when the 2nd of April begins.
OVER = datetime(2026, 4, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def cancelled(version: ProgramVersion, until: datetime, now: datetime | None = None) -> int:
    return cancel_overdue(version, until=until, now=now or until, actor=ACTOR)


@pytest.mark.django_db
def test_points_are_cancelled_when_their_time_is_over_and_only_once():
    version = programme(per_euro(activation=WAITS))
    who = member(version)
    put(order("1", 1000))
    assert cancelled(version, OVER - MOMENT) == 0
    assert parts(who) == (10, 0, 0, 0)
    assert cancelled(version, OVER) == 1
    assert cancelled(version, OVER + DAY) == 0
    assert parts(who) == (0, 0, 0, 0)
    assert Transaction.objects.get(kind="cancel").occurred_at == OVER


@pytest.mark.django_db
@pytest.mark.parametrize("has_run", [True, False])
def test_a_delivery_that_came_too_late_activates_nothing_whether_or_not_a_night_has_cancelled(has_run):
    version = programme(per_euro(activation=WAITS))
    who = member(version)
    whole = order("1", 1000)
    put(whole)
    if has_run:
        cancelled(version, OVER)
    answer = put(replace(whole, version=2, delivered_at=OVER), OVER + DAY)
    assert parts(who) == (0, 0, 0, 0)
    assert reasons(answer.adjudicated) == [("base", "waited_in_vain")]
    assert effects(answer) == ([] if has_run else [("cancelled", "base", 10)])


@pytest.mark.django_db
def test_a_delivery_that_came_in_time_and_is_told_late_activates_what_had_been_cancelled():
    version = programme(per_euro(activation=WAITS))
    who = member(version)
    whole = order("1", 1000)
    put(whole)
    cancelled(version, OVER)
    put(replace(whole, version=2, delivered_at=OVER - MOMENT), OVER + DAY)
    assert parts(who) == (0, 10, 0, 0)


@pytest.mark.django_db
def test_what_is_told_when_its_time_is_over_is_not_even_held():
    who = member(programme(per_euro(activation=WAITS)))
    answer = put(order("1", 1000), OVER)
    assert reasons(answer.adjudicated) == [("base", "waited_in_vain")]
    assert parts(who) == (0, 0, 0, 0)


@pytest.mark.django_db
def test_what_is_cancelled_goes_back_to_its_budget():
    budget = {"key": "b", "name": "B", "points": 30}
    version = programme(per_euro(activation=WAITS, budgets=["b"]), budgets=[budget])
    member(version)
    put(order("1", 1000))
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 20
    cancelled(version, OVER)
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 30


@pytest.mark.django_db
def test_the_multiplier_of_a_tier_waits_and_is_cancelled_with_the_rule_that_leads():
    version = programme(per_euro("paid", 60), per_euro(activation=WAITS), tier_sets=TIERS)
    who = member(version)
    programme(per_euro(activation=WAITS), tier_sets=TIERS, now=NOON - DAY)
    put(order("0", 100, placed_at=NOON - 2 * DAY), NOON - DAY)
    whole = order("1", 1000, 500)
    put(whole)
    assert parts(who) == (31, 60, 0, 0)
    put(returned(whole, 2), NOON + DAY)
    assert parts(who) == (21, 60, 0, 0)
    assert cancelled(version, OVER - DAY) == 1
    assert cancelled(version, OVER) == 2
    assert parts(who) == (0, 60, 0, 0)


@pytest.mark.django_db
def test_an_order_that_came_back_before_its_delivery_is_told_ends_empty():
    version = programme(per_euro(activation=WAITS))
    who = member(version)
    whole = order("1", 1000)
    put(whole)
    back = returned(whole, 1)
    put(back, NOON + DAY)
    put(replace(back, version=3, delivered_at=NOON), NOON + 2 * DAY)
    assert parts(who) == (0, 0, 0, 0)
    put(replace(whole, version=4, delivered_at=NOON), NOON + 3 * DAY)
    assert parts(who) == (0, 10, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("delivered_at", [OVER - MOMENT, OVER, None])
def test_versions_and_nights_end_in_one_state_in_any_order(delivered_at):
    version = programme(per_euro(activation=WAITS))
    ends = set()
    for number, steps in enumerate(permutations(["placed", "told", "night"])):
        who = member(version, f"m{number}")
        whole = replace(order(f"o{number}", 1000), buyer=order(buyer=f"m{number}").buyer)
        for step in steps:
            if step == "night":
                cancelled(version, OVER, OVER + DAY)
            else:
                state = whole if step == "placed" else replace(whole, version=2, delivered_at=delivered_at)
                put(state, OVER + DAY)
        ends.add(parts(who))
    assert ends == {(0, 10, 0, 0) if delivered_at and delivered_at < OVER else (0, 0, 0, 0)}


@given(
    until=st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    span=st.sampled_from(["1 day", "30 days", "1 month", "2 months", "1 year"]),
    zone=st.sampled_from(["Europe/Vienna", "America/Havana", "Pacific/Apia"]),
)
def test_the_last_day_that_waited_in_vain_is_the_last_whose_time_is_over(until, span, zone):
    version = ProgramVersion(
        program_id=None, program_key="p", number=1, effective_at=until, document=None, digest="", zone=ZoneInfo(zone)
    )
    activation = UponEvent(kind="event", event="order.paid", cancel_after=span)
    last = last_day_in_vain(activation, until, version)
    inside = first_instant_after(last, version.zone) - MOMENT
    outside = first_instant_after(last, version.zone)
    assert local_day(inside, version.zone) == last
    assert cancels_at(activation, inside, version.zone) <= until < cancels_at(activation, outside, version.zone)
