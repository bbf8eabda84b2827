from __future__ import annotations

import json

import pytest

from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.ledger.merging import merge_members, unmerge_members
from regulars.loyalty.rewards.contracts import RewardReason, VoucherReason
from regulars.loyalty.rewards.issuing import Source
from regulars.loyalty.rewards.personal_data import export
from regulars.loyalty.rewards.queries import list_redemptions, list_vouchers_of
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import issue_voucher, redeem_reward, redeem_vouchers, validate_vouchers
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, FIVE_OFF, NOW, club, member, purchase, shown
from regulars.loyalty.rewards.wishing import Wish

pytestmark = pytest.mark.django_db
MUG = {"key": "mug", "name": "Mug", "gives": {"kind": "gift"}, "cost": 100, "currencies": ["beans"]}


def shop():
    version = club(rewards=[MUG | {"limits": [{"times": 1}]}], vouchers=[FIVE_OFF | {"uses_per_member": 1}])
    return version, member(version, beans=200), member(version, "inez", beans=200)


def merge(version, survivor, merged):
    merge_members(survivor_id=survivor, merged_id=merged, version=version, now=NOW, actor=ACTOR)


def give(version, member_id):
    source = Source(kind="test")
    return issue_voucher(version=version, series="five", member_id=member_id, source=source, now=NOW, actor=ACTOR)


def redeem(member_id):
    return redeem_reward(wish=Wish(program="club", reward="mug", member_id=member_id), now=NOW, actor=ACTOR)


def test_who_was_merged_into_another_has_the_vouchers_of_both_until_the_undo() -> None:
    version, ines, inez = shop()
    voucher = give(version, inez)
    told = shown(voucher.code, member_id=ines)
    assert not validate_vouchers(shown=told, now=NOW, actor=ACTOR).is_taken
    merge(version, ines, inez)
    assert validate_vouchers(shown=told, now=NOW, actor=ACTOR).is_taken
    assert [each.id for each in list_vouchers_of(ines, limit=9)] == [voucher.id]
    unmerge_members(merged_id=inez, version=version, now=NOW, actor=ACTOR)
    assert not validate_vouchers(shown=told, now=NOW, actor=ACTOR).is_taken
    assert [each.id for each in list_vouchers_of(inez, limit=9)] == [voucher.id]


def test_the_limits_of_both_are_one() -> None:
    version, ines, inez = shop()
    first, second = give(version, ines), give(version, inez)
    redeem(inez)
    redeem_vouchers(shown=shown(second.code, member_id=inez), now=NOW, actor=ACTOR)
    merge(version, ines, inez)
    for each in (ines, inez):
        with pytest.raises(RewardRefused) as error:
            redeem(each)
        assert error.value.code == RewardReason.LIMIT_REACHED
    told = shown(first.code, member_id=ines, of=purchase("shop:2"))
    [verdict] = validate_vouchers(shown=told, now=NOW, actor=ACTOR).verdicts
    assert [refusal.reason for refusal in verdict.refusals] == [VoucherReason.MEMBER_LIMIT]
    assert len(list_redemptions(ines, limit=9)) == 1


def test_what_is_held_of_a_person_is_told_but_for_the_codes() -> None:
    version, ines, _ = shop()
    voucher = give(version, ines)
    redeem_vouchers(shown=shown(voucher.code, member_id=ines), now=NOW, actor=ACTOR)
    redeem(ines)
    customer_id = get_member(ines).customer_id
    assert customer_id is not None
    told = export([customer_id])
    assert [len(told[part]) for part in ("vouchers", "voucher_uses", "rewards")] == [1, 1, 1]
    assert voucher.code not in json.dumps(told)
