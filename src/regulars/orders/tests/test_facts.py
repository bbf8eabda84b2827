"""What a customer's orders come to is what one counts by hand, whatever happened in between."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import given
from procrastinate.contrib.django.models import ProcrastinateJob

from regulars.business import services as business_services
from regulars.business.contracts import Rate
from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.customers import merging
from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import list_ids_of, map_survivors
from regulars.orders import models, services
from regulars.orders.consumers import keep_facts
from regulars.orders.contracts import Buyer, OrderState
from regulars.orders.jobs import convert_orders
from regulars.orders.queries import find_customer_facts
from regulars.orders.tests.order_factory import NOW, line, order, returned
from regulars.stream.contracts import Event, system
from regulars.stream.models import Event as EventRow
from regulars.stream.statements import event_of

ACTOR = system("test")
pytestmark = pytest.mark.django_db
PEOPLE = [Buyer(identifiers=[Identifier(IdentifierKind.EMAIL, f"{name}@example.com")]) for name in "abc"]


def put(told: OrderState) -> UUID:
    [result] = services.put_orders(orders=[told], now=NOW, actor=ACTOR)
    assert result.customer_id
    return result.customer_id


def all_events() -> list[Event]:
    columns = (
        *("id", "type", "customer_id", "actor", "source", "occurred_at", "received_at", "payload"),
        *("transaction", "position"),
    )
    return [event_of(row) for row in EventRow.objects.order_by("position").values_list(*columns)]


def tell_consumer() -> None:
    [subscription] = [each for each in SUBSCRIPTIONS if each.name == "orders.facts"]
    subscription.handler([event for event in all_events() if event.type in subscription.types])


def counted(customer: UUID) -> tuple[int, int]:
    rows = models.Order.objects.filter(customer_id__in=list_ids_of(customer), cancelled_at=None)
    return len(rows), sum(row.total_minor - row.returned_minor for row in rows)


actions = st.lists(
    st.one_of(
        st.builds(
            lambda number, who, price, back, cancelled: (
                "put",
                order(
                    number,
                    buyer=PEOPLE[who],
                    lines=[line(price, 2)],
                    total_minor=2 * price,
                    returns=[returned(price)] if back else [],
                    cancelled_at=NOW if cancelled else None,
                ),
            ),
            st.integers(1, 5),
            st.integers(0, 2),
            st.integers(1, 9000),
            st.booleans(),
            st.booleans(),
        ),
        st.tuples(st.just("merge"), st.tuples(st.integers(0, 2), st.integers(0, 2))),
        st.tuples(st.just("undo"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=12,
)


@given(actions=actions)
def test_facts_equal_what_is_counted_after_any_history(actions: list[tuple[str, Any]]) -> None:
    with transaction.atomic():
        customers = [put(order(f"first-{number}", buyer=buyer)) for number, buyer in enumerate(PEOPLE)]
        merges: list[UUID] = []
        for kind, told in actions:
            if kind == "put":
                put(told)
            elif kind == "merge":
                try:
                    made = merging.merge_customers(
                        survivor_id=customers[told[0]], merged_id=customers[told[1]], now=NOW, actor=ACTOR
                    )
                except merging.SameCustomer:
                    continue
                merges.append(made.id)
            elif told < len(merges):
                merging.undo_merge(merge_id=merges.pop(told), now=NOW, actor=ACTOR)
        tell_consumer()
        for survivor in set(map_survivors(customers).values()):
            facts = find_customer_facts(survivor)
            assert facts
            assert (facts.orders, facts.revenue_minor) == counted(survivor)
        transaction.set_rollback(True)


def test_the_same_events_again_change_nothing() -> None:
    customer = put(order())
    tell_consumer()
    first = find_customer_facts(customer)
    keep_facts(all_events())
    assert find_customer_facts(customer) == first


def test_an_order_without_a_rate_is_counted_but_not_summed() -> None:
    customer = put(order())
    put(order(2, currency="USD"))
    tell_consumer()
    facts = find_customer_facts(customer)
    assert facts
    assert (facts.orders, facts.revenue_minor, facts.unconverted_orders) == (2, 2500, 1)


def test_who_lost_an_order_no_longer_counts_it() -> None:
    first = put(order(buyer=PEOPLE[0]))
    put(order(buyer=PEOPLE[1]))
    tell_consumer()
    facts = find_customer_facts(first)
    assert facts
    assert (facts.orders, facts.last_ordered_at) == (0, None)


def test_orders_that_waited_for_a_rate_are_converted_when_it_comes() -> None:
    customer = put(order())
    for number in range(2, 5):
        put(order(number, currency="USD"))
    put(order(9, currency="CHF"))
    business_services.save_rates(
        rates=[Rate(currency="USD", valid_on=date(2026, 1, 1), rate=Decimal("0.9"), source="file")],
        now=NOW,
        actor=ACTOR,
    )
    assert services.convert_orders(currencies=["USD"], after=None, now=NOW, actor=ACTOR) is None
    tell_consumer()
    facts = find_customer_facts(customer)
    assert facts
    assert (facts.orders, facts.revenue_minor, facts.unconverted_orders) == (5, 2500 + 3 * 2250, 1)


def test_a_new_rate_has_its_orders_converted_by_a_job() -> None:
    business_services.save_rates(
        rates=[Rate(currency="USD", valid_on=date(2026, 1, 1), rate=Decimal("0.9"), source="file")],
        now=NOW,
        actor=ACTOR,
    )
    [subscription] = [each for each in SUBSCRIPTIONS if each.name == "orders.rates"]
    subscription.handler([event for event in all_events() if event.type in subscription.types])
    job = ProcrastinateJob.objects.get(task_name="orders.convert")
    assert job.args == {"currencies": ["USD"]}
    convert_orders(**job.args)
