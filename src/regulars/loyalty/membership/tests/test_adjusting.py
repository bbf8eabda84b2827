"""Points are given and taken by hand: at once, or when a second person has approved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from regulars.kit.ids import new_id
from regulars.loyalty.ledger.members import NoSuchMember
from regulars.loyalty.ledger.merging import merge_members
from regulars.loyalty.ledger.models import Lot, Request, Transaction
from regulars.loyalty.ledger.requests import KeyUsed
from regulars.loyalty.ledger.services import WrongPoints
from regulars.loyalty.ledger.spending import NotEnoughPoints
from regulars.loyalty.membership.adjusting import (
    AdjustmentDecided,
    ExpiryPassed,
    NoReason,
    NoSuchAdjustment,
    NoSuchCurrency,
    OwnAdjustment,
)
from regulars.loyalty.membership.authority import AboveAuthority, NotAPerson
from regulars.loyalty.membership.contracts import AdjustmentState, Authority
from regulars.loyalty.membership.models import Adjustment as AdjustmentRow
from regulars.loyalty.membership.personal_data import export
from regulars.loyalty.membership.queries import get_adjustment, list_adjustments
from regulars.loyalty.membership.services import approve_adjustment, leave, refuse_adjustment
from regulars.loyalty.membership.tests.member_shop import (
    ACTOR,
    ADA,
    AGENT,
    BEN,
    CLEO,
    CLUB,
    DAY,
    LIMITS,
    NOON,
    OWNER,
    STATUS,
    available,
    club,
    count,
    given,
    member,
    whose,
)
from regulars.staff.models import AuditEntry
from regulars.stream.models import Event

pytestmark = pytest.mark.django_db
AWAITING, POSTED, REFUSED = AdjustmentState.AWAITING, AdjustmentState.POSTED, AdjustmentState.REFUSED


@pytest.fixture
def ines():
    club()
    return member(beans=1_000).id


def approve(adjustment_id, actor=BEN, authority=OWNER, now=NOON):
    return approve_adjustment(adjustment_id=adjustment_id, now=now, actor=actor, authority=authority)


def refuse(adjustment_id, actor=BEN, authority=OWNER, reason="Not this time"):
    return refuse_adjustment(adjustment_id=adjustment_id, reason=reason, now=NOON, actor=actor, authority=authority)


def told(adjustment_id) -> list[str]:
    return list(
        Event.objects.filter(payload__adjustment_id=str(adjustment_id)).order_by("id").values_list("type", flat=True)
    )


def audited(action: str) -> Any:
    return AuditEntry.objects.get(action=action).details


# --- At once ----------------------------------------------------------------------------------------------------------


def test_what_waits_for_nobody_is_posted_at_once(ines) -> None:
    done = given(ines, 500)
    assert (done.state, done.asked_by, done.decided_by, done.decided_at) == (POSTED, str(ADA), None, None)
    assert available(ines) == 1_500
    assert done.transaction_id is not None
    assert Transaction.objects.get(id=done.transaction_id).memo == {"reason": "Broken cup"}
    assert get_adjustment(done.id) == done


def test_points_are_taken_too(ines) -> None:
    done = given(ines, -300)
    assert (done.points, done.state) == (-300, POSTED)
    assert available(ines) == 700


def test_more_than_there_is_is_not_taken(ines) -> None:
    with pytest.raises(NotEnoughPoints):
        given(ines, -400, currency="gems")
    assert AdjustmentRow.objects.count() == 0


@pytest.mark.parametrize("points", [101, -101])
def test_what_is_above_ones_limit_is_refused_whether_given_or_taken(ines, points) -> None:
    with pytest.raises(AboveAuthority) as error:
        given(ines, points, authority=AGENT)
    assert error.value.limit == 100
    assert AdjustmentRow.objects.count() == 0
    assert available(ines) == 1_000
    assert given(ines, 100, authority=AGENT).state is POSTED


def test_a_refusal_writes_numbers_as_one_reads_them(ines) -> None:
    with pytest.raises(
        AboveAuthority, match=r"^12,345 points are more than you may give or take at once, which is 100"
    ):
        given(ines, 12_345, authority=AGENT)


def test_many_small_ones_of_a_day_are_one_great_one(ines) -> None:
    given(ines, 60, authority=AGENT)
    with pytest.raises(AboveAuthority, match="101 points within a day") as error:
        given(ines, 41, authority=AGENT)
    assert (error.value.points, error.value.limit) == (101, 100)
    # Another person, other points and another day have room of their own, and what is taken back makes room again.
    given(ines, 41, authority=AGENT, actor=BEN)
    given(ines, 100, currency="gems", authority=AGENT)
    given(ines, -60, authority=AGENT)
    assert given(ines, 100, authority=AGENT).state is POSTED
    given(ines, 100, authority=AGENT, now=NOON + DAY)


def test_many_small_ones_of_a_day_wait_for_a_second_person_as_a_great_one_does(ines) -> None:
    assert given(ines, 300).state is POSTED
    asked = given(ines, 201)
    assert asked.state is AWAITING
    refuse(asked.id)
    assert given(ines, 200).state is POSTED


def test_a_role_that_the_programme_leaves_out_gives_nothing(ines) -> None:
    for role in ("till", "key", "analyst"):
        with pytest.raises(AboveAuthority):
            given(ines, 1, authority=Authority(role))


@pytest.mark.parametrize("wrong", [{"points": 0}, {"points": 5, "reason": "  "}])
def test_an_adjustment_has_points_and_a_reason(ines, wrong) -> None:
    with pytest.raises(WrongPoints):
        given(ines, **wrong)


def test_a_programme_that_has_no_such_points_is_named(ines) -> None:
    with pytest.raises(NoSuchCurrency):
        given(ines, 5, currency="stars")


def test_who_is_nobody_is_given_nothing(ines) -> None:
    with pytest.raises(NoSuchMember):
        given(new_id(), 5)


def test_who_enrolled_before_a_currency_came_can_be_given_points_of_it(ines) -> None:
    club(NOON, currencies=[*CLUB["currencies"], {"key": "later", "name": "Later"}])
    given(ines, 5, currency="later")
    assert available(ines, "later") == 5


def test_points_are_good_until_the_moment_that_is_told_or_as_long_as_the_currency_says(ines) -> None:
    given(ines, 5, expires_at=NOON + 3 * DAY)
    given(ines, 6)
    given(ines, 7, currency="gems")
    found = dict(Lot.objects.filter(source_kind="adjustment").values_list("granted_at", "expires_at"))
    assert set(found) == {NOON}
    ends = Lot.objects.filter(source_kind="adjustment").order_by("id").values_list("expires_at", flat=True)
    assert [each and each.isoformat() for each in ends] == [
        "2026-03-05T12:00:00+00:00",
        # A year later, through the last day in Vienna.
        "2027-03-02T23:00:00+00:00",
        None,
    ]


def test_points_by_hand_are_good_as_long_as_the_members_tier_says() -> None:
    tiers = {"gold": {"kind": "never"}}
    plain = {"kind": "rolling", "after": "1 months"}
    per_tier = {"kind": "per_tier", "tier_set": "status", "tiers": tiers, "otherwise": plain}
    club(currencies=[{"key": "beans", "name": "Beans", "expiry": per_tier}], tier_sets=[STATUS], rewards=[])
    ines, inez = member().id, member().id
    count(inez, 5)
    for each in (ines, inez):
        given(each, 5)
    ends = dict(Lot.objects.values_list("account__member_id", "expires_at"))
    assert (ends[ines] is None, ends[inez] is None) == (False, True)


def test_points_that_would_have_expired_already_are_not_given(ines) -> None:
    with pytest.raises(ExpiryPassed):
        given(ines, 5, expires_at=NOON)


def test_who_left_can_still_be_given_what_is_due(ines) -> None:
    leave(member_id=ines, now=NOON, actor=ACTOR)
    given(ines, 5)
    assert available(ines) == 1_005


def test_what_is_given_to_one_who_was_merged_is_the_survivors() -> None:
    version = club()
    ines, inez = member().id, member().id
    merge_members(survivor_id=ines, merged_id=inez, version=version, now=NOON, actor=ACTOR)
    done = given(inez, 5)
    assert done.member_id == ines
    assert available(ines) == 5


# --- By a second person -----------------------------------------------------------------------------------------------


def test_what_is_above_the_bound_waits_and_is_posted_by_a_second_person(ines) -> None:
    asked = given(ines, 501)
    assert (asked.state, asked.transaction_id) == (AWAITING, None)
    assert available(ines) == 1_000
    assert Transaction.objects.filter(memo__reason="Broken cup").count() == 0
    done = approve(asked.id)
    assert (done.state, done.asked_by, done.decided_by, done.decided_at) == (POSTED, str(ADA), str(BEN), NOON)
    assert available(ines) == 1_501
    assert told(asked.id) == ["loyalty.adjustment_asked", "loyalty.adjustment_approved"]
    assert audited("adjustment.approved")["points"] == 501
    assert audited("adjustment.asked") == audited("adjustment.approved")


def test_what_is_taken_waits_as_well(ines) -> None:
    asked = given(ines, -501)
    assert asked.state is AWAITING
    approve(asked.id)
    assert available(ines) == 499


def test_nobody_approves_what_they_asked_for_also_not_in_another_role(ines) -> None:
    asked = given(ines, 600)
    for role in ("owner", "manager"):
        with pytest.raises(OwnAdjustment):
            approve(asked.id, actor=ADA, authority=Authority(role))
    assert available(ines) == 1_000


def test_the_database_itself_refuses_that_who_asked_approves(ines) -> None:
    asked = given(ines, 600)
    done = given(ines, 5)
    with pytest.raises(IntegrityError, match="loyalty_adjustment_second"), transaction.atomic():
        AdjustmentRow.objects.filter(id=asked.id).update(
            state=POSTED, decided_by=str(ADA), decided_at=NOON, transaction_id=done.transaction_id
        )


@pytest.mark.parametrize(
    "wrong",
    [{"state": POSTED}, {"state": REFUSED}, {"decided_by": str(BEN)}, {"state": "other"}, {"points": 0}],
)
def test_the_database_refuses_what_is_half_decided(ines, wrong) -> None:
    asked = given(ines, 600)
    with pytest.raises(IntegrityError), transaction.atomic():
        AdjustmentRow.objects.filter(id=asked.id).update(**wrong)


def test_who_may_not_give_as_many_does_not_approve_them(ines) -> None:
    asked = given(ines, 1_001)
    for role, limit in (("manager", 1_000), ("agent", 100), ("till", 0)):
        with pytest.raises(AboveAuthority) as error:
            approve(asked.id, authority=Authority(role))
        assert error.value.limit == limit
    assert approve(asked.id).state is POSTED


def test_a_program_is_no_second_person(ines) -> None:
    club(NOON, authority=LIMITS | {"by_role": {"owner": 10_000, "key": 10_000}})
    asked = given(ines, 600)
    for decide in (approve, refuse):
        with pytest.raises(NotAPerson):
            decide(asked.id, authority=Authority("key"))


def test_the_limits_of_the_programme_in_force_when_it_is_approved_count(ines) -> None:
    asked = given(ines, 600)
    club(NOON, authority={"by_role": {"owner": 10}})
    with pytest.raises(AboveAuthority):
        approve(asked.id, now=NOON + DAY)


def test_what_was_approved_is_not_approved_or_refused_again(ines) -> None:
    asked = given(ines, 600)
    done = approve(asked.id)
    assert approve(asked.id) == done
    for decide in (approve, refuse):
        with pytest.raises(AdjustmentDecided):
            decide(asked.id, actor=CLEO)
    assert available(ines) == 1_600


def test_what_was_refused_is_not_posted(ines) -> None:
    asked = given(ines, 600)
    done = refuse(asked.id)
    assert (done.state, done.decided_by, done.refusal) == (REFUSED, str(BEN), "Not this time")
    assert refuse(asked.id, reason="Again") == done
    with pytest.raises(AdjustmentDecided):
        approve(asked.id, actor=CLEO)
    assert available(ines) == 1_000
    assert told(asked.id) == ["loyalty.adjustment_asked", "loyalty.adjustment_refused"]


def test_who_asked_may_take_it_back(ines) -> None:
    asked = given(ines, 600)
    assert refuse(asked.id, actor=ADA, authority=AGENT).state is REFUSED


def test_who_refuses_for_another_may_give_as_many_and_says_why(ines) -> None:
    asked = given(ines, 600)
    with pytest.raises(AboveAuthority):
        refuse(asked.id, authority=AGENT)
    with pytest.raises(NoReason):
        refuse(asked.id, reason=" ")
    assert get_adjustment(asked.id) == asked


def test_what_is_posted_at_once_waits_for_nobody(ines) -> None:
    done = given(ines, 5)
    for decide in (approve, refuse):
        with pytest.raises(AdjustmentDecided):
            decide(done.id)
    with pytest.raises(NoSuchAdjustment):
        approve(new_id())


def test_what_is_no_longer_there_is_not_taken_and_goes_on_waiting(ines) -> None:
    asked = given(ines, -600)
    given(ines, -500, actor=CLEO)
    with pytest.raises(NotEnoughPoints):
        approve(asked.id)
    assert get_adjustment(asked.id).state is AWAITING


def test_points_that_have_expired_while_they_waited_are_not_given(ines) -> None:
    asked = given(ines, 600, expires_at=NOON + DAY)
    with pytest.raises(ExpiryPassed):
        approve(asked.id, now=NOON + DAY)


def test_what_was_asked_for_one_who_was_merged_since_comes_to_the_survivor() -> None:
    version = club()
    ines, inez = member().id, member().id
    asked = given(inez, 600)
    merge_members(survivor_id=ines, merged_id=inez, version=version, now=NOON, actor=ACTOR)
    approve(asked.id)
    assert available(ines) == 600
    for each in (ines, inez):
        assert [found.id for found in list_adjustments(member_id=each, limit=9)] == [asked.id]


# --- Asked twice ------------------------------------------------------------------------------------------------------


def test_what_is_asked_for_twice_under_a_key_is_posted_once(ines) -> None:
    first = given(ines, 50, idempotency_key="k")
    again = given(ines, 50, idempotency_key="k")
    assert (again.id, again.transaction_id, again.replayed) == (first.id, first.transaction_id, True)
    assert not first.replayed
    assert available(ines) == 1_050


def test_what_waits_is_asked_for_once_and_told_as_at_first_also_when_it_was_decided(ines) -> None:
    first = given(ines, 600, idempotency_key="k")
    approve(first.id)
    again = given(ines, 600, idempotency_key="k")
    assert (again.id, again.state, again.decided_by, again.transaction_id) == (first.id, AWAITING, None, None)
    assert again.replayed
    assert AdjustmentRow.objects.count() == 1
    assert available(ines) == 1_600


def test_something_else_under_the_key_is_refused(ines) -> None:
    given(ines, 600, idempotency_key="k")
    for other in ({"points": 601}, {"points": 600, "reason": "Other"}, {"points": 600, "expires_at": NOON + DAY}):
        with pytest.raises(KeyUsed):
            given(ines, **other, idempotency_key="k")


def test_who_calls_is_part_of_the_key(ines) -> None:
    given(ines, 5, idempotency_key="k")
    given(ines, 5, idempotency_key="k", actor=BEN)
    assert available(ines) == 1_010


def test_what_is_refused_keeps_no_answer(ines) -> None:
    with pytest.raises(AboveAuthority):
        given(ines, 101, authority=AGENT, idempotency_key="k")
    assert Request.objects.count() == 0
    assert given(ines, 101, authority=OWNER, idempotency_key="k").state is POSTED


def test_a_limit_that_was_lowered_since_does_not_change_the_answer(ines) -> None:
    first = given(ines, 50, idempotency_key="k")
    club(NOON, authority={"by_role": {}})
    assert given(ines, 50, idempotency_key="k", now=NOON + DAY).id == first.id


# --- Read -------------------------------------------------------------------------------------------------------------


def test_adjustments_are_listed_by_state_member_and_programme_the_latest_first(ines) -> None:
    inez = member().id
    posted, waiting, other = given(ines, 5), given(ines, 600), given(inez, 700)
    assert [each.id for each in list_adjustments(limit=9)] == [other.id, waiting.id, posted.id]
    assert [each.id for each in list_adjustments(state=AWAITING, limit=9)] == [other.id, waiting.id]
    assert [each.id for each in list_adjustments(state=AWAITING, member_id=ines, limit=9)] == [waiting.id]
    assert [each.id for each in list_adjustments(limit=1, before=other.id)] == [waiting.id]
    assert len(list_adjustments(program="club", limit=9)) == 3


def test_the_stream_is_told_no_reason_and_the_person_is() -> None:
    club()
    ines = member()
    asked = given(ines.id, 600, reason="Her dog was ill")
    events = Event.objects.filter(type="loyalty.adjustment_asked")
    assert [each.customer_id for each in events] == [ines.customer_id]
    assert "dog" not in str(list(events.values_list("payload", flat=True)))
    [found] = export([whose(ines)])["adjustments"]
    assert (found["reason"], found["state"], asked.state) == ("Her dog was ill", "awaiting", AWAITING)
