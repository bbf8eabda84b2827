"""An offer that waits for it counts from the moment that the member opts in, until the member opts out."""

from __future__ import annotations

import pytest

from regulars.loyalty.adjudication.models import OptIn
from regulars.loyalty.adjudication.opting import NoSuchOffer, list_offers, opt_in, opt_out
from regulars.loyalty.adjudication.tests.occasion_shop import event, granted, reasons, review, tell
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
from regulars.loyalty.ledger.members import NoSuchMember, end_membership
from regulars.loyalty.ledger.merging import merge_members
from regulars.staff.models import AuditEntry

pytestmark = pytest.mark.django_db
OFFER = per_euro("offer", 5, opt_in=True)


def test_orders_count_from_the_moment_of_opting_in_by_their_own_time():
    who = member(programme(OFFER))
    assert reasons(put(order("1", 1000)).adjudicated) == [("offer", "not_opted_in")]
    opt_in(member_id=who.id, rule="offer", now=NOON + DAY, actor=ACTOR)
    late = put(order("2", 1000, placed_at=NOON), NOON + 2 * DAY)
    assert reasons(late.adjudicated) == [("offer", "not_opted_in")]
    counted = put(order("3", 1000, placed_at=NOON + DAY), NOON + 2 * DAY)
    assert granted(counted.adjudicated) == [("offer", 50)]


def test_after_opting_out_nothing_counts_and_what_was_earned_stays():
    who = member(programme(OFFER))
    opt_in(member_id=who.id, rule="offer", now=NOON, actor=ACTOR)
    whole = order("1", 1000, 1000)
    put(whole)
    opt_out(member_id=who.id, rule="offer", now=NOON + DAY, actor=ACTOR)
    assert reasons(put(order("2", 1000, placed_at=NOON + DAY), NOON + DAY).adjudicated) == [("offer", "not_opted_in")]
    put(returned(whole, 2), NOON + 2 * DAY)
    assert parts(who) == (0, 50, 0, 0)
    before = put(order("3", 1000, placed_at=NOON + DAY / 2), NOON + 3 * DAY)
    assert granted(before.adjudicated) == [("offer", 50)]


def test_opting_in_again_changes_nothing_and_after_opting_out_begins_anew():
    who = member(programme(OFFER))
    first = opt_in(member_id=who.id, rule="offer", now=NOON, actor=ACTOR)
    assert opt_in(member_id=who.id, rule="offer", now=NOON + DAY, actor=ACTOR) == first
    opt_out(member_id=who.id, rule="offer", now=NOON + 2 * DAY, actor=ACTOR)
    opt_out(member_id=who.id, rule="offer", now=NOON + 3 * DAY, actor=ACTOR)
    assert [each.opted_in_at for each in list_offers(who.id, now=NOON + 3 * DAY)] == [None]
    again = opt_in(member_id=who.id, rule="offer", now=NOON + 4 * DAY, actor=ACTOR)
    assert list_offers(who.id, now=NOON + 4 * DAY) == [again]
    assert again.opted_in_at == NOON + 4 * DAY
    assert OptIn.objects.count() == 2
    trail = AuditEntry.objects.filter(action__startswith="offer.").order_by("id").values_list("action", flat=True)
    assert list(trail) == ["offer.opted_in", "offer.opted_out", "offer.opted_in"]


def test_nobody_opts_in_to_what_is_no_offer_or_is_no_member():
    version = programme(OFFER, per_euro())
    who = member(version)
    with pytest.raises(NoSuchOffer):
        opt_in(member_id=who.id, rule="base", now=NOON, actor=ACTOR)
    with pytest.raises(NoSuchMember):
        opt_in(member_id=version.program_id, rule="offer", now=NOON, actor=ACTOR)
    end_membership(member_id=who.id, version=version, now=NOON, actor=ACTOR)
    with pytest.raises(NoSuchMember):
        opt_in(member_id=who.id, rule="offer", now=NOON, actor=ACTOR)


def test_events_count_from_opting_in_too_and_merged_members_have_opted_in_together():
    version = programme(review(opt_in=True))
    ann, ben = member(version), member(version, "ben")
    opt_in(member_id=ben.id, rule="review", now=NOON, actor=ACTOR)
    assert granted(tell(event(ann, "1"))) == []
    merge_members(survivor_id=ann.id, merged_id=ben.id, version=version, now=NOON, actor=ACTOR)
    assert granted(tell(event(ann, "2", NOON + DAY))) == [("review", 10)]
