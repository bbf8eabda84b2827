"""A small shop with a history, and a run on it done here and now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from itertools import islice

from regulars.business import services as business
from regulars.business.contracts import Business
from regulars.demo.orders import make_clean_orders
from regulars.demo.selling import tell_orders
from regulars.insights import services
from regulars.insights.carrying_on import carry_on
from regulars.insights.contracts import Run
from regulars.insights.queries import get_run
from regulars.orders import services as orders
from regulars.stream.contracts import Actor, ActorKind
from regulars.stream.services import make_room

ZONE = "Europe/Vienna"
UNTIL = date(2026, 11, 19)
# In the night after the shop's last day.
NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
MIRA = Actor(ActorKind.STAFF, "mira")


def open_shop(customers: int, *, until: date = UNTIL) -> None:
    """Put the demo shop's orders of two years that end on a day."""
    told = Business(
        name="Bean", zone=ZONE, reporting_currency="EUR", language="en", country="AT", brand_colour="#0d6b50"
    )
    business.save_business(business=told, now=NOW, actor=MIRA)
    lines = make_clean_orders(customers, until)
    make_room(moment for moment in lines["ordered_at"].to_pylist())
    states = iter(tell_orders(lines, until))
    while batch := list(islice(states, 500)):
        orders.put_orders(orders=batch, now=NOW, actor=MIRA)


def run(now: datetime = NOW) -> Run:
    """Ask for a run and do it, as a worker would."""
    asked = services.request_run(now=now, actor=MIRA)
    assert carry_on(asked.id, clock=lambda: now)
    return get_run(asked.id)


@cache
def scored_shop(customers: int) -> Callable[[], Run]:
    """Return what opens a shop and scores its customers: tests begin with it."""

    def fill() -> Run:
        open_shop(customers)
        return run()

    return fill
