"""Customers become members, leave, and come back."""

from __future__ import annotations

import pytest

from regulars.customers.queries import NoSuchCustomer
from regulars.kit.ids import new_id
from regulars.loyalty.definitions.queries import NoSuchProgram
from regulars.loyalty.ledger.contracts import MemberState
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.models import Member as MemberRow
from regulars.loyalty.membership.programs import NotBegun
from regulars.loyalty.membership.services import enrol, leave
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    BEGIN,
    CLUB,
    DAY,
    NOON,
    WELCOME,
    available,
    club,
    customer,
    given,
    member,
    merge,
)
from regulars.loyalty.tiers.models import Change
from regulars.loyalty.tiers.queries import find_standing
from regulars.staff.models import AuditEntry
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db


def join(customer_id, now=NOON, program="club"):
    return enrol(program=program, customer_id=customer_id, now=now, actor=ACTOR)


def test_who_enrols_has_the_first_tier_and_what_enrolling_earns() -> None:
    club(rules=[WELCOME])
    found = join(customer())
    standing = find_standing(found.id, "status")
    assert standing is not None
    assert (standing.tier, standing.since) == ("green", NOON)
    assert available(found.id) == 25
    assert found.state is MemberState.ACTIVE


def test_to_enrol_again_changes_nothing() -> None:
    club(rules=[WELCOME])
    somebody = customer()
    first = join(somebody)
    assert join(somebody, NOON + DAY) == first
    assert Lot.objects.count() == Change.objects.count() == 1
    assert Event.objects.filter(type="member.enrolled").count() == 1


def test_who_enrols_again_gets_an_account_in_a_currency_that_came_later() -> None:
    club()
    somebody = customer()
    found = join(somebody)
    club(NOON, currencies=[*CLUB["currencies"], {"key": "stars", "name": "Stars", "kind": "status"}])
    join(somebody, NOON + DAY)
    assert set(Account.objects.filter(member_id=found.id).values_list("currency", flat=True)) == {
        "beans",
        "gems",
        "stars",
    }


def test_who_leaves_and_comes_back_has_the_points_that_are_left_and_earns_nothing_twice() -> None:
    club(rules=[WELCOME])
    somebody = customer()
    found = join(somebody)
    gone = leave(member_id=found.id, now=NOON + DAY, actor=ACTOR)
    assert (gone.state, gone.left_at) == (MemberState.LEFT, NOON + DAY)
    back = join(somebody, NOON + 2 * DAY)
    assert (back.id, back.state) == (found.id, MemberState.ACTIVE)
    assert available(found.id, at=NOON + 2 * DAY) == 25
    assert Lot.objects.count() == 1


def test_nobody_enrols_before_a_programme_has_begun_or_where_there_is_none() -> None:
    club()
    somebody = customer()
    with pytest.raises(NotBegun) as error:
        join(somebody, BEGIN - DAY)
    assert error.value.code == "program_not_begun"
    with pytest.raises(NoSuchProgram):
        join(somebody, program="other")
    with pytest.raises(NoSuchCustomer):
        join(new_id())
    assert MemberRow.objects.count() == 0


def test_a_customer_who_was_merged_enrols_as_the_one_that_it_leads_to() -> None:
    club()
    survivor, merged = customer(), customer()
    merge(survivor, merged)
    first = join(merged)
    assert first.customer_id == survivor
    assert join(survivor) == first


def test_a_merged_customer_who_was_a_member_is_not_enrolled_a_second_time() -> None:
    club()
    found = member()
    survivor = customer()
    merge(survivor, found)
    assert join(survivor) == found


def test_who_is_no_member_does_not_leave() -> None:
    club()
    with pytest.raises(NoSuchMember):
        leave(member_id=new_id(), now=NOON, actor=ACTOR)


def test_enrolling_stands_on_the_trail() -> None:
    club()
    found = join(customer())
    given(found.id, 5)
    actions = AuditEntry.objects.filter(object_id=str(found.id)).values_list("action", flat=True)
    assert set(actions) >= {"member.enrolled", "points.adjusted"}
