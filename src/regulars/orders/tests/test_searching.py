"""Customers are found by the numbers of their orders too."""

from __future__ import annotations

from uuid import UUID

import pytest

from regulars.customers.contracts import Identifier, IdentifierKind, Profile
from regulars.orders import queries, services
from regulars.orders.contracts import Buyer
from regulars.orders.tests.order_factory import NOW, order
from regulars.stream.contracts import system

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> dict[str, UUID]:
    found = {}
    for name, number in (("Ines Kovač", "AB-48213"), ("Jo Novak", "AB-48999")):
        buyer = Buyer(
            identifiers=[Identifier(IdentifierKind.EMAIL, f"{name[:2]}@example.com")], profile=Profile(name=name)
        )
        [result] = services.put_orders(
            orders=[order(number, number=f"#{number}", buyer=buyer)], now=NOW, actor=system("test")
        )
        assert result.customer_id
        found[name] = result.customer_id
    return found


@pytest.mark.parametrize("text", ["#AB-48213", "ab48213", "AB-482", "ab 48213", "kovac ab48", "ines kov"])
def test_a_number_or_its_beginning_finds_who_ordered(ids: dict[str, UUID], text: str) -> None:
    found, _ = queries.search_customers(text, limit=5)
    assert [each.id for each in found] == [ids["Ines Kovač"]]


@pytest.mark.parametrize(("text", "count"), [("ab48", 2), ("AB-48", 2), ("kovac ab48999", 0), ("48213", 0), ("ab", 0)])
def test_other_numbers_find_others(ids: dict[str, UUID], text: str, count: int) -> None:
    found, _ = queries.search_customers(text, limit=5)
    assert len(found) == count
