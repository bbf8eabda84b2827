"""What is kept of orders with each change is what a count of all of them gives."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import given

from regulars.config.subscriptions import SUBSCRIPTIONS
from regulars.customers import merging
from regulars.customers.contracts import Identifier, IdentifierKind, Person
from regulars.customers.models import Customer
from regulars.customers.services import add_customer
from regulars.orders import services
from regulars.orders.contracts import Buyer
from regulars.orders.facts_kept import rebuild_facts
from regulars.orders.models import CustomerFacts
from regulars.orders.tests.order_factory import NOW, PLACED_AT, line, order, returned
from regulars.orders.tests.test_facts import ACTOR, all_events

pytestmark = pytest.mark.django_db
PEOPLE = [Identifier(IdentifierKind.EMAIL, f"{name}@example.com") for name in "abcd"]


def kept() -> list[tuple[Any, ...]]:
    columns = [field.attname for field in CustomerFacts._meta.concrete_fields]
    return sorted(CustomerFacts.objects.values_list(*columns), key=lambda row: row[0])


class History:
    """Things that happen to customers and orders, and the consumer that hears of them in portions."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.customers = [add_customer(person=Person(identifiers=[each]), now=NOW, actor=ACTOR) for each in PEOPLE]
        self.merges: list[UUID] = []
        self.heard = 0
        [self.subscription] = [each for each in SUBSCRIPTIONS if each.name == "orders.facts"]

    def put(self) -> None:
        price, buyer = self.chance.randrange(1, 9_000), Buyer(identifiers=[self.chance.choice(PEOPLE)])
        dearer = price + self.chance.choice([0, 0, 100])
        told = order(
            self.chance.randrange(6),
            buyer=self.chance.choice([buyer, buyer, None]),
            placed_at=PLACED_AT - timedelta(days=self.chance.randrange(4)),
            channel=self.chance.choice(["online", "shop", ""]),
            location=self.chance.choice(["till 1", "till 2", ""]),
            lines=[line(price, 1), line(dearer, 1, self.chance.choice(["bowl", "cup", "pot"]))],
            total_minor=price + dearer,
            returns=[returned(price)] if self.chance.random() < 0.3 else [],
            cancelled_at=NOW if self.chance.random() < 0.3 else None,
            currency=self.chance.choice(["EUR", "EUR", "USD"]),
        )
        services.put_orders(orders=[told], now=NOW, actor=ACTOR)

    def merge(self) -> None:
        survivor, merged = self.chance.sample(self.customers, 2)
        try:
            made = merging.merge_customers(survivor_id=survivor, merged_id=merged, now=NOW, actor=ACTOR)
        except merging.SameCustomer:
            return
        self.merges.append(made.id)

    def undo(self) -> None:
        if self.merges:
            merge = self.merges.pop(self.chance.randrange(len(self.merges)))
            merging.undo_merge(merge_id=merge, now=NOW, actor=ACTOR)

    def hear(self) -> None:
        """Let the consumer hear the next portion, and sometimes some of it again."""
        events = [event for event in all_events() if event.type in self.subscription.types]
        upto = self.chance.randint(self.heard, len(events))
        self.subscription.handler(events[max(0, self.heard - self.chance.randrange(3)) : upto])
        self.heard = upto


@given(seed=st.integers(0, 100_000), length=st.integers(1, 25))
def test_the_rows_kept_with_each_change_equal_those_counted_anew(seed: int, length: int):
    with transaction.atomic():
        history = History(random.Random(seed))
        for _ in range(length):
            history.chance.choice([history.put, history.put, history.merge, history.undo, history.hear])()
        history.chance = random.Random(0)
        events = [event for event in all_events() if event.type in history.subscription.types]
        history.subscription.handler(events[history.heard :])
        incremental = kept()
        CustomerFacts.objects.all().delete()
        assert rebuild_facts() == Customer.objects.count()
        assert kept() == incremental
        transaction.set_rollback(True)


def test_a_customer_without_orders_has_a_row_of_noughts():
    history = History(random.Random(1))
    history.subscription.handler(all_events())
    assert [row[1:4] for row in kept()] == [(0, 0, 0)] * len(PEOPLE)


def test_a_row_that_was_changed_behind_our_back_is_mended_by_a_rebuild():
    history = History(random.Random(2))
    for _ in range(5):
        history.put()
    history.subscription.handler(all_events())
    whole = kept()
    CustomerFacts.objects.update(orders=99, revenue_minor=Decimal(1))
    assert kept() != whole
    rebuild_facts()
    assert kept() == whole
