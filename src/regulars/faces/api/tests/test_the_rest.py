"""Products, the business, the staff's own things, the stream."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from django.utils import timezone

from regulars.client import ApiError, Client
from regulars.faces.api.tests.told_orders import an_order
from regulars.faces.api.tests.way_in import URL, make_key, transport
from regulars.staff.permissions import PERMISSIONS
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


def test_the_business_changes_by_field(client: Client):
    client.business.change(name="Corner Café", zone="Europe/Vienna")
    assert (client.business.get()["name"], client.business.get()["zone"]) == ("Corner Café", "Europe/Vienna")
    with pytest.raises(ApiError) as refused:
        client.business.change(zone="Europe/Nowhere")
    assert (refused.value.code, refused.value.pointer) == ("wrong_business_setting", "/zone")
    assert client.business.shops() == []


def test_rates_are_put_and_read(client: Client):
    assert client.business.put_rates([{"currency": "USD", "valid_on": "2026-11-20", "rate": "0.9512"}]) == 1
    [rate] = client.business.rates("USD")
    assert (rate["valid_on"], float(rate["rate"])) == ("2026-11-20", 0.9512)


def test_a_key_knows_itself_and_others_without_secrets(client: Client):
    me = client.me()
    assert me["scopes"] == sorted(PERMISSIONS)
    assert [each["id"] for each in client.api_keys()] == [me["id"]]
    assert "digest" not in json.dumps(client.api_keys())
    assert client.accounts() == []


def test_a_revoked_key_is_none(client: Client):
    other = Client(URL, make_key(), transport=transport(), attempts=1)
    revoked = client.revoke_api_key(other.me()["id"])
    assert revoked["revoked_at"]
    with pytest.raises(ApiError) as refused:
        other.me()
    assert refused.value.status == 401


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
