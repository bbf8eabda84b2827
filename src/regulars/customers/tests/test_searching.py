"""Customers are found by the beginnings of words."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.stream.contracts import system

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ines() -> UUID:
    identifiers = [
        Identifier(IdentifierKind.EMAIL, "ines.kovac@example.com"),
        Identifier(IdentifierKind.PHONE, "+386 40 555 013"),
    ]
    people = [
        Person(identifiers=identifiers, profile=Profile(name="Ines Kovač")),
        Person(identifiers=[Identifier(IdentifierKind.EMAIL, "jo@example.org")], profile=Profile(name="Joël Groß")),
    ]
    found = services.resolve_customers(people=people, source="shop", now=NOW, actor=system("test"))
    assert found[0]
    return found[0]


@pytest.mark.parametrize(
    "text",
    [
        "Kovac", "kovač", "KOVAČ", "ines kov", "kov in", "ines.kovac@example.com", "ines.kovac@ex", "kovac example",
        "+386 40 555 013", "0038640555013", "040 555 013", "40555013", "040/555-013", "38640555",
    ],
)  # fmt: skip
def test_any_beginning_of_name_mail_or_phone_finds_her(ines: UUID, text: str) -> None:
    found, count = queries.search_customers(text, limit=5)
    assert [each.id for each in found] == [ines]
    assert (count.value, count.is_exact) == (1, True)


@pytest.mark.parametrize("number", ["000004", "00417", "4711"])
def test_a_customers_own_number_is_found_whatever_it_begins_with(number: str) -> None:
    identifiers = [Identifier(IdentifierKind.EXTERNAL_ID, number, "shop")]
    [one] = services.resolve_customers(
        people=[Person(identifiers=identifiers)], source="shop", now=NOW, actor=system("test")
    )
    found, _ = queries.search_customers(number, limit=5)
    assert [each.id for each in found] == [one]


@pytest.mark.parametrize("text", ["ovac", "ines gross", "kovacs", "", "!!", "'; drop table", "ines & | ! :*"])
def test_what_no_word_begins_with_finds_nobody(ines: UUID, text: str) -> None:
    found, count = queries.search_customers(text, limit=5)
    assert [each.id for each in found] == ([ines] if text == "ines & | ! :*" else [])
    assert count.is_exact


def test_letters_that_are_typed_as_two_are_found_either_way(ines: UUID) -> None:
    assert [each.name for each in queries.search_customers("gross", limit=5)[0]] == ["Joël Groß"]
    assert [each.name for each in queries.search_customers("joel", limit=5)[0]] == ["Joël Groß"]


def test_a_word_may_name_what_another_feature_knows(ines: UUID) -> None:
    found, _ = queries.search_customers("ines 4821", limit=5, also={"4821": [ines]})
    assert [each.id for each in found] == [ines]
    found, _ = queries.search_customers("joel 4821", limit=5, also={"4821": [ines]})
    assert found == []
