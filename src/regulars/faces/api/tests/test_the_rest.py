"""Products, the business, the stream."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.client.shapes import Product, Rate
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.stream.contracts import Event, Subscription
from regulars.stream.dispatch import Dispatcher
from regulars.stream.registry import install, subscriptions


def test_a_product_is_put_read_and_listed(client: Client):
    put = client.products.put("shop", {"external_id": "bowl", "name": "Harvest Bowl", "category": "Bowls"})
    kept = client.products.get("shop", "bowl")
    assert (kept["id"], kept["name"], kept["category"]) == (put["product_id"], "Harvest Bowl", "Bowls")
    client.products.put_many("shop", [{"external_id": str(number)} for number in range(5)])
    listed = [each["external_id"] for each in client.products.list(source="shop", page_size=2)]
    assert listed == ["0", "1", "2", "3", "4", "bowl"]
    with pytest.raises(ApiError) as refused:
        client.products.get("shop", "nothing")
    assert refused.value.code == "no_such_product"


def test_of_many_products_each_has_its_outcome_and_who_put_them_is_on_the_audit_trail(client: Client):
    told: list[Product] = [
        {"external_id": "bowl", "name": "Harvest Bowl", "category": "Bowls"},
        {"external_id": "cup"},
        {"external_id": "bowl"},
        {"external_id": "bowl", "name": "Bowl"},
    ]
    results = client.products.put_many("shop", told)
    assert [each["outcome"] for each in results] == ["created", "created", "unchanged", "updated"]
    assert len({each["product_id"] for each in results}) == 2
    assert client.products.get("shop", "bowl")["category"] == "Bowls"
    assert client.products.put("shop", {"external_id": "bowl", "category": "Bowls"})["outcome"] == "unchanged"
    [entry] = client.audit.list(action="products.put")
    assert (entry["actor"], entry["object_id"]) == (f"api_key:{client.me()['id']}", "shop")
    assert entry["details"] == {"created": 2, "updated": 1}


def test_the_business_changes_by_field(client: Client):
    client.business.change(name="Corner Café", zone="Europe/Vienna")
    assert (client.business.get()["name"], client.business.get()["zone"]) == ("Corner Café", "Europe/Vienna")
    with pytest.raises(ApiError) as refused:
        client.business.change(zone="Europe/Nowhere")
    assert (refused.value.code, refused.value.pointer) == ("wrong_business_setting", "/zone")
    assert client.business.shops() == []


def test_of_many_rates_each_has_its_outcome(client: Client):
    told: list[Rate] = [
        {"currency": "USD", "valid_on": "2026-11-20", "rate": "0.9"},
        {"currency": "XYZ", "valid_on": "2026-11-20", "rate": "0.9"},
        {"currency": "USD", "valid_on": "2026-11-20", "rate": "0.9512"},
    ]
    results = client.business.put_rates(told)
    assert [each["outcome"] for each in results] == ["kept", "refused", "kept"]
    assert (results[1]["code"], results[1]["pointer"]) == ("wrong_business_setting", "/currency")
    [rate] = client.business.rates("USD")
    assert (rate["valid_on"], float(rate["rate"])) == ("2026-11-20", 0.9512)


def test_a_shop_is_opened_renamed_and_closed_under_its_code(client: Client):
    opened = client.business.put_shop("old-town", name="Old Town", zone="Europe/Vienna")
    assert client.business.put_shop("old-town", name="Old Town", zone="Europe/Vienna") == opened
    closed = client.business.put_shop("old-town", name="Old Town", zone="Europe/Vienna", closed_on="2026-11-01")
    assert client.business.shops() == [closed]
    assert (closed["id"], closed["closed_on"]) == (opened["id"], "2026-11-01")
    for code, zone, pointer in (("Old Town", "Europe/Vienna", "/code"), ("new", "Europe/Nowhere", "/zone")):
        with pytest.raises(ApiError) as refused:
            client.business.put_shop(code, name="New", zone=zone)
        assert refused.value.pointer == pointer


def test_a_dead_letter_is_listed_and_retried(fresh_database: str):
    client = Client(URL, make_key(), transport=transport(), attempts=1)
    broken = True

    def handler(_: Sequence[Event]) -> None:
        if broken:
            raise ValueError

    before = subscriptions()
    install([Subscription(name="fragile", types=frozenset({"order.placed"}), handler=handler)])
    try:
        client.orders.put("shop", "1", an_order())
        Dispatcher(subscriptions(), timezone.now).run_until_idle()
        [letter] = client.dead_letters.list()
        assert (letter["subscription"], letter["event_type"], letter["error"]) == (
            "fragile",
            "order.placed",
            "ValueError",
        )
        assert client.dead_letters.retry(letter) is False
        broken = False
        assert client.dead_letters.retry(letter) is True
        assert list(client.dead_letters.list()) == []
        with pytest.raises(ApiError) as gone:
            client.dead_letters.retry(letter)
        assert (gone.value.status, gone.value.code) == (404, "no_such_dead_letter")
        assert [each["name"] for each in client.subscriptions()] == ["fragile"]
    finally:
        install(before)
