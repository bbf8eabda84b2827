"""An installation is lived to a moment: the nights of all programmes in sequence, and what came between in its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from regulars.loyalty.adjudication.tests.programme_shop import customer, order, per_euro
from regulars.loyalty.ledger.members import enrol_member
from regulars.loyalty.ledger.models import Transaction
from regulars.loyalty.nights.living import LivedThrough, MomentPassed, live_to
from regulars.loyalty.nights.models import Night
from regulars.loyalty.nights.tests.night_shop import ACTOR, DAY, NOON, give, lots, member, midnight, shop
from regulars.orders.services import put_order

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that remembers what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.times = [at]

    def set(self, at: datetime) -> None:
        self.times.append(at)

    def live_to(self, until: datetime) -> LivedThrough:
        return live_to(until=until, since=self.times[-1], set_clock=self.set, actor=ACTOR)


def test_the_nights_of_all_programmes_come_in_their_sequence_and_the_clock_never_goes_back() -> None:
    shop()
    shop("leaves", zone="Pacific/Auckland")
    clock = Clock(NOON)
    lived = clock.live_to(NOON + 3 * DAY)
    assert (lived.nights, lived.replayed) == (7, 0)
    assert clock.times == sorted(clock.times)
    assert clock.times[-1] == NOON + 3 * DAY
    begun = list(Night.objects.order_by("begun_at", "id").values_list("at", flat=True))
    assert begun == sorted(begun)


def test_an_order_is_adjudicated_when_it_was_placed_and_before_the_night_that_follows() -> None:
    version = shop(rules=[per_euro(activation={"kind": "delay", "after": "1 day"})])
    who = enrol_member(customer_id=customer(), version=version, now=NOON, actor=ACTOR)
    # Kept only, as by an import, and long after.
    for number, placed_at in (("1", NOON + DAY), ("2", NOON + 2 * DAY)):
        put_order(order=replace(order(number, 500), placed_at=placed_at), now=NOON + 90 * DAY, actor=ACTOR)
    lived = Clock(NOON).live_to(NOON + DAY + timedelta(hours=1))
    assert (lived.nights, lived.replayed) == (1, 1)
    assert lots(who) == [(5, 0)]
    assert [each.posted_at for each in Transaction.objects.all()] == [NOON + DAY]
    Clock(NOON + DAY + timedelta(hours=1)).live_to(midnight(date(2026, 3, 4)))
    assert lots(who) == [(0, 5)]


def test_to_live_in_parts_comes_to_the_same_as_to_live_at_once() -> None:
    version = shop()
    who = member(version)
    give(version, who, 120, activates=midnight(date(2026, 3, 4)), expires=midnight(date(2026, 3, 8)))
    clock = Clock(NOON)
    for hours in (1, 11, 12, 13, 60, 61, 200):
        clock.live_to(NOON + timedelta(hours=hours))
    assert clock.live_to(NOON + timedelta(hours=200)) == LivedThrough(
        since=NOON + timedelta(hours=200), until=NOON + timedelta(hours=200), nights=0, replayed=0
    )
    moments = [each.posted_at for each in Transaction.objects.order_by("position")]
    assert moments == [NOON, midnight(date(2026, 3, 4)), midnight(date(2026, 3, 8))]


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(MomentPassed):
        Clock(NOON).live_to(NOON - DAY)
