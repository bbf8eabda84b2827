from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.loyalty.definitions.document.common import Period
from regulars.loyalty.definitions.document.rewards import Limit, Reward
from regulars.loyalty.rewards.contracts import Refusal, RewardReason
from regulars.loyalty.rewards.reasons import MemberLimit, RewardFacts, why_not
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.stock import Pool, PoolSight
from regulars.loyalty.rewards.tests.reward_shop import DAY, NOW
from regulars.loyalty.rewards.tests.test_stock import MUG

R = RewardReason
STOCK = Pool(key="stock", pieces=5)
MONTH = Pool(key="month:2026-11", pieces=3, period=Period.MONTH, ends_at=NOW + 10 * DAY)


def found(facts: dict[str, Any], **different: Any) -> dict[str, Any]:
    """Return the reasons and their figures, for a mug of a hundred beans."""
    plain: dict[str, Any] = {"now": NOW, "zone": ZoneInfo("Europe/Vienna"), "available": {"beans": 100}, "cost": 100}
    refusals = why_not(Reward.model_validate(MUG | different), RewardFacts(**plain | facts))
    assert all(sentence_of(refusal) for refusal in refusals)
    return {refusal.reason: dict(refusal.values) for refusal in refusals}


def test_a_reward_that_nothing_speaks_against_is_available() -> None:
    assert found({}) == {}


def test_missing_points_are_told_with_how_many() -> None:
    told = found({"available": {"beans": 60, "gems": 15, "stars": 900}}, currencies=["beans", "gems"])
    assert told == {
        R.POINTS_MISSING: {"cost": 100, "available": 75, "missing": 25, "currencies": ["beans", "gems"]},
    }


def test_points_of_several_currencies_are_counted_together() -> None:
    assert found({"available": {"beans": 60, "gems": 40}}, currencies=["beans", "gems"]) == {}


@pytest.mark.parametrize(
    ("facts", "different", "expected"),
    [
        ({"is_member": False}, {}, {R.NOT_A_MEMBER: {}}),
        ({}, {"tiers": ["status.gold"]}, {R.TIER_NEEDED: {"tiers": ["status.gold"]}}),
        ({"tiers": frozenset({"status.gold", "a.b"})}, {"tiers": ["status.gold", "status.top"]}, {}),
        ({"meets_condition": False}, {"condition": "x"}, {R.CONDITION_FALSE: {}}),
        ({"meets_condition": False}, {}, {}),
        ({"pools": [PoolSight(pool=STOCK, left=1)]}, {}, {}),
        ({"pools": [PoolSight(pool=STOCK, left=0)]}, {}, {R.OUT_OF_STOCK: {}}),
        (
            {"pools": [PoolSight(pool=MONTH, left=0)]},
            {},
            {R.LIMIT_REACHED: {"of": "all", "period": "month", "times": 3, "until": "2026-11-30T11:00:00+00:00"}},
        ),
        (
            {"member_limits": [MemberLimit(limit=Limit(times=2), had=2, ends_at=None)]},
            {},
            {R.LIMIT_REACHED: {"of": "member", "period": "ever", "times": 2, "until": None}},
        ),
        ({"member_limits": [MemberLimit(limit=Limit(times=2), had=1, ends_at=None)]}, {}, {}),
        ({}, {"dates": {"start": "2026-11-21"}}, {R.NOT_STARTED: {"start": "2026-11-21"}}),
        ({}, {"dates": {"end": "2026-11-19"}}, {R.ENDED: {"end": "2026-11-19"}}),
        ({}, {"dates": {"start": "2026-11-20", "end": "2026-11-20"}}, {}),
        ({"of_kind": [Refusal(R.ORDER_NEEDED)]}, {}, {R.ORDER_NEEDED: {}}),
        ({"cost": 0, "available": {}}, {}, {}),
    ],
)
def test_each_reason_comes_with_what_explains_it(
    facts: dict[str, Any], different: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert found(facts, **different) == expected


def test_dates_are_whole_days_of_the_programme() -> None:
    last = datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
    assert found({"now": last}, dates={"end": "2026-11-20"}) == {}
    assert R.ENDED in found({"now": datetime(2026, 11, 20, 23, tzinfo=UTC)}, dates={"end": "2026-11-20"})


def test_every_reason_is_told_and_not_only_the_first() -> None:
    told = found(
        {"available": {}, "pools": [PoolSight(pool=STOCK, left=0)]},
        tiers=["status.gold"],
        dates={"start": "2026-12-01"},
    )
    assert set(told) == {R.TIER_NEEDED, R.NOT_STARTED, R.OUT_OF_STOCK, R.POINTS_MISSING}
