"""Who is told of which events: the whole list."""

from __future__ import annotations

from regulars.faces.console import consumers as console
from regulars.insights import consumers as insights
from regulars.loyalty.adjudication import consumers as loyalty
from regulars.orders import consumers as orders
from regulars.orders import facts as orders_facts
from regulars.staff import consumers as staff
from regulars.stream.contracts import Subscription

SUBSCRIPTIONS = (
    Subscription(name="staff.trail", types=staff.BUSINESS_CHANGED, handler=staff.audit_business),
    Subscription(name="orders.facts", types=orders_facts.CHANGED_BY, handler=orders.keep_facts),
    Subscription(name="insights.rfm", types=insights.RFM_MOVED_BY, handler=insights.move_rfm),
    Subscription(name="console.reports", types=console.REPORT_ENDED, handler=console.tell_of_reports),
    Subscription(name="loyalty.orders", types=loyalty.ORDERS_CHANGED, handler=loyalty.adjudicate, batch_size=100),
    Subscription(name="orders.rates", types=orders.RATES_CHANGED, handler=orders.convert_by_new_rates),
)
