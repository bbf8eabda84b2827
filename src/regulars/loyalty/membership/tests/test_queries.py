"""Members in full and in lists, and the figures of a programme, each by its definition."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.customers.contracts import IdentifierKind
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.adjudication.tests.programme_shop import order
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.membership.programs import NotBegun
from regulars.loyalty.membership.queries import get_member_in_full, get_overview, list_members, list_members_of
from regulars.loyalty.membership.services import enrol, leave
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    BEGIN,
    CLUB,
    DAY,
    NOON,
    become_one,
    club,
    customer,
    earn,
    given,
    member,
)
from regulars.loyalty.rewards.services import redeem_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.loyalty.tiers.services import lock_tier
from regulars.orders.services import put_orders

pytestmark = pytest.mark.django_db


def listed(**told):
    return [line.member.id for line in list_members(**{"program": "club", "limit": 9, "now": NOON} | told)]


# --- In full ----------------------------------------------------------------------------------------------------------


def test_a_member_in_full_has_its_accounts_and_tiers_and_what_is_missing() -> None:
    version = club()
    ines = member((IdentifierKind.EMAIL, "ines@example.com"), beans=70, orders=3)
    lock_tier(member_id=ines.id, tier_set="status", until=None, reason="x", versions=[version], now=NOON, actor=ACTOR)
    full = get_member_in_full(ines.id, now=NOON)
    assert (full.member, full.name, full.program.number) == (ines, "ines@example.com", 1)
    assert {key: each.balance.available for key, each in full.standings.items()} == {"beans": 70, "gems": 0}
    [tier] = full.tiers
    assert (tier.tier_set, tier.name, tier.tier, tier.tier_name, tier.is_locked) == (
        "status",
        "Status",
        "green",
        "Green",
        True,
    )
    assert tier.projection is not None
    assert (tier.projection.next_tier, tier.projection.missing_to_reach) == ("gold", 2)


def test_a_tier_that_the_programme_no_longer_has_goes_by_its_key() -> None:
    club()
    ines = member(orders=5)
    club(
        NOON,
        tier_sets=[CLUB["tier_sets"][0] | {"tiers": [{"key": "green", "name": "Green"}]}],
    )
    [tier] = get_member_in_full(ines.id, now=NOON).tiers
    assert (tier.tier, tier.tier_name) == ("gold", "gold")


def test_a_set_in_which_nobody_was_evaluated_yet_has_no_tier() -> None:
    club(tier_sets=[])
    ines = member()
    club(NOON)
    [tier] = get_member_in_full(ines.id, now=NOON).tiers
    assert (tier.tier, tier.tier_name, tier.projection, tier.is_locked) == (None, "", None, False)


def test_who_is_no_member_is_not_there() -> None:
    club()
    with pytest.raises(NoSuchMember):
        get_member_in_full(new_id(), now=NOON)


def test_a_customer_is_a_member_of_each_programme_where_it_enrolled_the_longest_first() -> None:
    club()
    club(program="other")
    somebody = customer()
    first = enrol(program="other", customer_id=somebody, now=BEGIN, actor=ACTOR)
    second = enrol(program="club", customer_id=somebody, now=NOON, actor=ACTOR)
    assert list_members_of(somebody) == [first, second]
    gone = leave(member_id=first.id, now=NOON, actor=ACTOR)
    assert list_members_of(somebody) == [gone, second]
    assert list_members_of(customer()) == []


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_members_are_listed_page_by_page_those_who_came_last_first() -> None:
    club()
    ids = [member().id for _ in range(5)]
    seen, before = [], None
    while page := listed(limit=2, before=before):
        seen += page
        before = page[-1]
    assert seen == ids[::-1]


def test_a_list_of_members_is_of_one_state_and_without_those_who_were_merged() -> None:
    club()
    ines, inez, gone = member(), member(), member()
    leave(member_id=gone.id, now=NOON, actor=ACTOR)
    become_one(ines, inez)
    assert listed() == [ines.id]
    assert listed(state=MemberState.LEFT) == [gone.id]


def test_members_are_listed_by_tier() -> None:
    club()
    green, gold, golder = member(orders=1), member(orders=5), member(orders=9)
    assert listed(tier_set="status", tier="gold") == [golder.id, gold.id]
    assert listed(tier_set="status", tier="gold", before=golder.id) == [gold.id]
    assert listed(tier_set="status", tier="green") == [green.id]
    assert listed(tier_set="status") == listed(tier_set="other", tier="gold") == []


def test_a_line_tells_name_tiers_and_what_can_be_spent() -> None:
    club()
    member((IdentifierKind.CARD, "4711"), beans=7, orders=5)
    [line] = list_members(program="club", limit=9, now=NOON)
    assert (line.name, line.tiers, line.available) == ("4711", {"status": "gold"}, {"beans": 7, "gems": 0})


def test_a_page_takes_as_many_statements_as_a_line(django_assert_num_queries) -> None:
    club()
    member()
    with CaptureQueriesContext(connection) as for_one:
        listed()
    for _ in range(4):
        member(beans=3)
    with django_assert_num_queries(len(for_one)):
        assert len(listed()) == 5


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_members_are_counted_by_state_and_those_who_enrolled_lately() -> None:
    club()
    ines, inez, gone = member(), member(), member()
    leave(member_id=gone.id, now=NOON, actor=ACTOR)
    become_one(ines, inez)
    # 31 days before, 30 days before, and today; of who enrolled in January none came lately.
    for days in (31, 30, 0):
        enrol(program="club", customer_id=customer(), now=NOON - timedelta(days=days), actor=ACTOR)
    found = get_overview("club", now=NOON)
    assert found.members == {
        MemberState.ACTIVE: 4,
        MemberState.LEFT: 1,
        MemberState.MERGED: 1,
        MemberState.ERASED: 0,
    }
    assert found.enrolled_lately == 2


def test_active_is_who_was_granted_or_had_a_reward_in_ninety_days_not_by_hand() -> None:
    club(datetime(2025, 6, 1, tzinfo=UTC))
    earner, spender, before, by_hand, idle = (member() for _ in range(5))
    earn(earner.id, 5, NOON - 89 * DAY)
    for each in (spender, before):
        earn(each.id, 200, NOON - 91 * DAY)
    redeem_reward(wish=Wish(program="club", reward="mug", member_id=spender.id), now=NOON - DAY, actor=ACTOR)
    given(by_hand.id, 5)
    left = member()
    earn(left.id, 5, NOON - DAY)
    leave(member_id=left.id, now=NOON, actor=ACTOR)
    found = get_overview("club", now=NOON)
    assert (found.active, found.members[MemberState.ACTIVE], found.active_rate) == (2, 5, 0.4)
    become_one(idle, earner)
    found = get_overview("club", now=NOON)
    assert (found.active, found.members[MemberState.ACTIVE]) == (2, 4)


def test_participation_is_the_members_part_of_the_orders_of_the_period() -> None:
    club()
    member((IdentifierKind.EMAIL, "ann@example.org"))
    placed = [
        order("1", 500, placed_at=NOON - DAY),
        order("2", 500, placed_at=NOON - DAY, buyer="guest"),
        order("3", 500, placed_at=NOON - DAY, buyer="guest"),
        order("4", 500, placed_at=NOON - 2 * DAY),
        # Of another period, and one that was cancelled.
        order("5", 500, placed_at=NOON - 40 * DAY),
        order("6", 500, placed_at=NOON - DAY),
    ]
    placed[-1] = dataclasses.replace(placed[-1], cancelled_at=NOON)
    results = put_orders(orders=placed, now=NOON, actor=ACTOR)
    adjudicate_orders(order_ids=[each.order_id for each in results if each.order_id], now=NOON, actor=ACTOR)
    found = get_overview("club", now=NOON, days=30)
    assert (found.orders, found.of_members, found.participation) == (4, 2, 0.5)
    assert get_overview("club", now=NOON).of_members == 3


def test_what_was_redeemed_of_what_was_issued_is_told_by_currency() -> None:
    club()
    ines = member()
    earn(ines.id, 400, NOON - DAY)
    earn(ines.id, 900, NOON - 50 * DAY)
    redeem_reward(wish=Wish(program="club", reward="mug", member_id=ines.id), now=NOON - DAY, actor=ACTOR)
    beans, gems = get_overview("club", now=NOON, days=30).flows
    assert (beans.totals.issued, beans.totals.redeemed, beans.redemption_rate) == (400, 100, 0.25)
    assert beans.totals.outstanding == 1_200
    assert (gems.totals.currency, gems.redemption_rate) == ("gems", None)


def test_nothing_is_told_of_before_the_programme_began_nor_as_a_share_of_nothing() -> None:
    club()
    found = get_overview("club", now=BEGIN + DAY)
    assert (found.since, found.until) == (BEGIN, BEGIN + DAY)
    assert (found.active_rate, found.participation) == (None, None)
    with pytest.raises(NotBegun):
        get_overview("club", now=BEGIN - DAY)
