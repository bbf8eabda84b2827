"""Two that were one person, and that were two after all."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from regulars.customers import merging, queries, services
from regulars.customers.contracts import Identifier, IdentifierKind, Person, Profile
from regulars.customers.models import Customer
from regulars.stream.contracts import system
from regulars.stream.queries import list_timeline

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTOR = system("test")
pytestmark = pytest.mark.django_db


def make(address: str, **profile: object) -> UUID:
    [identity] = services.resolve_customers(
        people=[Person(identifiers=[Identifier(IdentifierKind.EMAIL, address)], profile=Profile(**profile))],  # type: ignore[arg-type]
        source="shop",
        now=NOW,
        actor=ACTOR,
    )
    assert identity
    return identity


def merge(survivor: UUID, merged: UUID) -> UUID:
    return merging.merge_customers(survivor_id=survivor, merged_id=merged, now=NOW, actor=ACTOR).id


def undo(merge_id: UUID) -> None:
    merging.undo_merge(merge_id=merge_id, now=NOW, actor=ACTOR)


def rows() -> list[tuple[object, ...]]:
    return list(Customer.objects.order_by("id").values_list())


def test_the_merged_one_leads_to_the_survivor_who_takes_over_what_it_lacked() -> None:
    ada, other = make("a@example.com", name="Ada"), make("b@example.com", name="A. L.", city="Graz")
    merge(ada, other)
    customer = queries.get_customer(other)
    assert (customer.id, customer.name, customer.city) == (ada, "Ada", "Graz")
    assert [each.value for each in customer.identifiers] == ["a@example.com", "b@example.com"]
    assert {event.type for event in list_timeline(queries.list_ids_of(ada), limit=10)} == {
        "customer.created",
        "customer.merged",
    }


def test_a_merge_undone_with_nothing_between_leaves_each_row_as_it_was() -> None:
    ada, other = make("a@example.com", name="Ada"), make("b@example.com", city="Graz", name="A. L.")
    services.set_tags(customer_id=other, tags=["vip"], now=NOW, actor=ACTOR)
    before = rows()
    undo(merge(ada, other))
    assert rows() == before
    assert queries.get_customer(other).id == other


def test_what_was_told_since_stays_with_the_identifier_it_was_told_under() -> None:
    ada, other = make("a@example.com"), make("b@example.com")
    made = merge(ada, other)
    assert make("b@example.com") == other
    undo(made)
    assert make("b@example.com") == other
    assert queries.get_customer(ada).email == "a@example.com"


def test_what_changed_since_the_merge_is_not_taken_back() -> None:
    ada, other = make("a@example.com"), make("b@example.com", city="Graz")
    made = merge(ada, other)
    services.change_profile(customer_id=ada, profile=Profile(city="Linz"), now=NOW, actor=ACTOR)
    undo(made)
    assert queries.get_customer(ada).city == "Linz"


def test_chains_lead_to_the_last_survivor_and_come_apart_in_any_order() -> None:
    a, b, c = make("a@example.com"), make("b@example.com"), make("c@example.com")
    first = merge(b, a)
    second = merge(c, b)
    assert {queries.get_survivor(each) for each in (a, b, c)} == {c}
    undo(second)
    assert [queries.get_survivor(each) for each in (a, b, c)] == [b, b, c]
    undo(first)
    assert [queries.get_survivor(each) for each in (a, b, c)] == [a, b, c]


def test_the_inner_merge_of_a_chain_can_be_undone_alone() -> None:
    a, b, c = make("a@example.com"), make("b@example.com"), make("c@example.com")
    first = merge(b, a)
    merge(c, b)
    undo(first)
    assert [queries.get_survivor(each) for each in (a, b, c)] == [a, c, c]
    found, _ = queries.search_customers("a@example.com", limit=5)
    assert [each.id for each in found] == [a]


def test_a_merged_customer_is_found_by_its_own_names_as_the_survivor() -> None:
    ada, other = make("a@example.com", name="Ada"), make("kovac@example.com")
    merge(ada, other)
    found, count = queries.search_customers("kovac", limit=5)
    assert [each.id for each in found] == [ada]
    assert count.value == 1
    assert [each.id for each in queries.list_newest_customers(limit=5)] == [ada]


def test_the_survivor_is_a_customer_since_the_earlier_of_both_until_they_are_two_again() -> None:
    ada, other = make("a@example.com"), make("b@example.com")
    earlier = NOW.replace(year=2020)
    Customer.objects.filter(id=other).update(created_at=earlier)
    made = merge(ada, other)
    assert queries.get_customer(ada).created_at == earlier
    undo(made)
    assert queries.get_customer(ada).created_at == NOW


def test_one_customer_is_not_merged_with_itself() -> None:
    ada, other = make("a@example.com"), make("b@example.com")
    merge(ada, other)
    with pytest.raises(merging.SameCustomer):
        merge(other, ada)


def test_a_merge_is_undone_once() -> None:
    made = merge(make("a@example.com"), make("b@example.com"))
    undo(made)
    with pytest.raises(merging.NotMerged):
        undo(made)
