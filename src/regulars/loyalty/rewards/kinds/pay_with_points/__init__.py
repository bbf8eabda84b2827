"""A part of an order is paid with points; what it pays is rounded down to whole minor units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rewards import PayWithPoints
from regulars.loyalty.rewards.contracts import (
    Compensation,
    ForOrder,
    Given,
    Refusal,
    Reversal,
    RewardReason,
    Undoing,
)
from regulars.loyalty.rewards.kinds.protocol import Giving, Returning, by_compensation


def amount_minor(gives: PayWithPoints, currency: str, points: int) -> int:
    """Return what points pay, in minor units of a currency that the reward covers."""
    return int((to_minor(gives.value[currency], currency) * points).to_integral_value(ROUND_FLOOR))


def most_points(gives: PayWithPoints, currency: str, total_minor: int) -> int:
    """Return how many points an order takes at most: those that pay the largest share of it that points may pay."""
    share = int((total_minor * gives.most_percent / Decimal(100)).to_integral_value(ROUND_FLOOR))
    value = to_minor(gives.value[currency], currency)
    # As few as pay the share, since more would pay no more; fewer where these would pay more than it.
    return min(_ceiling(Decimal(share) / value), _ceiling(Decimal(share + 1) / value) - 1)


def least_points(gives: PayWithPoints, currency: str) -> int:
    """Return how many points are used at least: as many as the reward says, and as pay one minor unit."""
    return max(gives.least_points, _ceiling(1 / to_minor(gives.value[currency], currency)))


def _ceiling(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


class _PayWithPoints:
    compensation = Compensation(before=Undoing.UNDONE, after=Undoing.UNDONE)

    def validate(self, gives: PayWithPoints, order: ForOrder | None, version: ProgramVersion) -> Sequence[Refusal]:  # noqa: ARG002
        if order is None:
            return [Refusal(RewardReason.ORDER_NEEDED)]
        if order.currency not in gives.value:
            return [Refusal(RewardReason.CURRENCY_NOT_COVERED, {"currency": order.currency})]
        least = least_points(gives, order.currency)
        most = most_points(gives, order.currency, order.total_minor)
        if order.points < least:
            return [Refusal(RewardReason.BELOW_LEAST_POINTS, {"least": least, "points": order.points})]
        if order.points > most:
            return [Refusal(RewardReason.ABOVE_SHARE, {"most_points": most, "points": order.points})]
        return ()

    def fulfil(self, gives: PayWithPoints, giving: Giving) -> Given:
        if giving.order is None:
            raise ValueError(giving.redemption_id)
        paid = amount_minor(gives, giving.order.currency, giving.order.points)
        return Given(details={"amount_minor": paid, "currency": giving.order.currency, "points": giving.order.points})

    def reverse(self, gives: PayWithPoints, returning: Returning) -> Reversal:  # noqa: ARG002
        return by_compensation(self.compensation, returning)


PAY_WITH_POINTS = _PayWithPoints()
