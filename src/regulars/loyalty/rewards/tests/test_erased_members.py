"""What was reserved and redeemed ends as it would have, also where the member is erased meanwhile; no point is left."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.merging import erase_member
from regulars.loyalty.ledger.models import Account, Lot
from regulars.loyalty.ledger.verifying import verify_ledger
from regulars.loyalty.rewards.contracts import RedemptionState
from regulars.loyalty.rewards.queries import get_redemption
from regulars.loyalty.rewards.tests.redeeming_shop import cancel, confirm, redeem, refund, reserve, shop, told
from regulars.loyalty.rewards.tests.reward_shop import ACTOR, NOW, member
from regulars.loyalty.rewards.undoing import expire_reservations

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=8)


def erase(version: ProgramVersion, member_id: UUID) -> None:
    erase_member(member_id=member_id, version=version, now=NOW, actor=ACTOR)


def stands(member_id: UUID) -> tuple[int, int, int, int]:
    """What is pending, active, reserved and owed of all lots on a member's accounts."""
    assert verify_ledger().is_whole
    lots = Lot.objects.filter(account__member=member_id)
    assert sum(lot.debt for lot in lots) == sum(account.debt for account in Account.objects.filter(member=member_id))
    return tuple(sum(getattr(lot, part) for lot in lots) for part in ("pending", "active", "reserved", "debt"))


def test_a_reservation_lasts_until_its_time_is_over_and_holds_up_no_others() -> None:
    version = shop()
    ines, inez = member(version, beans=150), member(version, "inez", beans=100)
    reserved = reserve(ines)
    erase(version, ines)
    others = reserve(inez)
    assert stands(ines) == (0, 0, 100, 0)
    assert expire_reservations(now=LATER) == 2
    assert get_redemption(reserved.id).state is RedemptionState.EXPIRED
    assert get_redemption(others.id).state is RedemptionState.EXPIRED
    assert stands(ines) == (0, 0, 0, 0)
    assert [each["points"] for each in told("points.forfeited")] == [-50, -100]
    assert stands(inez) == (0, 100, 0, 0)


def test_what_was_reserved_can_still_be_given_or_cancelled() -> None:
    version = shop()
    ines = member(version, beans=250)
    given, kept = reserve(ines), reserve(ines)
    erase(version, ines)
    assert confirm(given).state is RedemptionState.CONFIRMED
    assert cancel(kept).state is RedemptionState.CANCELLED
    assert stands(ines) == (0, 0, 0, 0)


def test_what_comes_back_of_a_refund_is_forfeited() -> None:
    version = shop()
    ines = member(version, beans=100)
    redeemed = redeem(ines)
    erase(version, ines)
    assert refund(redeemed).redemption.state is RedemptionState.REFUNDED
    assert stands(ines) == (0, 0, 0, 0)
