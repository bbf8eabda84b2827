"""Many tell of the same persons and orders at once, each in an order of its own: nobody stands in another's way."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import connection

from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile, TagChange
from regulars.customers.queries import count_customers
from regulars.customers.services import put_customers, tag_customers
from regulars.orders.contracts import Buyer
from regulars.orders.models import Order
from regulars.orders.services import put_orders
from regulars.orders.tests.order_factory import NOW, order
from regulars.stream.contracts import system

ACTOR = system("tests")
PEOPLE = 12
ROUNDS = 25


def identifiers(person: int) -> list[Identifier]:
    return [Identifier(IdentifierKind.EMAIL, f"buyer{person}@example.com")]


def shuffled(drawn: random.Random) -> list[int]:
    return drawn.sample(range(PEOPLE), PEOPLE)


def tell_of_orders(drawn: random.Random, number: int) -> None:
    """Orders of everybody, each placed before all that were told; half of them others tell of as well."""
    told = [
        replace(
            order(f"{number} {person}" if person % 2 else f"{number % ROUNDS} of all {person}"),
            buyer=Buyer(identifiers=identifiers(person), profile=Profile(city=f"City {person}")),
            placed_at=NOW - timedelta(days=number % ROUNDS + 1),
            version=None,
        )
        for person in shuffled(drawn)
    ]
    put_orders(orders=told, now=NOW, actor=ACTOR)


def tell_of_cities(drawn: random.Random, number: int) -> None:
    people = [
        Person(identifiers=identifiers(person), profile=Profile(city=f"City {number}")) for person in shuffled(drawn)
    ]
    found = put_customers(people=people, source="shop", now=NOW, actor=ACTOR)
    ids = [each.customer_id for each in found if each.customer_id]
    changes = [TagChange(customer_id=each, add=[f"tag {number % 5}"]) for each in drawn.sample(ids, len(ids))]
    tag_customers(changes=changes, now=NOW, actor=ACTOR)


def test_persons_and_orders_are_told_of_at_once_in_any_order(fresh_database: str) -> None:
    assert fresh_database
    failed: list[Exception] = []
    start = threading.Barrier(6)

    def repeat(thread: int, tell: Callable[[random.Random, int], None]) -> None:
        drawn = random.Random(thread)
        start.wait()
        try:
            for each in range(ROUNDS):
                tell(drawn, thread * ROUNDS + each)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    tells = [tell_of_orders, tell_of_cities] * 3
    threads = [threading.Thread(target=repeat, args=each) for each in enumerate(tells)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert count_customers().value == PEOPLE
    assert Order.objects.count() == ROUNDS * (3 * PEOPLE // 2 + PEOPLE // 2)
