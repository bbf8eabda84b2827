"""Nobody knows any more whose an erased membership was; the ledger stays whole."""

from __future__ import annotations

from uuid import UUID

import pytest

from regulars.customers.queries import list_ids_of
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import NoSuchMember, get_member
from regulars.loyalty.ledger.models import Lot
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.membership.adjusting import AdjustmentDecided
from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.membership.queries import (
    find_member_by,
    get_adjustment,
    get_member_in_full,
    list_members,
    list_members_of,
)
from regulars.loyalty.membership.services import approve_adjustment, erase_memberships, follow_customers
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    BEN,
    NOON,
    OWNER,
    club,
    customer,
    given,
    member,
    merge,
    whose,
)
from regulars.loyalty.tiers.models import Standing
from regulars.staff.models import AuditEntry

pytestmark = pytest.mark.django_db


def erase(*customer_ids: UUID) -> int:
    return erase_memberships(customer_ids=customer_ids, now=NOON, actor=ACTOR)


def test_an_erased_membership_names_nobody_and_its_points_are_forfeited() -> None:
    club()
    ines, inez = member(beans=100, orders=5), member(beans=20)
    assert erase(whose(ines)) == 1
    found = get_member(ines.id)
    assert (found.state, found.customer_id) == (MemberState.ERASED, None)
    assert found.code != ines.code
    assert list_members_of(whose(ines)) == []
    assert find_member_by(program="club", what=ines.code, now=NOON) == []
    assert [line.member for line in list_members(program="club", limit=9, now=NOON)] == [inez]
    assert not Standing.objects.filter(member_id=ines.id).exists()
    full = get_member_in_full(ines.id, now=NOON)
    assert (full.name, full.standings["beans"].balance.balance, full.tiers[0].tier) == ("", 0, None)
    assert verify_ledger().is_whole


def test_why_points_were_given_is_forgotten_and_what_waits_is_given_to_nobody() -> None:
    club()
    ines = member(beans=100)
    given(ines.id, 5, reason="Her dog was ill")
    asked = given(ines.id, 600, reason="Her dog was ill again")
    erase(whose(ines))
    assert set(AdjustmentRow.objects.values_list("reason", "refusal")) == {("", "")}
    assert get_adjustment(asked.id).state is AdjustmentState.REFUSED
    with pytest.raises(AdjustmentDecided):
        approve_adjustment(adjustment_id=asked.id, now=NOON, actor=BEN, authority=OWNER)
    with pytest.raises(NoSuchMember):
        given(ines.id, 5)


def test_all_memberships_of_one_who_was_merged_are_erased_also_where_nobody_has_heard_of_it_yet() -> None:
    club()
    ines, inez, other = member(beans=100, orders=2), member(beans=20, orders=3), member(beans=3)
    merge(ines, inez)
    assert erase(*list_ids_of(whose(ines))) == 2
    assert {get_member(each.id).state for each in (ines, inez)} == {MemberState.ERASED}
    assert MemberRow.objects.filter(customer=None).count() == 2
    assert [lot.active for lot in Lot.objects.filter(active__gt=0)] == [3]
    assert get_member(other.id) == other
    assert verify_ledger().is_whole
    follow_customers(customer_ids=[whose(ines)], now=NOON, actor=ACTOR)
    assert {get_member(each.id).state for each in (ines, inez)} == {MemberState.ERASED}


def test_to_erase_again_or_who_is_no_member_does_nothing() -> None:
    club()
    ines = member()
    assert [erase(whose(ines)), erase(whose(ines)), erase(customer())] == [1, 0, 0]
    assert AuditEntry.objects.filter(action="member.erased").count() == 1
