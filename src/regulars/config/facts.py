"""What is known of customers: the facts of all features, and what reads those that the business adds."""

from __future__ import annotations

from regulars.customers import facts as customers
from regulars.facts import catalogue
from regulars.insights import facts as insights
from regulars.loyalty.facts import facts as loyalty
from regulars.orders import facts as orders
from regulars.stream.queries import map_latest_events

FEATURES = (customers, orders, loyalty, insights)


def install() -> None:
    """Install the catalogue."""
    facts = [fact for feature in FEATURES for fact in feature.FACTS]
    catalogue.install(customers.GROUND, facts, [customers.trait_facts], events=map_latest_events)
