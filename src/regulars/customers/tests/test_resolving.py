"""Who is found, who is added, and what is kept of what is told."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from regulars.customers import queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.stream.contracts import system
from regulars.stream.queries import list_timeline

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")


def email(value: str) -> Identifier:
    return Identifier(IdentifierKind.EMAIL, value)


def phone(value: str) -> Identifier:
    return Identifier(IdentifierKind.PHONE, value)


def resolve(*people: Person) -> list[UUID | None]:
    return services.resolve_customers(people=people, source="shop", now=NOW, actor=ACTOR)


def person(*identifiers: Identifier, **profile: object) -> Person:
    return Person(identifiers=identifiers, profile=Profile(**profile))  # type: ignore[arg-type]


pytestmark = pytest.mark.django_db


def test_an_unknown_person_becomes_a_customer_and_is_found_again_whatever_the_spelling() -> None:
    [first] = resolve(person(email("Ines.Kovac@Example.com"), name="Ines Kovač"))
    [again] = resolve(person(email(" ines.kovac@example.com ")))
    assert first == again
    assert first
    customer = queries.get_customer(first)
    assert (customer.name, customer.email) == ("Ines Kovač", "ines.kovac@example.com")
    assert [event.type for event in list_timeline([first], limit=10)] == ["customer.created"]


def test_a_phone_number_is_one_number_with_and_without_its_country() -> None:
    [first] = resolve(person(phone("+43 1 5881 234")))
    [again] = resolve(person(phone("01/5881-234")))
    assert first == again


@pytest.mark.parametrize("value", ["null", "-1", "anonymous", "0000", "  ", "N/A", "00-00"])
def test_a_value_that_names_nobody_finds_and_makes_nobody(value: str) -> None:
    assert resolve(person(Identifier(IdentifierKind.EXTERNAL_ID, value, "shop"))) == [None]


def test_a_shared_nobody_does_not_merge_a_town() -> None:
    first, second = resolve(
        person(Identifier(IdentifierKind.DEVICE, "null"), email("a@example.com")),
        person(Identifier(IdentifierKind.DEVICE, "null"), email("b@example.com")),
    )
    assert first != second


def test_a_new_identifier_is_attached_and_found_by_itself_then() -> None:
    [first] = resolve(person(email("a@example.com")))
    resolve(person(email("a@example.com"), Identifier(IdentifierKind.CARD, "C-77")))
    assert resolve(person(Identifier(IdentifierKind.CARD, "C-77"))) == [first]


def test_the_weightiest_identifier_decides_and_the_others_stay_where_they_are() -> None:
    first, second = resolve(person(email("a@example.com")), person(phone("+43 1 5881 234")))
    assert resolve(person(phone("+43 1 5881 234"), email("a@example.com"))) == [first]
    assert resolve(person(phone("+43 1 5881 234"))) == [second]


def test_external_ids_are_those_of_their_source() -> None:
    first, second = resolve(
        person(Identifier(IdentifierKind.EXTERNAL_ID, "7", "shop")),
        person(Identifier(IdentifierKind.EXTERNAL_ID, "7", "till")),
    )
    assert first != second


def test_an_order_fills_what_is_empty_and_overwrites_nothing() -> None:
    [who] = resolve(person(email("a@example.com"), name="Ada"))
    resolve(person(email("a@example.com"), name="A. Nother", city="Graz"))
    assert who
    customer = queries.get_customer(who)
    assert (customer.name, customer.city) == ("Ada", "Graz")


def test_what_is_put_is_kept_in_place_of_what_was() -> None:
    [created] = services.put_customers(
        people=[person(email("a@example.com"), name="Ada", city="Graz")], source="api", now=NOW, actor=ACTOR
    )
    [updated] = services.put_customers(
        people=[person(email("a@example.com"), name="Ada L.", city="")], source="api", now=NOW, actor=ACTOR
    )
    [unchanged] = services.put_customers(
        people=[person(email("a@example.com"), name="Ada L.")], source="api", now=NOW, actor=ACTOR
    )
    assert [each.outcome for each in (created, updated, unchanged)] == ["created", "updated", "unchanged"]
    assert created.customer_id
    customer = queries.get_customer(created.customer_id)
    assert (customer.name, customer.city) == ("Ada L.", "")


def test_one_that_nothing_names_is_refused_and_hinders_no_other() -> None:
    refused, created = services.put_customers(
        people=[person(email("null")), person(email("a@example.com"))], source="api", now=NOW, actor=ACTOR
    )
    assert (refused.outcome, refused.code) == ("refused", "nobody_named")
    assert created.outcome == "created"


def test_a_batch_that_tells_of_one_person_thrice_makes_one_customer() -> None:
    ids = resolve(
        person(email("a@example.com"), name="Ada"),
        person(email("a@example.com"), phone("+43 1 5881 234")),
        person(phone("+43 1 5881 234"), city="Graz"),
    )
    assert len(set(ids)) == 1
    assert ids[0]
    customer = queries.get_customer(ids[0])
    assert (customer.name, customer.city, len(customer.identifiers)) == ("Ada", "Graz", 2)


def test_a_customer_is_one_since_the_earliest_that_is_told() -> None:
    before = [NOW.replace(year=year) for year in (2025, 2023, 2024)]
    told = [Person(identifiers=[email("a@example.com")], since=since) for since in before]
    [who] = resolve(told[0])
    resolve(told[1], told[2])
    assert who
    assert queries.get_customer(who).created_at == before[1]
    assert [event.occurred_at for event in list_timeline([who], limit=10)] == [before[0]]


def test_nobody_is_a_customer_since_tomorrow() -> None:
    [who] = resolve(Person(identifiers=[email("a@example.com")], since=NOW.replace(year=2030)))
    assert who
    assert queries.get_customer(who).created_at == NOW
