"""The demo shop tells orders that the product takes, whatever the hour at which it opens."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.demo.orders import ZONE, make_clean_orders
from regulars.demo.selling import tell_orders
from regulars.orders.checking import find_fault

UNTIL = date(2026, 11, 20)
MIDNIGHT = datetime.combine(UNTIL + timedelta(days=1), time(), ZoneInfo(ZONE))
ORDERS = list(tell_orders(make_clean_orders(600, UNTIL), UNTIL))


def test_every_order_can_be_meant_as_the_last_day_ends() -> None:
    assert len(ORDERS) > 1_000
    assert [fault.pointer for order in ORDERS if (fault := find_fault(order, now=MIDNIGHT))] == []


def test_nothing_happens_after_the_last_day() -> None:
    delivered = [order.delivered_at for order in ORDERS if order.delivered_at]
    assert len(delivered) > 100
    assert max(delivered) < MIDNIGHT
    assert any(order.channel == "online" and order.delivered_at is None for order in ORDERS)


def test_what_came_back_is_a_return_under_the_number_of_its_order() -> None:
    returned = [order for order in ORDERS if order.returns]
    assert len(returned) > 5
    assert len({order.external_id for order in ORDERS}) == len(ORDERS)
