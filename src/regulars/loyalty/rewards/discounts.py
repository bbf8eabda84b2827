"""What a voucher takes off an order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import assert_never

from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rewards import AmountOff, FreeItem, FreeShipping, Off, PercentOff
from regulars.loyalty.rewards.contracts import Purchase


def discounts_minor(offs: Iterable[Off], purchase: Purchase) -> list[int]:
    """Return what each voucher takes off, in minor units, in the order in which they are told.

    A later one applies to what the earlier ones leave, so that nothing is taken off twice; a share of it is rounded
    half up. A free item takes off the price of one piece where it is in the order, and free shipping the shipping.
    """
    goods, shipping = purchase.total_minor, purchase.shipping_minor
    prices = dict(purchase.prices_minor)
    found = []
    for off in offs:
        if isinstance(off, FreeShipping):
            taken, shipping = shipping, 0
        else:
            taken = min(_off_goods(off, goods, prices, purchase.currency), goods)
            goods -= taken
        found.append(taken)
    return found


def _off_goods(off: PercentOff | AmountOff | FreeItem, goods: int, prices: dict[str, int], currency: str) -> int:
    match off:
        case PercentOff(percent=percent, most=most):
            share = int((goods * percent / Decimal(100)).to_integral_value(ROUND_HALF_UP))
            return min(share, int(to_minor(most[currency], currency))) if most and currency in most else share
        case AmountOff(amount=amount):
            return int(to_minor(amount[currency], currency)) if currency in amount else 0
        case FreeItem(product=product):
            # A second voucher for the same product finds its piece given already.
            return prices.pop(product, 0)
        case _:
            assert_never(off)
