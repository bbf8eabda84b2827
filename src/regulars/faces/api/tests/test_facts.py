"""Facts and conditions, as a program asks for them."""

from __future__ import annotations

from uuid import UUID

import pytest

from regulars.client import ApiError, Client
from regulars.client.shapes import Identifier
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.orders.facts_kept import keep_facts_of


@pytest.fixture
def three(client: Client) -> list[str]:
    """Three customers: with three orders, with one, and with none."""
    ids = [
        client.customers.put("shop", str(number), {"name": f"C{number}", "country": "AT", "city": "Wien"})[
            "customer_id"
        ]
        for number in range(1, 4)
    ]
    for number in range(4):
        buyer = {"identifiers": [{"kind": "external_id", "value": "1" if number < 3 else "2", "source": "shop"}]}
        client.orders.put("shop", f"order-{number}", an_order(buyer=buyer))
    assert all(ids)
    # The test is one transaction, of which the dispatcher hands on nothing before it ends.
    keep_facts_of({UUID(each) for each in ids})
    return [str(each) for each in ids]


def test_the_catalogue_tells_what_can_be_asked(client: Client):
    client.traits.put("size", {"kind": "choice", "choices": ["s", "l"]})
    known = {fact["name"]: fact for fact in client.facts.list()}
    assert known["orders.count"]["takes_window"]
    assert {each["name"] for each in known["orders.count"]["properties"]} >= {"channel", "categories"}
    assert (known["traits.size"]["type"], known["traits.size"]["choices"]) == ("choice", ["s", "l"])


def test_what_is_known_of_a_customer_is_told_by_fact(client: Client, three: list[str]):
    facts = client.facts.of(three[0])["facts"]
    assert (facts["orders.count"], facts["profile.city"], facts["profile.birthday"]) == (3, "Wien", None)
    assert client.facts.of(three[2])["facts"]["orders.count"] == 0


def test_a_condition_is_counted_listed_and_explained(client: Client, three: list[str]):
    condition = 'orders.count >= 1 and profile.country = "AT"'
    assert client.conditions.count(condition) == {"value": 2, "low": 2, "high": 2, "is_exact": True}
    listed = list(client.conditions.list(condition, facts=["orders.count"], sort="orders.count", page_size=1))
    assert [(each["customer_id"], each["facts"]["orders.count"]) for each in listed] == [(three[0], 3), (three[1], 1)]
    explained = client.conditions.explain(condition, three[2])
    assert not explained["holds"]
    assert [(part["text"], part["holds"], part["value"]) for part in explained["parts"]] == [
        ("orders.count >= 1", False, 0),
        ('profile.country = "AT"', True, "AT"),
    ]


def test_both_forms_ask_the_same(client: Client, three: list[str]):
    checked = client.conditions.check("not orders.count(last: 9999 days) in (1,2)")
    assert checked["text"] == "orders.count(last: 9999 days) not in (1, 2)"
    assert client.conditions.count(checked["tree"]) == client.conditions.count(checked["text"])


@pytest.mark.parametrize("sort", ["profile.since", "orders.count", "orders.last", "orders.revenue"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_of_any_size_make_one_list(client: Client, three: list[str], sort: str, descending: bool):
    def ids(size: int) -> list[str]:
        return [
            each["customer_id"]
            for each in client.conditions.list("orders.count >= 0", sort=sort, descending=descending, page_size=size)
        ]

    assert ids(1) == ids(2) == ids(50)
    assert sorted(ids(1)) == sorted(three)
    # Of whom it is not known, comes last either way.
    assert sort != "orders.last" or ids(1)[-1] == three[2]


def test_a_fault_is_told_with_its_place(client: Client):
    text = "orders.count >= 1 and orders.cuont = 3"
    with pytest.raises(ApiError) as refused:
        client.conditions.count(text)
    assert (refused.value.status, refused.value.code) == (422, "no_such_fact")
    assert refused.value.place
    assert text[slice(*refused.value.place)] == "orders.cuont"
    with pytest.raises(ApiError) as refused:
        client.conditions.count({"kind": "exists", "what": {"fact": "orders.cuont"}})
    assert refused.value.pointer == "/condition/what"
    with pytest.raises(ApiError) as refused:
        list(client.conditions.list("orders.count > 1", sort="profile.city"))
    assert refused.value.code == "not_sortable"
    with pytest.raises(ApiError) as refused:
        list(client.conditions.list("orders.count > 1", facts=["orders.nothing"]))
    assert (refused.value.code, refused.value.pointer) == ("no_such_fact", "/facts/0")


def test_what_could_come_next_is_offered(client: Client):
    assert [each["text"] for each in client.conditions.complete("orders.co")] == ["orders.count"]


def test_events_that_have_come_are_offered_with_what_they_say(client: Client):
    ines: list[Identifier] = [{"kind": "email", "value": "ines@example.com"}]
    payload = {"recipe": "bowl", "for whom": "two"}
    client.events.append("recipe.viewed", occurred_at="2026-11-20T10:15:00Z", identifiers=ines, payload=payload)
    client.events.append("lamp.lit", occurred_at="2026-11-20T10:15:00Z", identifiers=ines)
    assert [each["text"] for each in client.conditions.complete('event("recipe')] == ['"recipe.viewed"']
    said = [each["text"] for each in client.conditions.complete('event("recipe.viewed", where: ')]
    assert said == ["not", "(", 'property("for whom")', "recipe"]
    assert [each["text"] for each in client.conditions.complete('event("lamp.lit", where: ')] == ["not", "("]


def test_a_cursor_is_good_for_its_own_list_only(client: Client, three: list[str]):
    page = client._caller.ask("conditions/list", {"condition": "orders.count >= 0", "limit": 1})
    with pytest.raises(ApiError) as refused:
        client._caller.ask("conditions/list", {"condition": "orders.count >= 1", "limit": 1, "cursor": page["next"]})
    assert refused.value.code == "wrong_cursor"


def test_a_key_without_the_scope_asks_nothing(db: None):
    with Client(URL, make_key("orders.read"), transport=transport()) as other:
        for ask in (lambda: other.conditions.count("orders.count > 1"), other.facts.list):
            with pytest.raises(ApiError) as refused:
                ask()
            assert refused.value.status == 403
