"""An order is told as often as its source likes, and its effects are what its state comes to."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from django.db.models import Sum

from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.contracts import Outcome
from regulars.loyalty.adjudication.models import Earning, Escrow, MemberUse
from regulars.loyalty.adjudication.models import Order as OrderRow
from regulars.loyalty.adjudication.services import adjudicate_orders, preview_order
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
    rule,
)
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.models import Entry, Lot, Transaction
from regulars.loyalty.ledger.services import Price, spend_points
from regulars.orders.models import Order as KeptOrder
from regulars.orders.services import put_order as keep_order

pytestmark = pytest.mark.django_db


def effects(answer: Any) -> list[tuple[str, str, int]]:
    return [(each.kind.value, each.rule, each.points) for each in answer.adjudicated[0].effects]


def test_an_order_earns_by_its_rules_and_the_answer_says_which():
    version = programme(per_euro(), rule("big", {"kind": "fixed", "points": 50}, condition="cart.total >= 100"))
    who = member(version)
    answer = put(order("1", 1250, 800))
    assert effects(answer) == [("granted", "base", 20)]
    [refused] = answer.adjudicated[0].refused
    assert (refused.rule, refused.reason) == ("big", "condition_false")
    [effect] = answer.adjudicated[0].effects
    assert effect.transaction_id == Transaction.objects.get(kind="grant").id
    assert effect.version == 1
    assert parts(who) == (0, 20, 0, 0)


def test_an_order_that_is_sent_ten_times_grants_once():
    who = member(programme(per_euro()))
    outcomes = [put(order("1", 1000), NOON + count * DAY).adjudicated[0].outcome for count in range(10)]
    assert outcomes == [Outcome.ADJUDICATED, *[Outcome.UNCHANGED] * 9]
    assert parts(who) == (0, 10, 0, 0)


def test_an_older_version_changes_nothing_and_says_stale():
    who = member(programme(per_euro()))
    put(order("1", 3000, version=5))
    answer = put(order("1", 1000, version=4))
    assert answer.put.outcome == "stale"
    assert parts(who) == (0, 30, 0, 0)


def test_a_source_without_versions_is_adjudicated_by_its_last_state():
    who = member(programme(per_euro()))
    put(order("1", 3000, version=None))
    put(order("1", 1000, version=None), NOON + DAY)
    assert parts(who) == (0, 10, 0, 0)


def test_a_partial_return_takes_the_threshold_bonus_and_leaves_what_is_still_earned():
    version = programme(per_euro(), rule("big", {"kind": "fixed", "points": 50}, condition="cart.total >= 100"))
    who = member(version)
    whole = order("1", 6000, 5000)
    assert effects(put(whole)) == [("granted", "base", 110), ("granted", "big", 50)]
    answer = put(returned(whole, 2), NOON + DAY)
    assert effects(answer) == [("reversed", "base", 50), ("reversed", "big", 50)]
    assert parts(who) == (0, 60, 0, 0)


def test_a_return_is_judged_by_the_orders_own_version_of_the_programme():
    who = member(programme(per_euro(points=2)))
    whole = order("1", 1000, 1000)
    put(whole)
    programme(per_euro(points=7), now=NOON + DAY)
    put(returned(whole, 2), NOON + 2 * DAY)
    assert parts(who) == (0, 20, 0, 0)
    put(order("2", 1000, placed_at=NOON + 2 * DAY), NOON + 2 * DAY)
    assert parts(who) == (0, 90, 0, 0)


def test_a_late_order_is_judged_by_the_rules_of_its_own_time_and_posted_now():
    who = member(programme(per_euro(points=2)))
    programme(per_euro(points=7), now=NOON + DAY)
    put(order("1", 1000), NOON + 30 * DAY)
    assert parts(who) == (0, 20, 0, 0)
    [lot] = Lot.objects.all()
    assert lot.granted_at == NOON
    assert Transaction.objects.get(kind="grant").posted_at == NOON + 30 * DAY


def test_all_versions_of_an_order_end_in_one_state_in_any_order_of_arrival():
    whole = order("1", 4000, 3000, 2000)
    versions = [whole, returned(whole, 2, version=2), returned(whole, 2, 3, version=3), returned(whole, 3, version=4)]
    programme_version = programme(
        per_euro(), rule("big", {"kind": "fixed", "points": 50}, condition="cart.total >= 60")
    )
    found = set()
    for number, arrival in enumerate(permutations(versions)):
        who = member(programme_version, f"m{number}")
        for state in arrival:
            mine = replace(state, external_id=f"order {number}", buyer=order(buyer=f"m{number}").buyer)
            put(mine, NOON + 5 * DAY)
        found.add(parts(who))
    assert found == {(0, 120, 0, 0)}


def spend(who: Any, version: Any, points: int, now: Any = NOON) -> Any:
    cause = new_id()
    desk = open_desk([who.id], version=version, now=now, actor=ACTOR)
    spend_points(desk, who.id, Price(points=points, currencies=["points"]), cause=cause, reserve=False, memo={})
    return cause


def test_what_was_spent_already_is_owed_after_a_return_and_paid_by_the_next_order():
    version = programme(per_euro())
    who = member(version)
    whole = order("1", 1000)
    put(whole)
    spend(who, version, 10)
    put(returned(whole, 1), NOON + DAY)
    assert parts(who) == (0, 0, 0, 10)
    put(order("2", 1500, placed_at=NOON + 2 * DAY), NOON + 2 * DAY)
    assert parts(who) == (0, 5, 0, 0)


def test_a_return_that_is_told_to_be_wrong_ends_as_if_it_had_never_been_told():
    version = programme(per_euro())
    who = member(version)
    whole = order("1", 1000)
    put(order("0", 2000, placed_at=NOON - DAY), NOON)
    put(whole)
    spend(who, version, 25)
    before = list(Lot.objects.order_by("id").values_list("active", "debt", "expires_at"))
    put(returned(whole, 1), NOON + DAY)
    assert parts(who) == (0, 0, 0, 5)
    put(replace(whole, version=3), NOON + 2 * DAY)
    assert list(Lot.objects.order_by("id").values_list("active", "debt", "expires_at")) == before


def test_an_order_that_nobody_placed_earns_nothing_and_says_why():
    programme(per_euro())
    answer = put(replace(order("1", 1000), buyer=None))
    [refused] = answer.adjudicated[0].refused
    assert refused.reason == "member_unknown"
    assert not Lot.objects.exists()


def test_whoever_orders_is_a_member_where_the_programme_says_so():
    programme(per_euro(), enrolment={"by": "ordering"})
    assert effects(put(order("1", 1000))) == [("granted", "base", 10)]


def test_points_that_wait_for_the_delivery_are_held_until_it_and_good_from_then_on():
    waiting = {"kind": "event", "event": "order.delivered", "after": "14 days", "cancel_after": "60 days"}
    who = member(programme(per_euro(activation=waiting)))
    whole = order("1", 1000)
    assert effects(put(whole)) == [("held", "base", 10)]
    assert parts(who) == (10, 0, 0, 0)
    put(replace(whole, version=2, delivered_at=NOON + DAY), NOON + DAY)
    [lot] = Lot.objects.all()
    assert (lot.pending, lot.activates_at.date()) == (10, (NOON + 15 * DAY).date())
    put(returned(replace(whole, version=2, delivered_at=NOON + DAY), 1), NOON + 2 * DAY)
    assert parts(who) == (0, 0, 0, 0)


def test_an_order_that_is_cancelled_takes_back_what_it_earned():
    who = member(programme(per_euro()))
    whole = order("1", 1000)
    put(whole)
    assert effects(put(replace(whole, version=2, cancelled_at=NOON + DAY), NOON + DAY)) == [("reversed", "base", 10)]
    assert parts(who) == (0, 0, 0, 0)


def test_a_members_cap_is_shared_by_orders_and_headroom_that_a_return_frees_serves_later_orders_only():
    cap = {"scope": "member", "period": "month", "points": 25}
    who = member(programme(per_euro(caps=[cap])))
    first, second = order("1", 2000), order("2", 2000)
    put(first)
    assert effects(put(second)) == [("granted", "base", 5)]
    put(returned(first, 1), NOON + DAY)
    assert parts(who) == (0, 5, 0, 0)
    put(replace(second, version=3, number="again"), NOON + DAY)
    assert parts(who) == (0, 5, 0, 0)
    put(order("3", 2500), NOON + 2 * DAY)
    assert parts(who) == (0, 25, 0, 0)
    [use] = MemberUse.objects.all()
    assert (use.period, use.used) == ("2026-03", 25)


def test_a_budget_is_never_exceeded_and_what_is_not_used_goes_back():
    budget = {"key": "spring", "name": "Spring", "points": 30}
    version = programme(per_euro(budgets=["spring"]), budgets=[budget])
    members = [member(version, name) for name in ("ann", "ben", "cid")]
    for name in ("ann", "ben", "cid"):
        put(order(name, 1600, buyer=name))
    assert [parts(who)[1] for who in members] == [16, 14, 0]
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 0
    put(returned(order("ann", 1600), 1), NOON + DAY)
    assert Escrow.objects.aggregate(Sum("left"))["left__sum"] == 16


def test_an_order_told_by_a_connector_ends_as_one_that_was_put():
    version = programme(per_euro())
    who, other = member(version), member(version, "ben")
    put(order("1", 1234))
    keep_order(order=order("2", 1234, buyer="ben"), now=NOON, actor=ACTOR)
    kept = KeptOrder.objects.get(external_id="2")
    for _ in range(2):
        adjudicate_orders(order_ids=[kept.id], now=NOON, actor=ACTOR)
    assert parts(who) == parts(other) == (0, 12, 0, 0)


def test_a_preview_posts_nothing_and_answers_the_same_effects():
    version = programme(per_euro(), rule("three", {"kind": "per_item", "points": 3}))
    who = member(version)
    cart = order("1", 1000, 500)
    [looked] = preview_order(order=cart)
    assert not OrderRow.objects.exists()
    assert parts(who) == (0, 0, 0, 0)
    answer = put(cart)
    told = [(e.kind, e.rule, e.points, e.currency, e.activates_at, e.expires_at) for e in looked.effects]
    assert told == [
        (e.kind, e.rule, e.points, e.currency, e.activates_at, e.expires_at) for e in answer.adjudicated[0].effects
    ]


TIERS = [
    {
        "key": "status",
        "name": "Status",
        "basis": {"kind": "points", "currency": "points"},
        "period": {"kind": "calendar"},
        "tiers": [
            {"key": "green", "name": "Green"},
            {"key": "gold", "name": "Gold", "threshold": 50, "benefits": {"multipliers": {"points": 2}}},
        ],
    }
]


def test_the_order_that_lifts_a_member_to_a_tier_earns_at_the_old_one():
    who = member(programme(per_euro(), tier_sets=TIERS))
    answer = put(order("1", 6000))
    assert effects(answer) == [("granted", "base", 60), ("unlocked", "", 0)]
    assert answer.adjudicated[0].effects[-1].values == {"tier_set": "status", "tier": "gold"}
    second = put(order("2", 1000, placed_at=NOON + DAY), NOON + DAY)
    assert effects(second) == [("granted", "base", 10), ("granted", "tier:status.gold", 10)]
    assert parts(who) == (0, 80, 0, 0)


def test_entries_of_all_that_was_posted_sum_to_nothing():
    version = programme(per_euro(), tier_sets=TIERS)
    member(version)
    whole = order("1", 6000)
    put(whole)
    put(returned(whole, 1), NOON + DAY)
    assert Entry.objects.aggregate(Sum("points"))["points__sum"] == 0
    assert list(Earning.objects.values_list("points", flat=True)) == [0]
