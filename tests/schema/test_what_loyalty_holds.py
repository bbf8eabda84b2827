"""What loyalty holds of a member can be told to the member: what was earned and bought, and why the staff did what."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from regulars.config.personal_data import export
from regulars.customers.merging import merge_customers
from regulars.loyalty.facts.keeping import follow_programs, keep_facts_of
from regulars.loyalty.ledger.models import Member
from regulars.loyalty.ledger.services import adjust_points
from regulars.loyalty.membership.services import follow_customers
from regulars.loyalty.rewards.issuing import Source, issue_voucher, withdraw_voucher
from regulars.loyalty.rewards.services import refund_redemption
from regulars.loyalty.rewards.tests.redeeming_shop import redeem, reward
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, BEFORE, FIVE_OFF, NOW, club, member
from regulars.loyalty.tiers.services import evaluate_members, lock_tier

pytestmark = pytest.mark.django_db
LADDER = {
    "key": "status",
    "name": "Status",
    "basis": {"kind": "orders"},
    "period": {"kind": "calendar"},
    "tiers": [{"key": "green", "name": "Green"}],
}


def test_what_loyalty_holds_of_a_member_is_told_with_the_reasons_that_the_staff_gave() -> None:
    version = club(tier_sets=[LADDER], vouchers=[FIVE_OFF], rewards=[reward()])
    follow_programs(BEFORE)
    bo, ines = member(version, "bo", beans=700), member(version)
    told: dict[str, Any] = {"version": version, "now": NOW, "actor": ACTOR}
    adjust_points(member_id=bo, currency="beans", points=-11, reason="Counted twice", expires_at=None, **told)
    refund_redemption(redemption_id=redeem(bo).id, reason="Mug was broken", now=NOW, actor=ACTOR)
    given = issue_voucher(series="five", member_id=bo, source=Source(kind="test"), **told)
    withdraw_voucher(voucher_id=given.id, reason="Shown around", now=NOW, actor=ACTOR)
    evaluate_members(member_ids=[bo], versions=[version], now=NOW, actor=ACTOR)
    until = NOW + timedelta(days=30)
    locked: dict[str, Any] = {"member_id": bo, "tier_set": "status", "until": until, "reason": "A friend of Eva"}
    lock_tier(**locked, versions=[version], now=NOW, actor=ACTOR)
    customers = {row.id: row.customer_id for row in Member.objects.all()}
    both = [each for each in customers.values() if each]
    keep_facts_of(both)
    reasons = ("Counted twice", "Mug was broken", "Shown around", "A friend of Eva")
    text = json.dumps(export([each for each in [customers[bo]] if each]))
    assert [
        each for each in (*reasons, "club", "five", "mug", "beans", '"lifetime_points": 689') if each not in text
    ] == []
    nothing = json.dumps(export([each for each in [customers[ines]] if each]))
    assert [each for each in reasons if each in nothing] == []
    # Who was merged is told under the ids of both.
    survivor, merged = both[1], both[0]
    merge_customers(survivor_id=survivor, merged_id=merged, now=NOW, actor=ACTOR)
    follow_customers(customer_ids=both, now=NOW, actor=ACTOR)
    text = json.dumps(export(both))
    assert [each for each in reasons if each not in text] == []
