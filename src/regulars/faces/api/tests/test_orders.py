from __future__ import annotations

import pytest

from regulars.client import ApiError, Client
from regulars.faces.api.tests.told_orders import an_order


def test_an_order_is_put_and_read_in_full(client: Client):
    put = client.orders.put("shop", "1001", an_order(attributes={"gift": True, "note": None}))
    assert (put["outcome"], put["source"], put["external_id"]) == ("created", "shop", "1001")
    kept = client.orders.get("shop", "1001")
    assert kept["id"] == put["order_id"]
    assert kept["lines"][0]["product"] == {"external_id": "bowl", "name": "Harvest Bowl", "category": "Bowls"}
    assert kept["lines"][0]["quantity"] == "2.000"
    assert kept["attributes"] == {"gift": True, "note": None}


def test_the_same_state_again_is_unchanged(client: Client):
    client.orders.put("shop", "1001", an_order())
    assert client.orders.put("shop", "1001", an_order())["outcome"] == "unchanged"


def test_an_order_that_cannot_be_meant_is_refused_with_the_place(client: Client):
    with pytest.raises(ApiError) as refused:
        client.orders.put("shop", "1001", an_order(total_minor=9))
    assert (refused.value.status, refused.value.code, refused.value.pointer) == (422, "order_refused", "/total_minor")


def test_an_order_that_is_not_there_is_404(client: Client):
    with pytest.raises(ApiError) as refused:
        client.orders.get("shop", "nowhere")
    assert (refused.value.status, refused.value.code) == (404, "no_such_order")


def test_of_many_orders_each_has_its_outcome(client: Client):
    told = [
        an_order(source="shop", external_id="1"),
        an_order(source="shop", external_id="2", total_minor=1),
        an_order(source="shop", external_id="1"),
    ]
    results = client.orders.put_many(told)
    assert [each["outcome"] for each in results] == ["created", "refused", "unchanged"]
    assert (results[1]["code"], results[1]["pointer"]) == ("order_refused", "/total_minor")


def test_orders_are_listed_page_by_page_the_latest_first(client: Client):
    told = [
        an_order(source="shop", external_id=str(number), placed_at=f"2026-11-{10 + number // 2}T10:00:00Z")
        for number in range(7)
    ]
    client.orders.put_many(told)
    listed = list(client.orders.list(page_size=2))
    assert sorted(each["external_id"] for each in listed) == [str(number) for number in range(7)]
    assert [each["placed_at"] for each in listed] == sorted((each["placed_at"] for each in listed), reverse=True)
    assert len(list(client.orders.list(since="2026-11-13T00:00:00Z"))) == 1


def test_orders_are_listed_by_customer(client: Client):
    mine = client.orders.put("shop", "1", an_order())
    other = {"identifiers": [{"kind": "email", "value": "other@example.com"}]}
    client.orders.put("shop", "2", an_order(buyer=other))
    assert [each["external_id"] for each in client.orders.list(customer_id=mine["customer_id"])] == ["1"]
