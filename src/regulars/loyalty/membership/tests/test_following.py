"""Members are merged and parted as their customers are: told by the stream, late, twice, or in any order."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from regulars.customers.merging import undo_merge
from regulars.customers.queries import get_survivor, list_all_merges
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import find_member, get_member
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.requests import Busy, patiently
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.membership.queries import get_member_in_full, list_members_of
from regulars.loyalty.membership.services import enrol, follow_customers, leave
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    BEGIN,
    MUG,
    NOON,
    available,
    club,
    count,
    customer,
    earn,
    member,
    merge,
    rows,
    tell,
    tell_again,
    whose,
)
from regulars.loyalty.rewards.contracts import RewardReason
from regulars.loyalty.rewards.queries import list_redemptions
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import redeem_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.loyalty.tiers.queries import map_tiers
from regulars.stream.models import Event

pytestmark = pytest.mark.usefixtures("fresh_database")
KEPT = ("loyalty_ledger_member", "loyalty_tiers_standing")


def undo(merge_id: UUID) -> None:
    undo_merge(merge_id=merge_id, now=NOON, actor=ACTOR)


def redeem(member_id: UUID) -> None:
    redeem_reward(wish=Wish(program="club", reward="mug", member_id=member_id), now=NOON, actor=ACTOR)


def tier(member_id: UUID) -> str | None:
    return map_tiers([member_id], NOON)[member_id].get("status")


def test_two_members_who_are_one_person_become_one_with_points_tiers_and_redemptions() -> None:
    club()
    ines, inez = member(beans=100, orders=2), member(beans=250, orders=3)
    redeem(inez.id)
    merge(ines, inez)
    tell()
    assert (get_member(inez.id).state, get_member(inez.id).merged_into) == (MemberState.MERGED, ines.id)
    assert available(ines.id) == available(inez.id) == 250
    assert tier(ines.id) == tier(inez.id) == "gold"
    assert len(list_redemptions(ines.id, limit=9)) == 1
    with pytest.raises(RewardRefused) as error:
        redeem(ines.id)
    assert error.value.code == RewardReason.LIMIT_REACHED
    full = get_member_in_full(inez.id, now=NOON)
    assert (full.member.id, full.tiers[0].tier) == (ines.id, "gold")
    assert verify_ledger().is_whole


def test_a_merge_that_is_undone_gives_each_what_is_its_own_also_what_came_since() -> None:
    club()
    ines, inez = member(beans=100, orders=2), member(beans=250, orders=3)
    merged = merge(ines, inez)
    tell()
    earn(inez.id, 30, NOON)
    redeem(ines.id)
    undo(merged)
    tell()
    assert get_member(inez.id).state is MemberState.ACTIVE
    assert available(ines.id) + available(inez.id) == 280
    assert (tier(ines.id), tier(inez.id)) == ("green", "green")
    assert [len(list_redemptions(each.id, limit=9)) for each in (ines, inez)] == [1, 0]
    assert verify_ledger().is_whole


def test_undone_with_nothing_between_each_member_and_standing_is_as_before() -> None:
    club()
    ines, inez = member(beans=100, orders=2), member(beans=250, orders=6)
    before = rows(*KEPT)
    merged = merge(ines, inez)
    tell()
    assert rows(*KEPT) != before
    undo(merged)
    tell()
    assert rows(*KEPT) == before
    assert (available(ines.id), available(inez.id)) == (100, 250)


def test_events_that_come_again_change_nothing() -> None:
    club()
    ines, inez = member(beans=100, orders=2), member(beans=250, orders=3)
    merged = merge(ines, inez)
    tell()
    after = rows(*KEPT)
    events = Event.objects.count()
    tell_again()
    assert (rows(*KEPT), Event.objects.count()) == (after, events)
    undo(merged)
    tell()
    parted = rows(*KEPT)
    tell_again()
    assert rows(*KEPT) == parted


def test_a_merge_that_was_undone_before_anybody_heard_of_it_moves_nothing() -> None:
    club()
    ines, inez = member(beans=100), member(beans=250)
    before = rows(*KEPT)
    undo(merge(ines, inez))
    tell()
    assert rows(*KEPT) == before


def test_where_only_the_merged_one_is_a_member_nothing_moves_and_it_is_found_through_the_survivor() -> None:
    version = club()
    inez, survivor = member(beans=250), customer()
    before = rows(*KEPT)
    merged = merge(survivor, inez)
    tell()
    assert rows(*KEPT) == before
    assert find_member(version.program_id, survivor) == inez
    assert list_members_of(survivor) == [inez]
    undo(merged)
    tell()
    assert rows(*KEPT) == before
    assert list_members_of(survivor) == []
    assert list_members_of(whose(inez)) == [inez]


def test_two_members_of_whom_neither_enrolled_as_the_survivor_become_one() -> None:
    club()
    first, second, survivor = member(beans=10), member(beans=20), customer()
    merge(survivor, first)
    merged = merge(survivor, second)
    tell()
    assert get_member(second.id).merged_into == first.id
    assert list_members_of(survivor) == [get_member(first.id)]
    assert available(first.id) == 30
    undo(merged)
    tell()
    assert (available(first.id), available(second.id)) == (10, 20)


def test_who_left_does_not_take_in_who_is_still_a_member() -> None:
    club()
    ines, inez = member(beans=10), member(beans=20)
    leave(member_id=ines.id, now=NOON, actor=ACTOR)
    merge(ines, inez)
    tell()
    assert get_member(ines.id).merged_into == inez.id
    [found] = list_members_of(whose(ines))
    assert (found.id, found.state) == (inez.id, MemberState.ACTIVE)


def test_each_programme_in_which_both_are_members_is_followed() -> None:
    club()
    club(program="other")
    ines, inez = member(), member()
    assert ines.customer_id
    assert inez.customer_id
    others = [
        enrol(program="other", customer_id=each, now=BEGIN, actor=ACTOR)
        for each in (ines.customer_id, inez.customer_id)
    ]
    third = customer()
    merge(third, inez)
    merge(ines, third)
    tell()
    assert [get_member(each.id).merged_into for each in (inez, others[1])] == [ines.id, others[0].id]
    assert [each.id for each in list_members_of(third)] == [ines.id, others[0].id]


def test_a_member_who_enrolled_before_the_merge_was_heard_of_is_followed_too() -> None:
    club()
    ines, other = member(beans=10), customer()
    late = enrol(program="club", customer_id=other, now=NOON, actor=ACTOR)
    merge(ines, other)
    earn(late.id, 5, NOON)
    tell()
    assert available(ines.id) == 15


def test_trees_of_merges_come_apart_where_they_are_undone() -> None:
    club()
    members = [member(beans=points, orders=1) for points in (1, 10, 100)]
    ada, ben, cleo = members
    lower = merge(ada, ben)
    tell()
    upper = merge(cleo, ada)
    tell()
    assert [get_member(each.id).merged_into for each in members] == [cleo.id, cleo.id, None]
    undo(upper)
    tell()
    assert [get_member(each.id).merged_into for each in members] == [None, ada.id, None]
    assert [available(each.id) for each in members] == [11, 11, 100]
    undo(lower)
    tell()
    assert [available(each.id) for each in members] == [1, 10, 100]
    assert verify_ledger().is_whole


@pytest.mark.parametrize("seed", range(6))
def test_however_customers_are_merged_and_parted_members_stand_as_they_do(seed: int) -> None:
    drawn = random.Random(seed)
    club()
    members = [member(beans=3**number, orders=number) for number in range(4)]
    customers = [*map(whose, members), customer(), customer()]
    for _ in range(14):
        standing = [each for each in list_all_merges(limit=99) if each.undone_at is None]
        if standing and drawn.random() < 0.45:
            undo(drawn.choice(standing).id)
        else:
            pairs = [
                (one, other)
                for one, other in combinations(drawn.sample(customers, len(customers)), 2)
                if get_survivor(one) != get_survivor(other)
            ]
            if pairs:
                merge(*pairs[0])
        if drawn.random() < 0.6:
            tell()
    tell()
    people = {each: get_survivor(each) for each in customers}
    for one, other in combinations(members, 2):
        is_one_person = people[whose(one)] == people[whose(other)]
        roots = [get_member(each.id).merged_into or each.id for each in (one, other)]
        assert (roots[0] == roots[1]) == is_one_person
    for found in members:
        together = [number for number, each in enumerate(members) if people[whose(each)] == people[whose(found)]]
        assert available(found.id) == sum(3**number for number in together)
    assert verify_ledger().is_whole


# --- Beside others ----------------------------------------------------------------------------------------------------


@contextmanager
def somebody_writes() -> Iterator[threading.Event]:
    """Let somebody else be in the midst of a write to members until the event is set, or the block ends."""
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                patiently("stay")
                begun.set()
                ended.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait(10)
    try:
        yield ended
    finally:
        ended.set()
        thread.join()


def hurry() -> None:
    """Let nobody wait for long to be alone."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER FUNCTION loyalty_ledger_alone() SET lock_timeout = '200ms'")


def test_who_is_kept_from_merging_by_a_writer_tries_again() -> None:
    club()
    hurry()
    ines, inez = member(beans=1), member(beans=2)
    merge(ines, inez)
    with somebody_writes() as ended:
        threading.Timer(0.3, ended.set).start()
        tell()
    assert get_member(inez.id).merged_into == ines.id


def test_who_is_kept_from_merging_for_too_long_is_told_so_and_merges_when_asked_again() -> None:
    club()
    hurry()
    ines, inez = member(beans=1), member(beans=2)
    merge(ines, inez)
    with somebody_writes(), pytest.raises(Busy):
        follow_customers(customer_ids=[whose(ines)], now=NOON, actor=ACTOR)
    tell()
    assert get_member(inez.id).merged_into == ines.id


def test_who_enrols_while_the_customers_are_merged_ends_as_one_member() -> None:
    club()
    for _ in range(5):
        ines, other = member(), customer()
        start = threading.Barrier(2)

        def join(other: UUID = other, start: threading.Barrier = start) -> None:
            try:
                start.wait(10)
                enrol(program="club", customer_id=other, now=NOON, actor=ACTOR)
            finally:
                connection.close()

        thread = threading.Thread(target=join)
        thread.start()
        start.wait(10)
        merge(ines, other)
        tell()
        thread.join()
        tell()
        found = MemberRow.objects.filter(customer_id__in=[ines.customer_id, other]).exclude(state=MemberState.MERGED)
        assert found.count() == 1


def test_progress_of_both_counts_for_the_tier_after_the_merge_too() -> None:
    club(rewards=[MUG])
    ines, inez = member(orders=2), member(orders=2)
    merge(ines, inez)
    tell()
    assert tier(ines.id) == "green"
    count(inez.id, 1, NOON)
    assert tier(ines.id) == "gold"
