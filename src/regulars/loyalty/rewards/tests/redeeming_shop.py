"""Members who reserve and redeem, for the tests of rewards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.desk import open_desk
from regulars.loyalty.ledger.settling import settle
from regulars.loyalty.rewards.contracts import ForOrder, Redemption, RewardReason
from regulars.loyalty.rewards.redeeming import RewardRefused
from regulars.loyalty.rewards.services import (
    cancel_redemption,
    confirm_redemption,
    redeem_reward,
    refund_redemption,
    reserve_reward,
)
from regulars.loyalty.rewards.tests.reward_shop import (
    ACTOR,
    FIVE_OFF,
    NOW,
    club,
)
from regulars.loyalty.rewards.undoing import WhenKept
from regulars.loyalty.rewards.wishing import Wish
from regulars.stream.models import Event

R = RewardReason
ORDER = new_id()


def reward(**different: Any) -> dict[str, Any]:
    plain = {"key": "mug", "name": "Mug", "gives": {"kind": "event_access", "event": "x"}, "cost": 100}
    return plain | {"currencies": ["beans"]} | different


def shop(**different: Any) -> ProgramVersion:
    return club(rewards=[reward(**different)], vouchers=[FIVE_OFF])


def wish(member_id: UUID, **different: Any) -> Wish:
    told: dict[str, Any] = {"program": "club", "reward": "mug", "member_id": member_id}
    return Wish(**told | different)


def reserve(member_id: UUID, now=NOW, key: str | None = None, **different: Any) -> Redemption:
    return reserve_reward(wish=wish(member_id, **different), now=now, actor=ACTOR, idempotency_key=key)


def redeem(member_id: UUID, now=NOW, key: str | None = None, **different: Any) -> Redemption:
    return redeem_reward(wish=wish(member_id, **different), now=now, actor=ACTOR, idempotency_key=key)


def refused(member_id: UUID, **different: Any) -> list[str]:
    with pytest.raises(RewardRefused) as error:
        redeem(member_id, **different)
    assert error.value.message
    assert error.value.code == error.value.refusals[0].reason
    return [refusal.reason for refusal in error.value.refusals]


def confirm(redemption: Redemption, now=NOW) -> Redemption:
    return confirm_redemption(redemption_id=redemption.id, now=now, actor=ACTOR)


def cancel(redemption: Redemption, now=NOW) -> Redemption:
    return cancel_redemption(redemption_id=redemption.id, reason="changed mind", now=now, actor=ACTOR)


def refund(redemption: Redemption, when_kept: WhenKept = WhenKept.REFUSE, now=NOW):
    return refund_redemption(redemption_id=redemption.id, reason="returned", when_kept=when_kept, now=now, actor=ACTOR)


def order(points: int = 500, total_minor: int = 2500) -> ForOrder:
    return ForOrder(reference="shop:1", currency="EUR", total_minor=total_minor, points=points, order_id=ORDER)


@transaction.atomic
def points(version: ProgramVersion, member_id: UUID, now=NOW) -> dict[str, tuple[int, int]]:
    """Return what is active and reserved of each currency, by the clock."""
    desk = open_desk([member_id], version=version, now=now, actor=ACTOR)
    found = {}
    for held in desk.held.values():
        settle(desk.wallets, held.at, now)
        lots = desk.wallets.of(held.at)
        found[held.currency] = (sum(lot.active for lot in lots), sum(lot.reserved for lot in lots))
    return found


def beans(version: ProgramVersion, member_id: UUID, now=NOW) -> tuple[int, int]:
    return points(version, member_id, now)["beans"]


def told(kind: str) -> list[dict[str, Any]]:
    return [event.payload for event in Event.objects.filter(type=kind).order_by("transaction", "position")]
