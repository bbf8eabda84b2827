"""Change vouchers and rewards; each write stands in the module of its subject."""

from __future__ import annotations

from regulars.loyalty.rewards.generating import generate_codes
from regulars.loyalty.rewards.guessing import forget_tries
from regulars.loyalty.rewards.issuing import give_back_vouchers, issue_voucher, take_back_vouchers, withdraw_voucher
from regulars.loyalty.rewards.redeeming import confirm_redemption, fulfil_redemption, redeem_reward, reserve_reward
from regulars.loyalty.rewards.stock import add_stock
from regulars.loyalty.rewards.undoing import (
    cancel_redemption,
    expire_reservations,
    refund_on,
    refund_points,
    refund_redemption,
)
from regulars.loyalty.rewards.using import redeem_vouchers, release_holds, roll_back_vouchers, validate_vouchers

__all__ = [
    "add_stock",
    "cancel_redemption",
    "confirm_redemption",
    "expire_reservations",
    "forget_tries",
    "fulfil_redemption",
    "generate_codes",
    "give_back_vouchers",
    "issue_voucher",
    "redeem_reward",
    "redeem_vouchers",
    "refund_on",
    "refund_points",
    "refund_redemption",
    "release_holds",
    "reserve_reward",
    "roll_back_vouchers",
    "take_back_vouchers",
    "validate_vouchers",
    "withdraw_voucher",
]
