from __future__ import annotations

import pytest

from regulars.client import ApiError, Client
from regulars.client.shapes import Person


def ines(**profile: str) -> Person:
    return {"identifiers": [{"kind": "email", "value": "Ines@example.com"}], "profile": {"name": "Ines", **profile}}  # type: ignore[typeddict-item]


def test_a_customer_is_put_by_identifier_and_found_by_it(client: Client):
    put = client.customers.put(ines())
    assert put["outcome"] == "created"
    found = client.customers.find(email="INES@example.com")
    assert found
    assert (found["id"], found["name"]) == (put["customer_id"], "Ines")
    assert client.customers.find(email="nobody@example.com") is None
    assert client.customers.put(ines(city="Wien"))["outcome"] == "updated"
    assert client.customers.put(ines(city="Wien"))["outcome"] == "unchanged"


def test_of_many_persons_each_has_its_outcome(client: Client):
    nobody: Person = {"identifiers": [{"kind": "email", "value": "anonymous"}]}
    odd = ines()
    odd["profile"]["traits"] = {"shoe_size": 41}
    results = client.customers.put_many([ines(), nobody, odd])
    assert [each["outcome"] for each in results] == ["created", "refused", "refused"]
    assert [each["pointer"] for each in results[1:]] == ["/identifiers", "/profile/traits/shoe_size"]


def test_some_fields_of_a_customer_change(client: Client):
    identity = client.customers.put(ines())["customer_id"]
    assert identity
    assert client.customers.change(identity, {"city": "Graz"})["fields"] == ["city"]
    assert client.customers.get(identity)["city"] == "Graz"


def test_a_customer_that_is_not_there_is_404(client: Client):
    with pytest.raises(ApiError) as refused:
        client.customers.get("0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b")
    assert (refused.value.status, refused.value.code) == (404, "no_such_customer")


def test_customers_are_listed_page_by_page_the_newest_first(client: Client):
    for number in range(5):
        client.customers.put({"identifiers": [{"kind": "email", "value": f"c{number}@example.com"}]})
    listed = [each["identifiers"][0]["value"] for each in client.customers.list(page_size=2)]
    assert sorted(listed) == [f"c{number}@example.com" for number in range(5)]
