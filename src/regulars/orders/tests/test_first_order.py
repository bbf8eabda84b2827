"""What a customer's first order was: by channel, location and category, whatever is told of orders later."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from regulars.customers import merging
from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.facts.asking import count_customers, read_values
from regulars.facts.catalogue import declared_catalogue
from regulars.facts.language.binding import Setting, bind
from regulars.facts.language.moments import Clock
from regulars.facts.language.parser import parse
from regulars.orders.contracts import Buyer, LineState, OrderState, ProductState
from regulars.orders.models import CustomerFacts
from regulars.orders.services import put_products
from regulars.orders.tests.order_factory import NOW, PLACED_AT, order
from regulars.orders.tests.test_facts import ACTOR, put, tell_consumer
from regulars.orders.tests.test_facts_kept import kept

pytestmark = pytest.mark.django_db
SETTING = Setting(catalogue=declared_catalogue(), clock=Clock(NOW, ZoneInfo("Europe/Vienna")), currency="EUR")
NAMES = ("orders.first_channel", "orders.first_location", "orders.first_category")


def sold(price_minor: int, category: str) -> LineState:
    """Return a line of one thing, which the catalogue knows by its category."""
    product = ProductState(external_id=category or "loose", name=category, category=category)
    return LineState(product=product, quantity=Decimal(1), unit_price_minor=price_minor, total_minor=price_minor)


def placed(number: int, *lines: LineState, days_ago: int, **different: Any) -> OrderState:
    told = {"placed_at": PLACED_AT - timedelta(days=days_ago), "lines": list(lines)}
    return order(number, total_minor=sum(each.total_minor for each in lines), **told | different)


def first_of(customer: UUID) -> tuple[Any, ...]:
    tell_consumer()
    values = read_values(NAMES, [customer], setting=SETTING)[customer]
    return tuple(values[name] for name in NAMES)


def test_it_is_the_one_placed_first_whichever_was_told_first():
    put(placed(1, sold(500, "Home"), days_ago=1, channel="online", location="till 1"))
    customer = put(placed(2, sold(500, "Coffee"), days_ago=5, channel="shop", location="till 2"))
    assert first_of(customer) == ("shop", "till 2", "Coffee")


def test_a_cancelled_one_is_none_and_what_it_does_not_say_is_not_known():
    put(placed(1, sold(500, "Coffee"), days_ago=5, channel="shop", cancelled_at=NOW))
    customer = put(placed(2, sold(500, ""), days_ago=1, channel="", location=""))
    assert first_of(customer) == (None, None, None)
    put(placed(1, sold(500, "Coffee"), days_ago=5, channel="shop"))
    assert first_of(customer) == ("shop", None, "Coffee")


def test_its_category_is_that_of_the_dearest_line_and_among_equals_the_first_by_the_alphabet():
    lines = [sold(900, "Tea"), sold(900, "Coffee"), sold(900, ""), sold(500, "Accessories")]
    customer = put(placed(1, *lines, days_ago=1))
    assert first_of(customer)[2] == "Coffee"


def test_a_category_that_changes_in_the_catalogue_is_the_new_one_at_once():
    customer = put(placed(1, sold(500, "Coffee"), days_ago=1))
    assert first_of(customer)[2] == "Coffee"
    told = [ProductState(external_id="Coffee", category="Beans")]
    put_products(source="shop", products=told, now=NOW, actor=ACTOR)
    assert read_values(NAMES, [customer], setting=SETTING)[customer]["orders.first_category"] == "Beans"


def test_of_two_who_are_one_it_is_the_earlier_of_both_and_apart_again_each_has_its_own():
    emails = [Identifier(IdentifierKind.EMAIL, f"{name}@example.com") for name in "ab"]
    one = put(placed(1, sold(500, "Home"), days_ago=1, buyer=Buyer(identifiers=emails[:1])))
    other = put(placed(2, sold(500, "Coffee"), days_ago=5, channel="shop", buyer=Buyer(identifiers=emails[1:])))
    made = merging.merge_customers(survivor_id=one, merged_id=other, now=NOW, actor=ACTOR)
    assert first_of(one) == ("shop", None, "Coffee")
    merging.undo_merge(merge_id=made.id, now=NOW, actor=ACTOR)
    assert (first_of(one), first_of(other)) == (("online", None, "Home"), ("shop", None, "Coffee"))


def test_customers_are_found_by_it():
    put(placed(1, sold(500, "Coffee"), days_ago=5, channel="shop"))
    put(placed(2, sold(500, "Home"), days_ago=1))
    tell_consumer()
    for text, count in (
        ('orders.first_channel = "shop" and orders.first_category in ("Coffee", "Tea")', 1),
        ('orders.first_category = "Home"', 0),
        ("not orders.first_location exists", 1),
    ):
        assert count_customers(bind(parse(text).tree, SETTING), setting=SETTING).value == count, text


def test_an_upgrade_finds_it_of_the_orders_that_are_there():
    emails = [Identifier(IdentifierKind.EMAIL, f"{name}@example.com") for name in "ab"]
    one = put(placed(1, sold(500, "Home"), sold(900, "Tea"), days_ago=1, buyer=Buyer(identifiers=emails[:1])))
    put(placed(3, sold(500, "Tea"), days_ago=9, channel="shop", cancelled_at=NOW, buyer=Buyer(identifiers=emails[:1])))
    other = put(placed(2, sold(500, "Coffee"), days_ago=5, location="till", buyer=Buyer(identifiers=emails[1:])))
    put(placed(4, sold(500, "Tea"), days_ago=1))
    merging.merge_customers(survivor_id=one, merged_id=other, now=NOW, actor=ACTOR)
    tell_consumer()
    incremental = kept()
    CustomerFacts.objects.update(first_channel=None, first_location=None, first_products=None)
    assert kept() != incremental
    with connection.cursor() as cursor:
        cursor.execute(import_module("regulars.orders.migrations.0004_first_orders").FIRST_ORDERS)
    assert kept() == incremental
