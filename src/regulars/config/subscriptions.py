"""Who is told of which events: the whole list."""

from __future__ import annotations

from regulars.faces.console import consumers as console
from regulars.insights import consumers as insights
from regulars.loyalty.adjudication import consumers as loyalty
from regulars.loyalty.facts import consumers as loyalty_members
from regulars.loyalty.facts import facts as loyalty_facts
from regulars.loyalty.membership import consumers as membership
from regulars.orders import consumers as orders
from regulars.orders import facts as orders_facts
from regulars.staff import consumers as staff
from regulars.stream.contracts import Subscription

SUBSCRIPTIONS = (
    Subscription(name="staff.trail", types=staff.BUSINESS_CHANGED, handler=staff.audit_business),
    Subscription(name="orders.facts", types=orders_facts.CHANGED_BY, handler=orders.keep_facts),
    Subscription(name="insights.rfm", types=insights.RFM_MOVED_BY, handler=insights.move_rfm),
    Subscription(name="console.reports", types=console.REPORT_ENDED, handler=console.tell_of_reports),
    Subscription(
        name="loyalty.orders",
        types=loyalty.ORDERS_CHANGED,
        handler=loyalty.adjudicate,
        batch_size=50,
        sift=loyalty.concerning,
    ),
    Subscription(
        name="loyalty.facts",
        types=loyalty_facts.KEPT_BY | loyalty_facts.PROGRAM_CHANGED,
        handler=loyalty_members.keep_facts,
    ),
    # One at a time: what merges members comes first in a transaction of its own.
    Subscription(name="loyalty.members", types=membership.CUSTOMERS_MERGED, handler=membership.follow, batch_size=1),
    Subscription(
        name="loyalty.occasions",
        types=frozenset(),
        handler=loyalty.hear_occasions,
        batch_size=50,
        also=loyalty.heard_occasions,
        sift=loyalty.of_members,
    ),
    Subscription(name="orders.rates", types=orders.RATES_CHANGED, handler=orders.convert_by_new_rates),
)
