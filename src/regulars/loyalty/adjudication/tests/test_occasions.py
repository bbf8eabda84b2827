"""Events, fields that become known and enrolments set rules off, once for each member, judged by their own time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum

from regulars.loyalty.adjudication import consumers
from regulars.loyalty.adjudication.contracts import Outcome
from regulars.loyalty.adjudication.models import Escrow, Occasion
from regulars.loyalty.adjudication.occasions import enrolled, preview_event
from regulars.loyalty.adjudication.tests.occasion_shop import event, fixed, granted, reasons, review, tell
from regulars.loyalty.adjudication.tests.programme_shop import (
    ACTOR,
    BEGIN,
    DAY,
    NOON,
    member,
    order,
    parts,
    per_euro,
    programme,
    put,
)
from regulars.loyalty.definitions.services import FaultyProgram
from regulars.loyalty.ledger.members import end_membership
from regulars.loyalty.ledger.merging import merge_members, unmerge_members
from regulars.loyalty.ledger.models import Lot, Transaction

pytestmark = pytest.mark.django_db


def test_an_event_grants_by_its_rules_and_says_why_others_do_not():
    version = programme(review(), review("good", 5, condition="event.rating >= 4"))
    who = member(version)
    found = tell(event(who, rating=3))
    assert granted(found) == [("review", 10)]
    assert reasons(found) == [("good", "condition_false")]
    assert parts(who) == (0, 10, 0, 0)
    assert Transaction.objects.get(kind="grant").memo["rule"] == "review"


def test_an_event_that_is_delivered_ten_times_grants_once():
    who = member(programme(review()))
    outcomes = [tell(event(who), NOON + day * DAY)[0].outcome for day in range(10)]
    assert outcomes == [Outcome.ADJUDICATED, *[Outcome.UNCHANGED] * 9]
    assert parts(who) == (0, 10, 0, 0)


def test_a_repeated_event_grants_nothing_more_though_a_cap_has_room_again():
    budget = {"key": "spring", "name": "Spring", "points": 30}
    version = programme(per_euro(budgets=["spring"]), review(budgets=["spring"]), budgets=[budget])
    who = member(version)
    whole = order("1", 3000)
    put(whole)
    assert reasons(tell(event(who))) == [("review", "budget_reached")]
    put(replace(whole, version=2, cancelled_at=NOON), NOON)
    assert tell(event(who))[0].outcome is Outcome.UNCHANGED
    assert granted(tell(event(who, "2"))) == [("review", 10)]


def test_a_late_event_is_judged_by_the_version_of_its_time_and_posted_now():
    who = member(programme(review(points=10)))
    programme(review(points=70), now=NOON + DAY)
    assert granted(tell(event(who), NOON + 30 * DAY)) == [("review", 10)]
    assert granted(tell(event(who, "2", NOON + 2 * DAY), NOON + 30 * DAY)) == [("review", 70)]
    lot = Lot.objects.order_by("granted_at").first()
    assert lot is not None
    assert lot.granted_at == NOON
    assert {each.posted_at for each in Transaction.objects.filter(kind="grant")} == {NOON + 30 * DAY}


def test_only_who_was_a_member_when_it_happened_is_granted():
    version = programme(review())
    who = member(version)
    assert tell(event(who, at=BEGIN - DAY), NOON) == []
    end_membership(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    assert tell(event(who, "later", NOON + DAY)) == []
    assert granted(tell(event(who, "before", NOON - DAY), NOON + DAY)) == [("review", 10)]


def test_an_order_after_leaving_earns_nothing():
    version = programme(per_euro())
    who = member(version)
    end_membership(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    put(order("1", 1000, placed_at=NOON + DAY), NOON + DAY)
    assert parts(who) == (0, 0, 0, 0)


def test_what_grants_tell_themselves_sets_nothing_off():
    with pytest.raises(FaultyProgram) as refused:
        programme(fixed("circle", 5, {"kind": "event", "event": "points.granted"}))
    assert [fault.code for fault in refused.value.faults] == ["own_event"]
    assert tell(event(member(programme(review())), kind="points.granted")) == []


def test_events_share_a_members_cap_and_all_members_a_budget():
    version = programme(
        review(caps=[{"scope": "member", "period": "day", "points": 15}], budgets=["b"]),
        budgets=[{"key": "b", "name": "B", "points": 40}],
    )
    members = [member(version, name) for name in ("ann", "ben", "cid")]
    for who in members:
        for number in range(3):
            tell(event(who, f"{who.id} {number}"))
    assert [parts(who)[1] for who in members] == [15, 15, 10]
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 0
    assert granted(tell(event(members[0], "next day", NOON + DAY))) == []


def test_a_cap_of_a_day_ends_with_the_local_day_also_where_clocks_change_at_midnight():
    # In Havana clocks go back at one o'clock on 1 November 2026, to midnight.
    cap = {"scope": "member", "period": "day", "points": 10}
    who = member(programme(review(caps=[cap]), zone="America/Havana"))
    before, after = datetime(2026, 11, 1, 3, 59, tzinfo=UTC), datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    assert granted(tell(event(who, "1", before))) == [("review", 10)]
    assert granted(tell(event(who, "2", after))) == [("review", 10)]
    assert granted(tell(event(who, "3", after + timedelta(hours=24, minutes=59)))) == []
    assert granted(tell(event(who, "4", after + timedelta(hours=25)))) == [("review", 10)]


def test_a_preview_of_an_event_answers_the_same_and_posts_nothing():
    version = programme(review(), review("never", condition="event.rating > 5"))
    who = member(version)
    assert who.customer_id
    told = event(who, rating=5)
    looked = preview_event(
        event_type="review.written", customer_id=who.customer_id, occurred_at=NOON, payload={"rating": 5}
    )
    assert not Occasion.objects.exists()
    assert not Lot.objects.exists()
    found = tell(told)
    without = [[replace(effect, transaction_id=None) for effect in each.effects] for each in found]
    assert [list(each.effects) for each in looked] == without
    assert reasons(looked) == reasons(found) == [("never", "condition_false")]


def test_a_preview_for_nobody_says_that_nobody_is_a_member():
    programme(review())
    looked = preview_event(event_type="review.written", customer_id=member_less(), occurred_at=NOON)
    assert reasons(looked) == [("review", "member_unknown")]


def member_less() -> object:
    from regulars.loyalty.adjudication.tests.programme_shop import customer

    return customer("nobody")


def test_an_enrolment_grants_once_ever():
    version = programme(fixed("welcome", 20, {"kind": "enrolment"}))
    who = member(version)
    assert granted(enrolled([who], version, now=BEGIN, actor=ACTOR)) == [("welcome", 20)]
    assert enrolled([who], version, now=NOON, actor=ACTOR)[0].outcome is Outcome.UNCHANGED
    assert parts(who) == (0, 20, 0, 0)


def test_who_is_enrolled_by_ordering_is_welcomed_by_the_order():
    programme(per_euro(), fixed("welcome", 20, {"kind": "enrolment"}), enrolment={"by": "ordering"})
    assert granted(put(order("1", 1000)).adjudicated) == [("welcome", 20), ("base", 10)]
    assert granted(put(order("2", 1000)).adjudicated) == [("base", 10)]


def test_only_types_that_rules_name_are_heard():
    programme(per_euro())
    assert consumers.heard_occasions() == frozenset()
    programme(review(), fixed("known", 7, {"kind": "profile", "field": "city"}), now=NOON)
    assert consumers.heard_occasions() == {"review.written", "customer.created", "customer.changed"}


def test_an_event_of_a_merged_customer_goes_to_the_name_that_was_used():
    version = programme(review())
    ann, ben = member(version), member(version, "ben")
    merge_members(survivor_id=ann.id, merged_id=ben.id, version=version, now=NOON, actor=ACTOR)
    tell(event(ben, "late", NOON - DAY), NOON + DAY)
    tell(event(ben, "late", NOON - DAY), NOON + 2 * DAY)
    assert parts(ann) == (0, 10, 0, 0)
    [lot] = Lot.objects.all()
    assert lot.origin_account.member_id == ben.id


def test_those_who_are_merged_share_their_caps_and_who_is_parted_has_the_own_one_again():
    version = programme(review(caps=[{"scope": "member", "period": "month", "points": 25}]))
    ann, ben = member(version), member(version, "ben")
    assert granted(tell(event(ann, "1"))) == [("review", 10)]
    assert granted(tell(event(ben, "2"))) == [("review", 10)]
    merge_members(survivor_id=ann.id, merged_id=ben.id, version=version, now=NOON, actor=ACTOR)
    assert granted(tell(event(ben, "3"))) == [("review", 5)]
    assert reasons(tell(event(ann, "4"))) == [("review", "cap_reached")]
    unmerge_members(merged_id=ben.id, version=version, now=NOON, actor=ACTOR)
    assert granted(tell(event(ann, "5"))) == [("review", 10)]
    assert granted(tell(event(ben, "6"))) == [("review", 10)]


def test_a_currency_that_came_after_the_enrolment_is_granted_too():
    who = member(programme(review()))
    currencies = [{"key": "points", "name": "Points"}, {"key": "stars", "name": "Stars"}]
    programme(review(), {**review("star", 3), "currency": "stars"}, now=NOON, currencies=currencies)
    assert granted(tell(event(who, at=NOON + DAY))) == [("review", 10), ("star", 3)]
