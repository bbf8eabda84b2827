"""Keep the demo shop's orders, all of them: one that is refused is a fault of the shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.orders.contracts import OrderState, Outcome
from regulars.orders.services import put_orders
from regulars.stream.contracts import system

ACTOR = system("demo")
AT_ONCE = 500


class ShopRefused(DomainError):
    """An order of the demo shop was refused: the shop and the product do not fit each other."""

    code = "shop_refused"


def keep_orders(orders: Sequence[OrderState], now: datetime) -> list[UUID]:
    """Keep orders, and return their ids.

    Raises
    ------
    ShopRefused
        One cannot be meant.
    """
    results = put_orders(orders=orders, now=now, actor=ACTOR)
    refused = next((result for result in results if result.outcome is Outcome.REFUSED), None)
    if refused:
        raise ShopRefused(f"{refused.external_id}{refused.pointer}: {refused.message}")
    return [result.order_id for result in results if result.order_id]
