"""Why something is not given, in words."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.kit.i18n import gettext, mark
from regulars.loyalty.rewards.contracts import Refusal, RewardReason, VoucherReason

_VOUCHER: Mapping[VoucherReason, str] = {
    VoucherReason.NOT_ACCEPTED: mark("This code is not accepted."),
    VoucherReason.SERIES_ENDED: mark("Vouchers of this kind are no longer taken."),
    VoucherReason.NOT_STARTED: mark("This voucher is taken from {start} on."),
    VoucherReason.ENDED: mark("This voucher was taken until {end}."),
    VoucherReason.EXPIRED: mark("This voucher has expired."),
    VoucherReason.WITHDRAWN: mark("This voucher was withdrawn."),
    VoucherReason.USED_UP: mark("This voucher has been used."),
    VoucherReason.HELD: mark("This voucher is being used for another order."),
    VoucherReason.OF_ANOTHER: mark("This voucher belongs to somebody else."),
    VoucherReason.MEMBER_NEEDED: mark("This voucher is for members."),
    VoucherReason.MEMBER_LIMIT: mark("Vouchers of this kind are taken {uses_per_member} times for one member."),
    VoucherReason.CURRENCY_NOT_COVERED: mark("This voucher is not taken for orders in {currency}."),
    VoucherReason.BELOW_MINIMUM: mark("The order is too small for this voucher."),
    VoucherReason.CONDITION_FALSE: mark("This voucher does not apply to this order."),
    VoucherReason.TWICE: mark("This voucher has been told twice."),
    VoucherReason.NOT_COMBINABLE: mark("This voucher is not taken together with others."),
    VoucherReason.GROUP_TAKEN: mark("Only one voucher of this kind is taken for an order."),
}
_REWARD: Mapping[RewardReason, str] = {
    RewardReason.NOT_A_MEMBER: mark("Rewards are for members."),
    RewardReason.NOT_STARTED: mark("This reward is given from {start} on."),
    RewardReason.ENDED: mark("This reward was given until {end}."),
    RewardReason.TIER_NEEDED: mark("This reward is for members of another tier."),
    RewardReason.CONDITION_FALSE: mark("This reward is not for this member."),
    RewardReason.OUT_OF_STOCK: mark("None of this reward are left."),
    RewardReason.LIMIT_REACHED: mark("This reward has been given as often as it is."),
    RewardReason.POINTS_MISSING: mark("{missing} points are missing."),
    RewardReason.ORDER_NEEDED: mark("This reward pays for an order, and none was told."),
    RewardReason.CURRENCY_NOT_COVERED: mark("Points do not pay in {currency}."),
    RewardReason.BELOW_LEAST_POINTS: mark("At least {least} points are used at once."),
    RewardReason.ABOVE_SHARE: mark("At most {most_points} points are used for this order."),
    RewardReason.SERIES_ENDED: mark("Vouchers of this kind are no longer given."),
}


def sentence_of(refusal: Refusal) -> str:
    """Return a refusal in one sentence, in the language of this context."""
    text = _VOUCHER[refusal.reason] if isinstance(refusal.reason, VoucherReason) else _REWARD[refusal.reason]
    return gettext(text).format(**refusal.values)
